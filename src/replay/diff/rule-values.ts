/**
 * What was found of some packets as values of a rule: which of them are lost (a loss map) or how many
 * (where several flows share the rule), copies and damage by their share, and the delays as a
 * distribution of their own.
 */

import {
  DISTRIBUTION_VALUES_MAX,
  LOSS_BURST_MAX,
  LOSS_MAP_RANGES_MAX,
} from '../../rules/limits.js';
import type { PortRange } from '../../rules/rule.js';
import { formatDuration, formatProbability } from '../../rules/units.js';
import type { Findings, Neighbours } from './findings.js';

/** By impairment's name, in the order in which rules are written. */
export type RuleValues = ReadonlyMap<string, string>;

/** The files that the values name: text by name. */
export type ValueFiles = Map<string, string>;

/**
 * Of independent losses the mean burst is 1/(1 − L); what is longer by less than this is taken for
 * chance.
 */
const BURST_FACTOR_MIN = 1.1;

/** Correlations of delays within so many standard errors (1/√n) of 0 are taken for chance. */
const CORRELATION_ERRORS_MIN = 3;
/** With more a rule's jitter would hardly vary at all. */
const CORRELATION_MAX = 0.999;

const RANGES_PER_LINE = 12;

export interface ValueOptions {
  /** The ordinals of those that were lost; null: several flows, of which no two lost the same. */
  readonly lost: readonly PortRange[] | null;
  /** For the files: `1` makes loss-1.map and delay-1.txt. */
  readonly label: string;
  /** The rule says `per flow`: runs of losses and likeness of delays are those of each flow. */
  readonly perFlow: boolean;
}

/** Adds the files that the values name to `files`. */
export function ruleValues(
  found: Findings,
  { lost, label, perFlow }: ValueOptions,
  files: ValueFiles,
): RuleValues {
  const values = new Map<string, string>();
  const neighbours = perFlow ? found.flowNeighbours : found.neighbours;
  if (found.lost > 0) {
    const isMap = lost !== null && lost.length <= LOSS_MAP_RANGES_MAX;
    if (isMap) files.set(`loss-${label}.map`, lossMap(lost, found));
    values.set('loss', isMap ? `map loss-${label}.map` : lossModel(found, neighbours));
  }
  const arrived = found.sent - found.lost;
  if (found.corrupted > 0) values.set('corrupt', shareText(found.corrupted / arrived));
  if (found.duplicated > 0) values.set('duplicate', shareText(found.duplicated / arrived));
  addDelay(found, neighbours, label, values, files);
  return values;
}

function lossMap(ranges: readonly PortRange[], { sent, lost }: Findings): string {
  const lines = [`# packets of the flow that were lost: ${lost} of ${sent}`];
  for (let from = 0; from < ranges.length; from += RANGES_PER_LINE) {
    const some = ranges.slice(from, from + RANGES_PER_LINE);
    lines.push(some.map(({ min, max }) => (min === max ? `${min}` : `${min}-${max}`)).join(','));
  }
  return `${lines.join('\n')}\n`;
}

function lossModel({ sent, lost }: Findings, { lossBurst }: Neighbours): string {
  const share = rounded(lost / sent);
  const isBursty = lossBurst !== null && lossBurst * (1 - share) > BURST_FACTOR_MIN;
  const text = formatProbability(share);
  return isBursty ? `${text} burst ${Math.min(LOSS_BURST_MAX, rounded(lossBurst))}` : text;
}

function shareText(share: number): string {
  return formatProbability(Math.min(1, rounded(share)));
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/**
 * A rule's jitter is its spread times the file's numbers, brought to mean 0 and deviation 1. With the
 * file's own mean as delay and its deviation as spread the numbers come out as they are.
 */
function addDelay(
  { delaysNs, reordered }: Findings,
  { delayCorrelation }: Neighbours,
  label: string,
  values: Map<string, string>,
  files: ValueFiles,
): void {
  const samples = samplesOf(delaysNs);
  if (samples.length === 0) return;
  const meanNs = samples.reduce((sum, ns) => sum + ns, 0) / samples.length;
  const squares = samples.reduce((sum, ns) => sum + (ns - meanNs) ** 2, 0);
  const spreadNs = Math.round(Math.sqrt(squares / samples.length));
  if (meanNs >= 0.5) values.set('delay', formatDuration(Math.round(meanNs)));
  if (spreadNs === 0) return;
  const file = `delay-${label}.txt`;
  const heading = `# delays in ns: ${samples.length} for the ${delaysNs.length} that were measured`;
  files.set(file, `${heading}\n${samples.join('\n')}\n`);
  const words = [formatDuration(spreadNs), file];
  const error = 1 / Math.sqrt(delaysNs.length);
  if (delayCorrelation > CORRELATION_ERRORS_MIN * error) {
    words.push('corr', formatProbability(rounded(Math.min(CORRELATION_MAX, delayCorrelation))));
  }
  if (reordered > 0) words.push('unordered');
  values.set('jitter', words.join(' '));
}

/**
 * Ascending, as many as a rule's table has at most: of more, the means of as many equal shares. What came
 * before it was sent came at once.
 */
function samplesOf(delaysNs: Float64Array): number[] {
  const sorted = delaysNs.map((ns) => Math.max(0, Math.round(ns))).sort();
  const count = Math.min(sorted.length, DISTRIBUTION_VALUES_MAX);
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * sorted.length) / count);
    const to = Math.floor(((i + 1) * sorted.length) / count);
    let sum = 0;
    for (let at = from; at < to; at++) sum += sorted[at];
    return Math.round(sum / (to - from));
  });
}
