/**
 * How each step differs from the baseline, metric by metric, beyond chance and beyond what the machine did. A
 * metric is tested once for each step, so its p-values are corrected for their number: were chance alone at
 * work, 1 ladder in 100 would show a change of this metric; of several metrics each has its own 1 in 100.
 */
import type { MetricSpec } from '../probe/probe.js';
import type { Change, MetricSummary } from '../result.js';
import { holm } from '../statistics/tests.js';
import { testChange } from './changes-of-numbers.js';
import { type DifferenceTest, testShares } from './difference-tests.js';
import { meanOf, withRounds } from './difference-tests-rounds.js';
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
  const compared = steps.map((samples, at) => ({ samples, summary: summaries[at]! }));
  const tests = compared.map((step, at) =>
    at === 0 ? null : testOf(spec, compared[0]!, step, pairs[at]!),
  );
  const corrected = holm(tests.flatMap((test) => (test === null ? [] : [test.pValue])));
  let next = 0;
  return tests.map((test, at) => {
    if (test === null) return null;
    const pValue = corrected[next++]!;
    return changeOf(spec, test, pValue, middleOf(summaries[0]!), middleOf(summaries[at]!));
  });
}

interface Compared {
  readonly samples: StepSamples;
  readonly summary: MetricSummary;
}

function testOf(
  spec: MetricSpec,
  { samples: a, summary: before }: Compared,
  { samples: b, summary: after }: Compared,
  pairs: Pairs | null,
): DifferenceTest | null {
  if (before.kind === 'number' && after.kind === 'number') {
    return testChange(spec, { samples: a, summary: before }, { samples: b, summary: after }, pairs);
  }
  const columns = { columnA: a.column(spec), columnB: b.column(spec) };
  const test = testShares(columns.columnA, columns.columnB, pairs);
  return test && withRounds(test, { ...columns, a, b, figure: meanOf });
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
