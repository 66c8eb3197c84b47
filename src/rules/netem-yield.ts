/**
 * What tc-netem makes of its correlated chances. It filters uniform numbers, x' = (1 − ρ) u + ρ x
 * (`get_crandom` in net/sched/sch_netem.c), and compares x with the probability as if x were uniform
 * too. But x crowds around one half, so that small probabilities are hardly ever met.
 */

import type { Impairments } from './rule.js';
import { formatDuration, formatProbability } from './units.js';
import { formatCorrelation } from './values.js';

/** One line about what `compat netem` makes of the values in one direction; null if nothing else. */
export function netemWarning(impairments: Impairments): string | null {
  if (impairments.compat !== 'netem') return null;
  const { loss, corrupt, duplicate, reorder, jitter } = impairments;
  const yields = [
    loss?.kind === 'corr' ? yieldOf('loss', 'loses', loss) : null,
    corrupt && yieldOf('corrupt', 'corrupts', corrupt),
    duplicate && yieldOf('duplicate', 'duplicates', duplicate),
    reorder && yieldOf('reorder', 'reorders', reorder),
  ].filter((part) => part !== null);
  const parts: string[] = [];
  if (yields.length > 0) {
    parts.push(`${yields.join(', ')} (netem's correlated numbers are not uniform)`);
  }
  if (jitter !== null && jitter.correlation > 0) {
    const shown = `jitter ${formatDuration(jitter.spreadNs)}${formatCorrelation(jitter.correlation)}`;
    // tabledist(): rnd % size, which are the low bits; lag-1 measured 0 at 95 %.
    parts.push(`${shown} is not correlated (netem uses a remainder of its correlated numbers)`);
  }
  return parts.length === 0 ? null : `compat netem: ${parts.join('; ')}`;
}

interface Correlated {
  readonly probability: number;
  readonly correlation: number;
}

/** `loss 10% corr 25% really loses 1.75%`; null where it is what was asked for, to two digits. */
function yieldOf(
  key: string,
  verb: string,
  { probability, correlation }: Correlated,
): string | null {
  const real = shownShare(netemYield(probability, correlation));
  if (real === shownShare(probability)) return null;
  const asked = `${key} ${formatProbability(probability)}${formatCorrelation(correlation)}`;
  return `${asked} really ${verb} ${real}`;
}

/** Two digits; below a millionth of a percent nothing. */
function shownShare(share: number): string {
  return share < 1e-8 ? 'nothing' : formatProbability(Number(share.toPrecision(2)));
}

/** Points over ±10 standard deviations: enough for two digits far out. */
const POINTS = 1_024;
const DEVIATIONS = 10;
/** What is wrong with the normal distribution to begin with shrinks by ρ⁴ in each round. */
const ROUNDS_MAX = 120;
const PRECISION = 1e-12;

/**
 * The share of packets for which netem's correlated number is below `probability` (both 0..1,
 * `correlation` < 1): the stationary distribution function F of x at `probability`, found by
 * iterating F(x) = ∫₀¹ F((x − (1 − ρ) u) / ρ) du. It takes 10 ms at most.
 */
export function netemYield(probability: number, correlation: number): number {
  if (correlation === 0 || probability === 0 || probability === 1) return probability;
  const deviation = Math.sqrt((1 - correlation) / (1 + correlation) / 12);
  const halfWidth = Math.min(0.5, DEVIATIONS * deviation);
  const begin = 0.5 - halfWidth;
  const step = (2 * halfWidth) / (POINTS - 1);
  let values = new Float64Array(POINTS);
  let next = new Float64Array(POINTS);
  for (let i = 0; i < POINTS; i++) values[i] = logistic((begin + i * step - 0.5) / deviation);
  const integral = new Float64Array(POINTS);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    integrate(values, step, integral);
    let change = 0;
    for (let i = 0; i < POINTS; i++) {
      const x = begin + i * step;
      const upper = integralTo(x / correlation, begin, step, values, integral);
      const lower = integralTo((x - 1 + correlation) / correlation, begin, step, values, integral);
      next[i] = ((upper - lower) * correlation) / (1 - correlation);
      change = Math.max(change, Math.abs(next[i] - values[i]));
    }
    [values, next] = [next, values];
    if (change < PRECISION) break;
  }
  const at = (probability - begin) / step;
  if (at <= 0) return 0;
  if (at >= POINTS - 1) return 1;
  const cell = Math.floor(at);
  return Math.min(1, values[cell] + (values[cell + 1] - values[cell]) * (at - cell));
}

/** Near the normal distribution function. */
function logistic(z: number): number {
  return 1 / (1 + Math.exp(-1.5976 * z - 0.07056 * z ** 3));
}

function integrate(values: Float64Array, step: number, integral: Float64Array): void {
  for (let i = 1; i < POINTS; i++) {
    integral[i] = integral[i - 1] + ((values[i - 1] + values[i]) / 2) * step;
  }
}

/** ∫ F from the grid's begin to `x`: F is 0 before the grid and 1 behind it. */
function integralTo(
  x: number,
  begin: number,
  step: number,
  values: Float64Array,
  integral: Float64Array,
): number {
  const at = (x - begin) / step;
  if (at <= 0) return 0;
  if (at >= POINTS - 1) return integral[POINTS - 1] + (at - POINTS + 1) * step;
  const cell = Math.floor(at);
  const part = at - cell;
  const slope = values[cell + 1] - values[cell];
  return integral[cell] + (values[cell] + (slope * part) / 2) * part * step;
}
