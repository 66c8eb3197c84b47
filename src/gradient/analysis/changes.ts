/**
 * How each step differs from the baseline, metric by metric. A metric is tested once for each step, so its
 * p-values are corrected for their number: at most 1 ladder in 100 shows a change where there is none.
 */
import type { MetricSpec } from '../probe/probe.js';
import type { Change, MetricSummary } from '../result.js';
import { holm } from '../statistics/tests.js';
import { type DifferenceTest, testNumbers, testShares } from './difference-tests.js';
import type { Pairs, StepSamples } from './samples.js';

/** Below it a change is significant. */
export const SIGNIFICANCE = 0.01;

/**
 * Of one metric in all steps, the baseline first; null for the baseline, and where nothing can be compared.
 * `pairs` are those of baseline and step, null where samples have none.
 */
export function changesOf(
  spec: MetricSpec,
  steps: readonly StepSamples[],
  pairs: readonly (Pairs | null)[],
  summaries: readonly MetricSummary[],
): (Change | null)[] {
  const tests = steps.map((step, at) =>
    at === 0 ? null : testOf(spec, steps[0]!, step, pairs[at]!),
  );
  const corrected = holm(tests.flatMap((test) => (test === null ? [] : [test.pValue])));
  let next = 0;
  return tests.map((test, at) => {
    if (test === null) return null;
    const pValue = corrected[next++]!;
    return changeOf(spec, test, pValue, middleOf(summaries[0]!), middleOf(summaries[at]!));
  });
}

function testOf(
  spec: MetricSpec,
  baseline: StepSamples,
  step: StepSamples,
  pairs: Pairs | null,
): DifferenceTest | null {
  return spec.kind === 'share'
    ? testShares(baseline.column(spec), step.column(spec), pairs)
    : testNumbers(baseline.ranked(spec), step.ranked(spec), pairs);
}

/** The direction is the test's: medians may be the same where a tail has grown. */
function changeOf(
  { better }: MetricSpec,
  { test, direction }: DifferenceTest,
  pValue: number,
  before: number | null,
  after: number | null,
): Change {
  const isKnown = before !== null && after !== null;
  return {
    difference: isKnown ? after - before : null,
    ratio: isKnown ? ratioOf(before, after) : null,
    pValue,
    significant: pValue < SIGNIFICANCE,
    test,
    worse: isWorse(better, direction),
  };
}

/** Null where the first is 0, or so small that the ratio is beyond all numbers. */
export function ratioOf(before: number, after: number): number | null {
  const ratio = after / before;
  return Number.isFinite(ratio) ? ratio : null;
}

/** Null where neither direction is bad, or there is none. */
export function isWorse(better: MetricSpec['better'], direction: number): boolean | null {
  if (better === null || direction === 0) return null;
  return (better === 'lower') === direction > 0;
}

/** Share or median; null beyond every number. */
function middleOf(summary: MetricSummary): number | null {
  return (summary.kind === 'share' ? summary.share : summary.p50)?.value ?? null;
}
