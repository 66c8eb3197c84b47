/** Which shares have a column in the table: one that never is, or that says what another says, has none. */
import type { MetricSpec } from '../probe/probe.js';
import type { StepSummary } from '../result.js';

/** Without `failed`, which always has one. */
export function tellingShares(
  metrics: readonly MetricSpec[],
  steps: readonly StepSummary[],
): readonly MetricSpec[] {
  const shares = metrics.filter(({ kind, name }) => kind === 'share' && name !== 'failed');
  return shares.filter((spec) => isEver(spec, steps) && !repeatsLate(spec, steps));
}

/** Whether it is above 0 at some step, or should be. */
function isEver({ name }: MetricSpec, steps: readonly StepSummary[]): boolean {
  return steps.some(({ metrics }) => {
    const summary = metrics[name];
    if (summary?.kind !== 'share') return false;
    return summary.count > 0 || (summary.prediction?.value ?? 0) > 0;
  });
}

/** Who asks again as soon as the first wait is over, and only then, is late and retried at once. */
function repeatsLate({ name }: MetricSpec, steps: readonly StepSummary[]): boolean {
  if (name !== 'retried') return false;
  return steps.every(({ metrics: { late, retried } }) => {
    if (late?.kind !== 'share' || retried?.kind !== 'share') return false;
    return late.count === retried.count && late.of === retried.of;
  });
}
