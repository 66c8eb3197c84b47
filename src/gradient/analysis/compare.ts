/**
 * What got worse between two results: the figures of the steps that both have, tested on their samples. A
 * regression is worse by more than chance, corrected for all that is compared, and by enough to matter.
 */
import { usageError } from '../../errors.js';
import type { MetricSpec } from '../probe/probe.js';
import type { Estimate, GradientRecord, GradientResult, StepSummary } from '../result.js';
import { holm } from '../statistics/tests.js';
import { isWorse, ratioOf, SIGNIFICANCE } from './changes.js';
import type { Comparison, ComparisonRow, Verdict } from './comparison.js';
import { comparisonNotes } from './comparison-notes.js';
import { type DifferenceTest, testNumbers, testShares } from './difference-tests.js';
import { type LadderMatch, matchSteps } from './ladder-match.js';
import { metricsOf, type Pairs, StepSamples } from './samples.js';

/** A change of less than this share of the first value does not matter, however sure it is. */
const MINIMUM = 0.05;

/** Errors: E_COMPARE where the two have nothing in common. */
export function compare(
  before: GradientResult,
  after: GradientResult,
  minimum = MINIMUM,
): Comparison {
  if (before.probe.kind !== after.probe.kind) {
    const [a, b] = [before.probe, after.probe].map(({ kind, text }) => `${kind} (${text})`);
    const mend = 'netemu gradient compare A B, of two measurements with the same --probe';
    throw usageError('E_COMPARE', `the two have measured other things: ${a} and ${b}`, mend);
  }
  const paired = arePaired(before, after);
  const matches = matchSteps(before.steps, after.steps);
  const candidates = matches.flatMap((match) => candidatesOf(before, after, match, paired));
  const tested = candidates.flatMap(({ test }) => (test === null ? [] : [test.pValue]));
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
    paired,
    minimum,
    notes: comparisonNotes(before, after, matches),
  };
}

/** Only then the samples of the same round and index have met the same draws. */
function arePaired(a: GradientRecord, b: GradientRecord): boolean {
  const isSame = (of: (record: GradientRecord) => unknown) =>
    JSON.stringify(of(a)) === JSON.stringify(of(b));
  return (
    a.paired &&
    b.paired &&
    isSame(({ seed, ladder, rule, probe }) => [seed, ladder, rule, probe.text, probe.settings])
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
}

const FIGURES_OF_TIMES = ['p50', 'p95', 'p99'] as const;

function candidatesOf(
  before: GradientResult,
  after: GradientResult,
  match: LadderMatch,
  paired: boolean,
): Candidate[] {
  const stepA = before.analysis.steps.find(({ step }) => step === match.before?.index);
  const stepB = after.analysis.steps.find(({ step }) => step === match.after?.index);
  const a = match.before === null ? null : new StepSamples(before, match.before);
  const b = match.after === null ? null : new StepSamples(after, match.after);
  const pairs = paired && a !== null && b !== null ? a.pairsWith(b) : null;
  const known = metricsOf(after).map(({ name, kind }) => `${kind} ${name}`);
  return metricsOf(before).flatMap((spec) => {
    if (!known.includes(`${spec.kind} ${spec.name}`)) return [];
    return figuresOf(spec).map((figure) => {
      const valueBefore = estimateOf(stepA, spec.name, figure);
      const valueAfter = estimateOf(stepB, spec.name, figure);
      const isKnown = valueBefore !== null && valueAfter !== null && a !== null && b !== null;
      const test = isKnown ? testOf(spec, figure, a, b, pairs, valueBefore, valueAfter) : null;
      return { match, spec, figure, valueBefore, valueAfter, test };
    });
  });
}

function figuresOf({ kind }: MetricSpec): readonly string[] {
  return kind === 'share' ? ['share'] : kind === 'time' ? FIGURES_OF_TIMES : ['mean'];
}

function estimateOf(
  step: StepSummary | undefined,
  metric: string,
  figure: string,
): Estimate | null {
  if (step === undefined || !Object.hasOwn(step.metrics, metric)) return null;
  const summary = step.metrics[metric]!;
  if (summary.kind === 'share') return figure === 'share' ? summary.share : null;
  return figure === 'share' ? null : summary[figure as 'p50' | 'p95' | 'p99' | 'mean'];
}

function testOf(
  spec: MetricSpec,
  figure: string,
  a: StepSamples,
  b: StepSamples,
  pairs: Pairs | null,
  valueA: Estimate,
  valueB: Estimate,
): DifferenceTest | null {
  if (spec.kind === 'share') return testShares(a.column(spec), b.column(spec), pairs);
  const [ranksA, ranksB] = [a.ranked(spec), b.ranked(spec)];
  if (figure !== 'p95' && figure !== 'p99') return testNumbers(ranksA, ranksB, pairs);
  return testQuantile(ranksA, ranksB, pairs, [valueA.value, valueB.value]);
}

/**
 * A quantile has grown when more samples than before lie above the smaller of the two: ranks of all samples
 * would not see the few that make a tail.
 */
function testQuantile(
  a: Float64Array,
  b: Float64Array,
  pairs: Pairs | null,
  quantiles: readonly (number | null)[],
): DifferenceTest | null {
  const smaller = Math.min(...quantiles.map((value) => value ?? Number.POSITIVE_INFINITY));
  const above = (column: Float64Array) =>
    column.map((value) => (Number.isNaN(value) ? Number.NaN : value > smaller ? 1 : 0));
  const test = testShares(above(a), above(b), pairs);
  return test && { ...test, test: `${test.test}, above the quantile` };
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
  { spec, valueBefore, valueAfter, test }: Candidate,
  pValue: number | null,
  minimum: number,
): Verdict {
  if (valueBefore === null || valueAfter === null || test === null || pValue === null) {
    return 'incomparable';
  }
  // Null is beyond every number, as failed samples are.
  const a = valueBefore.value ?? Number.POSITIVE_INFINITY;
  const b = valueAfter.value ?? Number.POSITIVE_INFINITY;
  const isRelevant = a !== b && !(Math.abs(b - a) < minimum * Math.abs(a));
  // Ranks and the figure have to agree: one outlier moves a mean, and ranks may move where nobody looks.
  const agrees = Math.sign(b - a) === test.direction;
  if (pValue >= SIGNIFICANCE || !isRelevant || !agrees) return 'same';
  const worse = isWorse(spec.better, test.direction);
  return worse === null ? 'same' : worse ? 'worse' : 'better';
}
