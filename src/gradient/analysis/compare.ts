/**
 * What got worse between two results: the figures of the steps that both have, computed anew from their
 * samples and tested on them. A regression is worse by more than chance, corrected for all that is compared,
 * by enough to matter, and by more than netemu and the prober were late themselves.
 */

import { usageError } from '../../errors.js';
import type { MetricSpec } from '../probe/probe.js';
import type { Estimate, GradientResult, MetricSummary } from '../result.js';
import { holm } from '../statistics/tests.js';
import { isWorse, ratioOf, SIGNIFICANCE } from './changes.js';
import type { Comparison, ComparisonRow, Verdict } from './comparison.js';
import { comparisonNotes, settingsThatDiffer } from './comparison-notes.js';
import { type DifferenceTest, testNumbers, testShares } from './difference-tests.js';
import { type LadderMatch, matchSteps } from './ladder-match.js';
import { ownErrorMs } from './own-error.js';
import { pairingOf } from './pairing.js';
import { metricsOf, type Pairs, StepSamples } from './samples.js';
import { summaryOf } from './summaries.js';

/** A change of less than this share of the first value does not matter, however sure it is. */
const MINIMUM = 0.05;

const MEND = 'netemu gradient compare A B, of two measurements with the same --probe and --steps';

/** Errors: E_COMPARE where the two have no figure in common. */
export function compare(
  before: GradientResult,
  after: GradientResult,
  minimum = MINIMUM,
): Comparison {
  if (before.probe.kind !== after.probe.kind) {
    const [a, b] = [before.probe, after.probe].map(({ kind, text }) => `${kind} (${text})`);
    throw usageError('E_COMPARE', `the two have measured other things: ${a} and ${b}`, MEND);
  }
  const paired = arePaired(before, after);
  const matches = matchSteps(before.steps, after.steps);
  const candidates = matches.flatMap((match) =>
    candidatesOf(before, after, match, paired, minimum),
  );
  const tested = candidates.flatMap(({ test }) => (test === null ? [] : [test.pValue]));
  const notes = comparisonNotes(before, after, matches);
  if (tested.length === 0) {
    const why = notes.length === 0 ? '' : ` (${notes.join('; ')})`;
    throw usageError('E_COMPARE', `the two have no step with samples in common${why}`, MEND);
  }
  const corrected = holm(tested);
  let next = 0;
  const rows = candidates.map((candidate) =>
    rowOf(candidate, candidate.test === null ? null : corrected[next++]!, minimum),
  );
  const count = (verdict: Verdict) => rows.filter((row) => row.verdict === verdict).length;
  return {
    rows,
    regressions: count('worse'),
    improvements: count('better'),
    missing: count('missing'),
    paired,
    minimum,
    notes: [...notes, ...hiddenNotes(candidates, rows, minimum)],
  };
}

/** A busy machine hides what it may have made. */
function hiddenNotes(
  candidates: readonly Candidate[],
  rows: readonly ComparisonRow[],
  minimum: number,
): string[] {
  const hidden = candidates.filter((candidate, at) => {
    const { pValue, verdict } = rows[at]!;
    return verdictOf({ ...candidate, ownError: 0 }, pValue, minimum) !== verdict;
  }).length;
  if (hidden === 0) return [];
  const differ = hidden === 1 ? '1 figure differs' : `${hidden} figures differ`;
  return [
    `${differ} by less than netemu and the probe were late themselves, so that nobody can tell`,
  ];
}

/** Only then the samples of the same round and index have met the same draws. */
function arePaired(a: GradientResult, b: GradientResult): boolean {
  return (
    pairingOf(a) === 'exact' &&
    pairingOf(b) === 'exact' &&
    a.seed === b.seed &&
    a.ladder === b.ladder &&
    a.rule === b.rule &&
    a.probe.text === b.probe.text &&
    settingsThatDiffer(a, b).length === 0
  );
}

/** What is known of a row before the p-values are corrected. */
interface Candidate {
  readonly match: LadderMatch;
  readonly spec: MetricSpec;
  readonly figure: string;
  readonly valueBefore: Estimate | null;
  readonly valueAfter: Estimate | null;
  readonly test: DifferenceTest | null;
  /** The least difference that is not the tool's own. */
  readonly ownError: number;
}

const FIGURES_OF_TIMES = ['p50', 'p95', 'p99'] as const;

function candidatesOf(
  before: GradientResult,
  after: GradientResult,
  match: LadderMatch,
  paired: boolean,
  minimum: number,
): Candidate[] {
  const a = match.before === null ? null : new StepSamples(before, match.before);
  const b = match.after === null ? null : new StepSamples(after, match.after);
  const pairs = paired && a !== null && b !== null ? a.pairsWith(b) : null;
  const known = metricsOf(after).map(({ name, kind }) => `${kind} ${name}`);
  return metricsOf(before).flatMap((spec) => {
    const isKnown = known.includes(`${spec.kind} ${spec.name}`);
    const summaryA = a && summaryOf(spec, a);
    const summaryB = isKnown ? b && summaryOf(spec, b) : null;
    return figuresOf(spec).map((figure) => {
      const valueBefore = estimateOf(summaryA, figure);
      const valueAfter = estimateOf(summaryB, figure);
      if (valueBefore === null || valueAfter === null || a === null || b === null) {
        return { match, spec, figure, valueBefore, valueAfter, test: null, ownError: 0 };
      }
      const ownError = Math.max(ownErrorOf(spec, figure, a), ownErrorOf(spec, figure, b));
      const [from, to] = [numberOf(valueBefore), numberOf(valueAfter)];
      const least = leastOf(from, ownError, minimum);
      const test = testOf(spec, figure, a, b, pairs, Math.min(from, to) + least);
      return { match, spec, figure, valueBefore, valueAfter, test, ownError };
    });
  });
}

/** Of a hundredth of the samples nobody can tell whether they are those that the tool was late with. */
function ownErrorOf({ kind }: MetricSpec, figure: string, { segments, step }: StepSamples): number {
  if (kind !== 'time') return 0;
  const { tailMs, worstMs } = ownErrorMs(segments, step.index);
  return figure === 'p99' ? worstMs : tailMs;
}

function figuresOf({ kind }: MetricSpec): readonly string[] {
  return kind === 'share' ? ['share'] : kind === 'time' ? FIGURES_OF_TIMES : ['mean'];
}

function estimateOf(summary: MetricSummary | null, figure: string): Estimate | null {
  if (summary === null) return null;
  if (summary.kind === 'share') return figure === 'share' ? summary.share : null;
  return figure === 'share' ? null : summary[figure as 'p50' | 'p95' | 'p99' | 'mean'];
}

function testOf(
  spec: MetricSpec,
  figure: string,
  a: StepSamples,
  b: StepSamples,
  pairs: Pairs | null,
  tailFrom: number,
): DifferenceTest | null {
  // Rounds of two measurements are not of the same minutes: they tell nothing that the samples do not.
  if (spec.kind === 'share') return testShares(a.column(spec), b.column(spec), pairs);
  const [ranksA, ranksB] = [a.ranked(spec), b.ranked(spec)];
  if (figure !== 'p95' && figure !== 'p99') return testNumbers(ranksA, ranksB, pairs);
  return testTails(ranksA, ranksB, pairs, tailFrom);
}

/**
 * A quantile has grown when more samples than before lie beyond the smaller of the two by what matters: ranks
 * of all samples would not see the few that make a tail.
 */
function testTails(
  a: Float64Array,
  b: Float64Array,
  pairs: Pairs | null,
  from: number,
): DifferenceTest | null {
  const beyond = (column: Float64Array) =>
    column.map((value) => (Number.isNaN(value) ? Number.NaN : value > from ? 1 : 0));
  const test = testShares(beyond(a), beyond(b), pairs);
  return test && { ...test, test: `${test.test}, beyond the quantile` };
}

/** Null is beyond every number, as failed samples are. */
function numberOf({ value }: Estimate): number {
  return value ?? Number.POSITIVE_INFINITY;
}

/** A difference of less does not matter, or is the tool's own. */
function leastOf(before: number, ownError: number, minimum: number): number {
  return Number.isFinite(before) ? Math.max(ownError, minimum * Math.abs(before)) : ownError;
}

function rowOf(candidate: Candidate, pValue: number | null, minimum: number): ComparisonRow {
  const { match, spec, figure, valueBefore, valueAfter, test } = candidate;
  const [a, b] = [valueBefore?.value ?? null, valueAfter?.value ?? null];
  const areNumbers = a !== null && b !== null;
  return {
    label: match.label,
    before: match.before?.index ?? null,
    after: match.after?.index ?? null,
    metric: spec.name,
    kind: spec.kind,
    figure,
    valueBefore,
    valueAfter,
    difference: areNumbers ? b - a : null,
    ratio: areNumbers ? ratioOf(a, b) : null,
    pValue,
    test: test?.test ?? '',
    verdict: verdictOf(candidate, pValue, minimum),
  };
}

function verdictOf(
  { spec, valueBefore, valueAfter, test, ownError }: Candidate,
  pValue: number | null,
  minimum: number,
): Verdict {
  if (valueBefore !== null && valueAfter === null) return 'missing';
  if (valueBefore === null || valueAfter === null || test === null || pValue === null) {
    return 'incomparable';
  }
  const [a, b] = [numberOf(valueBefore), numberOf(valueAfter)];
  const isRelevant = a !== b && Math.abs(b - a) >= leastOf(a, ownError, minimum);
  // Ranks and the figure have to agree: one outlier moves a mean, and ranks may move where nobody looks.
  const agrees = Math.sign(b - a) === test.direction;
  if (pValue >= SIGNIFICANCE || !isRelevant || !agrees) return 'same';
  const worse = isWorse(spec.better, test.direction);
  return worse === null ? 'same' : worse ? 'worse' : 'better';
}
