/** The page: what was done, the table, and a note for each difference. */
import type { Case } from './cases.js';
import {
  BUNCH_TOLERANCE_MS,
  type Comparison,
  LAG1_TOLERANCE,
  LATENESS_TOLERANCE_MS,
  LEVEL,
  RATE_TOLERANCE,
  type Test,
} from './comparison.js';
import type { Measurement } from './measurement.js';
import { type NoteName, noteOf } from './notes.js';
import type { Statistics } from './statistics.js';

/** One mode of netemu beside netem. */
export interface ModeResult {
  readonly rule: string;
  /** Why it could not be run; null when it was. */
  readonly unavailable: string | null;
  readonly statistics: Statistics | null;
  readonly comparisons: readonly Comparison[];
  /** Declared differences. */
  readonly notes: readonly NoteName[];
}

export interface CaseResult {
  readonly case: Case;
  readonly measurement: Measurement;
  /** What netem shows, aspect by aspect. */
  readonly netem: readonly string[];
  readonly compat: ModeResult | null;
  readonly default: ModeResult | null;
}

export interface PageFacts {
  readonly netemu: string;
  readonly date: string;
  readonly packets: number;
  readonly seed: number;
  readonly command: string;
  readonly minutes: number;
}

export type Verdict = 'same' | 'differs as noted' | 'DIFFERS' | 'not available';

export function verdictOf({ unavailable, comparisons, notes }: ModeResult): Verdict {
  if (unavailable !== null) return 'not available';
  const differing = comparisons.filter(({ tests }) => tests.some(({ same }) => !same));
  if (differing.length === 0) return 'same';
  const explained = notes.flatMap((name) => noteOf(name).aspects);
  const isNoted = differing.every(({ aspect }) => explained.includes(aspect));
  return isNoted ? 'differs as noted' : 'DIFFERS';
}

/** Cases with a difference that nothing explains. */
export function unexplained(results: readonly CaseResult[]): string[] {
  return results.flatMap((result) =>
    (['compat', 'default'] as const)
      .filter((mode) => result[mode] !== null && verdictOf(result[mode]) === 'DIFFERS')
      .map((mode) => `${result.case.name} (${mode})`),
  );
}

export function pageOf(results: readonly CaseResult[], facts: PageFacts): string {
  const { kernel, iproute2 } = results[0].measurement.versions;
  const numbers = new Map(notesIn(results).map((name, index) => [name, index + 1]));
  const rows = results.map((result) => rowOf(result, numbers));
  return wrapped(`${introOf(facts, kernel, iproute2)}
${tableOf(kernel, rows)}

## Notes

${[...numbers].map(([name, number]) => noteText(name, number)).join('\n\n')}

## What is the same on purpose

${SAME_ON_PURPOSE}

${guestText(results)}

## Again

\`\`\`
${facts.command}
\`\`\`

It takes about ${facts.minutes} minutes with ${count(facts.packets)} packets a case, most of it waiting, and installs
Debian's \`user-mode-linux\` and \`kmod\` where they are missing. With \`--cache DIR\` what netem did is kept, and only
what changed is measured again. Run it when \`src/netem\` changes. netem's random numbers cannot be seeded with
this kernel, so that its column differs from run to run; netemu's, with the times that the guest sent at, hardly do.
`);
}

function introOf(facts: PageFacts, kernel: string, iproute2: string): string {
  const versions = `Linux ${kernel} (User-Mode Linux), iproute2 ${iproute2}, netemu ${facts.netemu}`;
  return `# Conformance with tc-netem

${facts.date}; ${versions}; ${count(facts.packets)} packets a case (fewer where the row says so), seed ${facts.seed}.

\`scripts/conformance\` boots a Linux of its own as an ordinary process, sends numbered packets through netem from one
namespace to another, and notes for each when it was sent, and when it came with which bits flipped. The
engine then gets packets of the same sizes at the same times, offline: once with \`compat netem\`, once in its default mode.

A row is a case: \`tc qdisc add dev DEVICE root netem limit 100000 …\` and the rule \`udp …\`. Shares are tested by z
(two proportions, the variance widened by how much more batches of 500 packets vary than independent packets would),
lengths of runs by χ² of their histograms, distributions of delays by Kolmogorov and Smirnov's D, for as many
packets as the delays' autocorrelation leaves independent, after adding to the engine's delays how late the
guest's timers were in the case \`delay 10ms\`, and up to ${LATENESS_TOLERANCE_MS} ms more or less, because that
differs from case to case. Where nothing is random, delays are compared packet by packet. *Same*
means p ≥ ${LEVEL} in every test of the row, rates within ${100 * RATE_TOLERANCE} %, the median of single delays within
${LATENESS_TOLERANCE_MS} ms of the guest's lateness, the median time between even bunches within ${BUNCH_TOLERANCE_MS} ms, and
autocorrelations of delays within ${LAG1_TOLERANCE}. Statistics of tests stand
in brackets, in bold where they fail.

Delays are in ms, quantiles p1 p5 p25 p50 p75 p95 p99; "lag-1" is the autocorrelation of neighbours; "reordered" is
RFC 4737's ratio. The netem column is what the guest measured, its lateness included.
`;
}

function tableOf(kernel: string, rows: readonly string[]): string {
  const head = `| case | netem ${kernel} | netemu, \`compat netem\` | netemu, default | verdict |`;
  return [head, '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

function rowOf(result: CaseResult, numbers: ReadonlyMap<NoteName, number>): string {
  const { case: one, measurement, compat } = result;
  const sent = measurement.packets;
  const packets = one.traffic.share === 1 ? '' : `<br>${count(sent)} packets`;
  const name = one.netem === null ? 'no qdisc' : `tc: \`${one.netem}\``;
  const verdicts = [compat, result.default]
    .filter((mode) => mode !== null)
    .map((mode, index) => `${['compat', 'default'][index]}: ${verdictText(mode, numbers)}`);
  const cells = [
    `${name}${rulesOf(one)}${packets}`,
    result.netem.join('<br>'),
    modeText(compat),
    modeText(result.default),
    verdicts.join('<br>'),
  ];
  return `| ${cells.join(' | ')} |`;
}

function rulesOf({ rule, compatRule }: Case): string {
  if (rule === null) return '';
  const own = compatRule === `${rule} compat netem` ? '' : `<br>compat: \`${compatRule}\``;
  return `<br>rule: \`${rule}\`${own}`;
}

function modeText(mode: ModeResult | null): string {
  if (mode === null) return '–';
  if (mode.unavailable !== null) return `not available: ${mode.unavailable.replaceAll('|', '\\|')}`;
  return mode.comparisons
    .map(({ netemu, tests }) => {
      return `${netemu} [${tests.map(testText).join('; ')}]`;
    })
    .join('<br>');
}

function testText({ text, same }: Test): string {
  return same ? text : `**${text}**`;
}

function verdictText(mode: ModeResult, numbers: ReadonlyMap<NoteName, number>): string {
  const verdict = verdictOf(mode);
  if (verdict === 'differs as noted') {
    return `differs, [${mode.notes.map((name) => numbers.get(name)).join(', ')}](#notes)`;
  }
  return verdict === 'DIFFERS' ? '**differs, unexplained**' : verdict;
}

/** In the order of the table. */
function notesIn(results: readonly CaseResult[]): NoteName[] {
  const modes = results.flatMap((result) => [result.compat, result.default]);
  return [...new Set(modes.flatMap((mode) => (mode === null ? [] : mode.notes)))];
}

function noteText(name: NoteName, number: number): string {
  const { title, text } = noteOf(name);
  return `${number}. **${title}.** ${text}`;
}

const COLUMNS_MAX = 110;

/** Paragraphs in lines of COLUMNS_MAX columns; tables, headings and commands as they are. */
function wrapped(page: string): string {
  const blocks = page.trim().split(/\n\n+/);
  return `${blocks.map((block) => (/^(?:[|#]|```)/.test(block) ? block : wrap(block))).join('\n\n')}\n`;
}

function wrap(paragraph: string): string {
  const indent = /^\d+\. /.test(paragraph) ? '   ' : '';
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(/\s+/)) {
    if (line !== '' && [...line, ' ', ...word].length > COLUMNS_MAX) {
      lines.push(line);
      line = indent + word;
    } else {
      line += line === '' ? word : ` ${word}`;
    }
  }
  return [...lines, line].join('\n');
}

const SAME_ON_PURPOSE = `\`gemodel\` and \`state\` are netem's in both modes, with its order of moves: \`loss_gilb_ell\` lets the state move first but
applies the loss of the state it left, so that with \`gemodel 1% 10%\` the packet that turns the state bad passes and the
one that turns it good again is lost; \`loss_4state\` applies that of the state it enters. A packet chosen by \`reorder\` skips delay and queue
(\`__qdisc_enqueue_head\`); with \`gap N\` only when N − 1 have been delayed since the last one. Slots (\`get_slot_next\`)
begin when the first packet waits for one, so that under steady traffic it is a little more than the slot's time from
bunch to bunch.`;

function guestText(results: readonly CaseResult[]): string {
  const find = (name: string) => results.find((result) => result.case.name === name)?.netem[0];
  const quiet = find('no qdisc');
  const delayed = find('delay 10ms');
  const measured =
    quiet === undefined || delayed === undefined
      ? ''
      : `

Without a qdisc: ${quiet}. With \`delay 10ms\`: ${delayed}.`;
  return `## What the guest can tell

It keeps real time, but its timers are an ordinary process's: medians and distributions are reliable, tails below 3 ms are
not, and speed says nothing (it carries 5,000 to 8,000 packets/s). The script runs it as the lowest real-time process
where it may, because any busy machine makes its timers late by tens of milliseconds otherwise.${measured}`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
