/**
 * The findings as rules: one for each flow and way, with the flow's exact ends, so that a replay of the
 * same capture loses the same packets; or one for all that a match says, for other runs of the same
 * service.
 */

import { usageError } from '../../errors.js';
import { DELAY_NS_MAX } from '../../rules/limits.js';
import { printable } from '../../rules/problem.js';
import { type Findings, findingsOf } from './findings.js';
import { ruleValues, type ValueFiles } from './rule-values.js';
import { type Group, Selection } from './selection.js';
import type { Way } from './way.js';

/** The file that is always there. */
const RULES_FILE = 'rules.yaml';

/** Text by name. */
export type RuleFileTexts = ReadonlyMap<string, string>;

/** Null where a way was not compared; one of them is. */
export interface WaysFound {
  readonly out: Way | null;
  readonly in: Way | null;
}

/** Errors: E_DIFF_FLOWS, E_DIFF_CLOCK. */
export function exactRules(ways: WaysFound): RuleFileTexts {
  const files: ValueFiles = new Map();
  const [first, second] = [ways.out, ways.in].filter((way) => way !== null);
  files.set(RULES_FILE, exactRulesOf(first, RULES_FILE, '', files));
  if (second !== undefined)
    files.set('back.yaml', exactRulesOf(second, 'back.yaml', 'back-', files));
  return files;
}

/** `match`: in canonical spelling. Errors: E_DIFF_CLOCK. */
export function ruleForAll(ways: WaysFound, match: string): RuleFileTexts {
  const files: ValueFiles = new Map();
  const parts = (['out', 'in'] as const).flatMap((direction) => {
    const way = ways[direction];
    if (way === null) return [];
    const selection = new Selection(way, () => match);
    const [group] = selection.groups;
    return [{ direction, way, group, found: foundOf(way, selection.indexesOf(group)) }];
  });
  const perFlow = parts.some(({ found }) => isPerFlow(found));
  const values = parts.map(({ direction, group, found }) => {
    const options = { lost: group.lost, label: direction, perFlow };
    return [direction, ruleValues(found, options, files)] as const;
  });
  const keys = new Set(values.flatMap(([, each]) => [...each.keys()]));
  const words = [...keys].map((key) => {
    const each = values.filter(([, has]) => has.has(key));
    return `${key} ${each.map(([direction, has]) => `${direction}:${has.get(key)}`).join(' ')}`;
  });
  const lines = [
    '# What a network did, found by netemu diff --flow.',
    'rules:',
    ...parts.map(
      ({ direction, way, found, group }) =>
        `  # ${direction}, ${pathOf(way)}: ${sentence(found, group)}`,
    ),
    ruleLine([match, ...words, ...(perFlow ? [PER_FLOW] : [])]),
  ];
  files.set(RULES_FILE, `${lines.join('\n')}\n`);
  return files;
}

const PER_FLOW = 'per flow';

/** A rule keeps the order of all its packets; here flows overtook each other, and each kept its own. */
function isPerFlow({ overtaken, reordered }: Findings): boolean {
  return overtaken > 0 && reordered === 0;
}

/** The files that the rules name begin with `prefix`, behind `loss-` and `delay-`. */
function exactRulesOf(way: Way, name: string, prefix: string, files: ValueFiles): string {
  const { ends } = way.sender;
  const selection = new Selection(way, (side) => ends.match(side >> 1, side & 1));
  const lines = [
    `# What the network did to the packets ${pathOf(way)}, found by netemu diff. The same are`,
    `# lost again by: netemu replay ${printable(way.sender.name)} -f ${name}`,
    'rules:',
  ];
  // The first rule that matches counts: narrow ones go first.
  const groups = selection.groups.toSorted(
    (a, b) => ends.breadth(a.side >> 1) - ends.breadth(b.side >> 1),
  );
  groups.forEach((group, i) => {
    const found = foundOf(way, selection.indexesOf(group));
    const label = `${prefix}${i + 1}`;
    const perFlow = isPerFlow(found);
    const values = ruleValues(found, { lost: group.lost, label, perFlow }, files);
    const words = [...values].map((each) => each.join(' '));
    lines.push(`  # ${sentence(found, group)}`);
    lines.push(ruleLine([group.match, ...words, ...(perFlow ? [PER_FLOW] : [])]));
  });
  return `${lines.join('\n')}\n`;
}

/** In quotes: YAML reads `fd00:: dst` as a map. */
function ruleLine(words: readonly string[]): string {
  return `  - ${JSON.stringify(words.join(' '))}`;
}

function foundOf(way: Way, indexes: Int32Array): Findings {
  const found = findingsOf(way, indexes);
  if (found.delay !== null && found.delay.maxNs > DELAY_NS_MAX) {
    throw usageError(
      'E_DIFF_CLOCK',
      `by their clocks packets took more than a day ${pathOf(way)}`,
      '--clock-offset says by how much the clock of the second capture is ahead of the first',
    );
  }
  return found;
}

function sentence({ sent, lost, reordered, delay }: Findings, { flows }: Group): string {
  const parts = [`${sent} sent`, `${lost} lost`, `${reordered} reordered`];
  if (flows > 1) parts.push(`${flows} flows`);
  if (delay !== null && delay.minNs < 0) parts.push('delays below zero taken for zero');
  return parts.join(', ');
}

function pathOf({ sender, arrival }: Way): string {
  return `from ${printable(sender.name)} to ${printable(arrival.name)}`;
}
