/**
 * Shares, means and quantiles of samples with the interval in which the true one lies at the given
 * confidence. None assumes a shape: times under loss stand in clusters, a second apart.
 */
import assert from 'node:assert';
import { binomialInterval } from '../../netem/interval.js';
import type { Estimate } from '../result.js';
import { normalQuantile } from './normal.js';
import { studentQuantile } from './student.js';

/**
 * Wilson's score interval of the share behind `k` of `n` ("Probable inference", JASA 1927). On the mean it
 * covers as often as was asked for, where Clopper-Pearson's does more; [0, 1] without trials.
 */
export function wilson(k: number, n: number, confidence: number): [number, number] {
  assert(k >= 0 && k <= n && Number.isInteger(k) && Number.isInteger(n), 'k of n, integers');
  if (n === 0) return [0, 1];
  const z = zOf(confidence);
  const share = k / n;
  const centre = share + (z * z) / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  // Rounding must not leave 1e-19 where nothing was met.
  const low = k === 0 ? 0 : (centre - half) / scale;
  const high = k === n ? 1 : (centre + half) / scale;
  return [low, high];
}

/**
 * The smallest value that at least the share `q` of `sorted` does not exceed, with the order statistics
 * between which the true quantile lies, whatever the distribution. Samples that are infinite (they
 * failed) become null. So does the upper end where there are too few samples to have one: p99 needs 368
 * at 95 %. Where they are too few for a lower end it is 0, below which no time or rate lies.
 */
export function quantileOf(sorted: Float64Array, q: number, confidence: number): Estimate {
  const count = sorted.length;
  assert(count > 0 && q > 0 && q < 1, 'samples, and a share between 0 and 1');
  const [low, high] = binomialInterval(count, q, confidence);
  const at = (rank: number) => finiteOrNull(sorted[rank - 1]);
  return {
    value: at(rankOf(q, count)),
    low: low < 1 ? Math.min(0, sorted[0]) : at(low),
    high: high >= count ? null : at(high + 1),
  };
}

/**
 * The same from the other end: the largest value that at least the share `q` of `sorted` reaches. Where there
 * are too few samples for an upper end it is null, for a lower one 0.
 */
export function reachedBy(sorted: Float64Array, q: number, confidence: number): Estimate {
  const count = sorted.length;
  assert(count > 0 && q > 0 && q < 1, 'samples, and a share between 0 and 1');
  const [high, low] = binomialInterval(count, q, confidence);
  const at = (rank: number) => finiteOrNull(sorted[count - rank]);
  return {
    value: at(rankOf(q, count)),
    low: low >= count ? Math.min(0, sorted[0]) : at(low + 1),
    high: high < 1 ? null : at(high),
  };
}

/** From 1. A product such as 0.07 · 100 is above 7 by a rounding. */
function rankOf(q: number, count: number): number {
  return Math.max(1, Math.ceil(q * count - 1e-9 * count));
}

/**
 * With Student's interval; null without values, and the mean of one has no ends. Very skew values (one
 * in a thousand waits 5 s) need some thousands until the interval holds.
 */
export function meanOf(values: ArrayLike<number>, confidence: number): Estimate | null {
  const count = values.length;
  if (count === 0) return null;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  const value = sum / count;
  if (count === 1) return { value, low: null, high: null };
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i] - value) ** 2;
  const error = Math.sqrt(squares / (count - 1) / count);
  const half = studentQuantile((1 + confidence) / 2, count - 1) * error;
  return { value, low: value - half, high: value + half };
}

/** Of a two-sided interval: 1.96 for 95 %. */
export function zOf(confidence: number): number {
  return normalQuantile((1 + confidence) / 2);
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
