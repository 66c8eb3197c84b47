/**
 * A status as lines of text. Pure: the same function draws the live table, the summary and
 * `status`, for any width. A narrow terminal first loses the rule's column (each rule then stands
 * on a line of its own), then the columns that say least.
 */

import type { InstanceStatus, Measure, RuleStatus } from '../control/types.js';
import { align } from '../text.js';
import * as format from './format.js';
import { measureRows } from './measure-rows.js';

/** What a reader needs most comes last to go; the rule itself says what was configured. */
const NARROWING = ['delayed', 'configured', '95% interval', 'dropped'] as const;

/** A rule's column narrower than this says too little. */
const RULE_WIDTH_MIN = 16;

const RULES_IN_HEADLINE = 8;

interface Column {
  readonly title: string;
  cell(rule: RuleStatus, direction: 'out' | 'in', kind: InstanceStatus['kind']): string;
}

const COLUMNS: readonly Column[] = [
  { title: 'dir', cell: (_rule, direction, kind) => format.DIRECTION_NAMES[kind][direction] },
  { title: 'seen', cell: (rule, direction) => format.formatCount(rule[direction].seen) },
  { title: 'dropped', cell: (rule, direction) => format.formatCount(droppedOf(rule, direction)) },
  { title: 'delayed', cell: (rule, direction) => format.formatCount(rule[direction].delayed) },
  {
    title: 'configured',
    cell: (rule, direction) => lossCell(rule, direction, 'configured', format.formatConfiguredRate),
  },
  {
    title: 'realized',
    cell: (rule, direction) => lossCell(rule, direction, 'realized', format.formatRate),
  },
  {
    title: '95% interval',
    cell: (rule, direction) => lossCell(rule, direction, 'ci95', format.formatInterval),
  },
];

/** The line that `up` begins with: `netemu n1 up on eth0, seed 7f3a: udp:53 loss 0.5%`. */
export function headline(
  name: string,
  devices: readonly string[],
  seed: string,
  rules: readonly string[],
  netns?: string | undefined,
): string {
  const where = netns === undefined ? '' : ` in ${format.formatText(netns)}`;
  const seeded = `seed ${format.formatText(seed)}`;
  return `netemu ${name} up on ${devices.join(', ')}${where}, ${seeded}: ${ruleList(rules)}`;
}

function ruleList(rules: readonly string[]): string {
  const shown = rules.slice(0, RULES_IN_HEADLINE).join('; ');
  const more = rules.length - RULES_IN_HEADLINE;
  return `${shown}${more > 0 ? `; and ${more} more` : ''}`;
}

/** The line that `run` begins with: `netemu n1 runs by eth0, seed 7f3a: any loss 1%`. */
export function runHeadline(
  name: string,
  uplinks: readonly string[],
  seed: string,
  rules: readonly string[],
): string {
  const way = uplinks.length === 0 ? 'without a way out' : `by ${uplinks.join(', ')}`;
  const what = rules.length === 0 ? 'a link that does nothing' : ruleList(rules);
  return `netemu ${name} runs ${way}, seed ${format.formatText(seed)}: ${what}`;
}

/** The line above the table of `status`. */
export function statusHeading(status: InstanceStatus): string {
  const { kind, name, netns, seed, pid, upSeconds } = status;
  const where = wayOf(status) + (netns === undefined ? '' : ` in ${format.formatText(netns)}`);
  const since = format.formatUptime(upSeconds);
  const does = kind === 'run' ? 'runs' : 'up';
  return `netemu ${name} ${does} for ${since} on ${where}, seed ${format.formatText(seed)}, pid ${pid}`;
}

/** A run without a way out has no device here. */
function wayOf({ devices }: InstanceStatus): string {
  return devices.length === 0 ? 'a private link' : devices.join(', ');
}

/** The rules' table and the lines below it, none longer than `columns` characters. */
export function statusLines(status: InstanceStatus, columns: number): string[] {
  const lines = [
    ...(hasTable(status) ? ruleLines(status, columns) : []),
    ...measureLines(status),
    ...footLines(status, columns),
  ];
  return lines.map((line) => format.cut(line, columns));
}

/** A link without rules has none. */
function hasTable({ kind, rules }: InstanceStatus): boolean {
  return kind === 'up' || rules.length > 0;
}

/** What is said when an instance has ended. */
export function summaryLines(status: InstanceStatus, columns: number): string[] {
  const heading = `netemu ${status.name} down after ${format.formatUptime(status.upSeconds)}`;
  return [heading, ...statusLines(status, columns)];
}

/** One line for each instance. */
export function instanceLines(statuses: readonly InstanceStatus[], columns: number): string[] {
  const rows = statuses.map((status) => {
    const total = (count: (rule: RuleStatus, direction: 'out' | 'in') => number) =>
      format.formatCount(
        status.rules.reduce((sum, rule) => sum + count(rule, 'out') + count(rule, 'in'), 0),
      );
    return [
      status.name,
      String(status.pid),
      format.formatUptime(status.upSeconds),
      (status.devices.join(',') || 'private') +
        (status.netns === undefined ? '' : `@${status.netns}`),
      total((rule, direction) => rule[direction].seen),
      total(droppedOf),
      status.rules.map(({ rule }) => rule).join('; '),
    ];
  });
  const titles = ['name', 'pid', 'up', 'devices', 'seen', 'dropped', 'rules'];
  return align([titles, ...rows], [0, 3, 6]).map((line) => format.cut(line, columns));
}

/** What `ruleLines` and `measureLines` show of a status. */
export type RuleCounts = Pick<InstanceStatus, 'kind' | 'rules'>;

/** The table of at least one rule. */
export function ruleLines({ rules, kind }: RuleCounts, columns: number): string[] {
  const widest = rules.reduce((width, { rule }) => Math.max(width, rule.length), 4);
  for (const hidden of [0, 1]) {
    const cells = directionCells(rules, kind, hidden);
    const room = columns - cells[0]!.length - 2;
    if (room < Math.min(widest, RULE_WIDTH_MIN)) continue;
    const width = Math.min(widest, room);
    const labels = ['rule', ...rules.flatMap(({ rule }) => [rule, ''])];
    return labels.map((label, row) => `${format.cut(label, width).padEnd(width)}  ${cells[row]}`);
  }
  for (let hidden = 0; ; hidden++) {
    const cells = directionCells(rules, kind, hidden);
    if (cells[0]!.length + 2 > columns && hidden < NARROWING.length) continue;
    const lines = [`  ${cells[0]}`];
    for (const [index, { rule }] of rules.entries()) {
      lines.push(rule, `  ${cells[1 + 2 * index]}`, `  ${cells[2 + 2 * index]}`);
    }
    return lines;
  }
}

/** What was measured besides loss, a line for each; nothing for rules that only lose packets. */
export function measureLines({ rules, kind }: RuleCounts): string[] {
  const rows = rules.flatMap((rule, index) =>
    measureRows(rule, kind).map((row) => (rules.length > 1 ? [`rule ${index + 1}`, ...row] : row)),
  );
  if (rows.length === 0) return [];
  const titles = ['dir', 'measured', 'configured', 'realized', '95% interval'];
  const first = rules.length > 1 ? ['', ...titles] : titles;
  return align([first, ...rows], rules.length > 1 ? [0, 1, 2] : [0, 1]);
}

/** The title line, then out and in of each rule, without the first `hidden` of NARROWING. */
function directionCells(
  rules: readonly RuleStatus[],
  kind: InstanceStatus['kind'],
  hidden: number,
): string[] {
  const gone: readonly string[] = NARROWING.slice(0, hidden);
  const shown = COLUMNS.filter(({ title }) => !gone.includes(title));
  const rows = rules.flatMap((rule) => [
    shown.map((column) => column.cell(rule, 'out', kind)),
    shown.map((column) => column.cell(rule, 'in', kind)),
  ]);
  return align([shown.map(({ title }) => title), ...rows], [0]);
}

function footLines(status: InstanceStatus, columns: number): string[] {
  const { latenessNs, overflow, kernelDrops } = status;
  const held = status.rules.reduce((sum, rule) => sum + rule.out.held + rule.in.held, 0);
  const lateness = [
    `p50 ${format.formatNs(latenessNs.p50)}`,
    `p99 ${format.formatNs(latenessNs.p99)}`,
    `max ${format.formatNs(latenessNs.max)}`,
  ];
  const parts = [
    `lateness ${latenessNs.max === 0 ? '–' : lateness.join(', ')}`,
    `overflow ${format.formatCount(overflow)}`,
    `held ${format.formatCount(held)}`,
  ];
  const oneLine = parts.join('; ');
  const lines = oneLine.length <= columns ? [oneLine] : parts;
  if (status.distortions.length > 0) lines.push('note: the emulator itself distorted this run');
  // What no rule asked for distorts what is measured: each gets a line of its own.
  if (overflow > 0) {
    lines.push(`note: ${packets(overflow)} dropped for want of memory, which --memory sets`);
  }
  if (kernelDrops > 0) {
    lines.push(
      `note: ${packets(kernelDrops)} lost by the kernel on the way to netemu, or not taken back`,
    );
  }
  if (status.distortions.includes('lateness')) {
    lines.push(
      `note: one release in a hundred is late by ${format.formatNs(latenessNs.p99)} or more`,
    );
  }
  if (status.stallNs > 0) {
    const stall = format.formatNs(status.stallNs);
    lines.push(
      `note: netemu stood still for ${stall}; packets that came meanwhile waited unmeasured`,
    );
  }
  return [...lines, ...recordingLines(status)];
}

function recordingLines({ recording }: InstanceStatus): string[] {
  if (recording === undefined) return [];
  const { file, bytes, lost, failure } = recording;
  const what = `${packets(recording.packets)}, ${format.formatBytes(bytes)}`;
  const lines = [`recorded ${what}: ${format.formatText(file)}`];
  if (failure !== null) lines.push(`note: nothing more is recorded: ${failure}`);
  if (lost > 0) {
    lines.push(`note: ${packets(lost)} not recorded, or not to the end: it cannot be verified`);
  }
  return lines;
}

function packets(count: number): string {
  return `${format.formatCount(count)} packet${count === 1 ? '' : 's'}`;
}

function droppedOf(rule: RuleStatus, direction: 'out' | 'in'): number {
  const { loss, partition, queue, overflow } = rule[direction].dropped;
  return loss + partition + queue + overflow;
}

/** Of loss, where the rule asks for it: what a partition, an outage or a queue drops is not in it. */
function lossCell<K extends 'configured' | 'realized' | 'ci95'>(
  rule: RuleStatus,
  direction: 'out' | 'in',
  part: K,
  write: (value: NonNullable<Measure[K]>) => string,
): string {
  const { loss } = rule.measured[direction];
  const value = loss[part];
  return value === null || loss.configured === 0 ? '–' : write(value as NonNullable<Measure[K]>);
}
