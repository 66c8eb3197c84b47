/** 95 % intervals of means, deviations and quantiles, from sums and histograms of many samples. */

import type { Histogram } from './histogram.js';
import { binomialInterval } from './interval.js';

/** Of the standard normal distribution, 97.5 %. */
const Z = 1.959964;

/** Of the mean behind `count` samples with these sums; never below 0. Null for one sample. */
export function meanInterval(count: number, sum: number, squares: number): [number, number] | null {
  if (count < 2) return null;
  const mean = sum / count;
  const variance = Math.max(0, (squares - sum * mean) / (count - 1));
  const half = Z * Math.sqrt(variance / count);
  return [Math.max(0, mean - half), mean + half];
}

/** Of the standard deviation, where samples are nearly normal; heavy tails are wider. */
export function sdInterval(count: number, sd: number): [number, number] | null {
  if (count < 2) return null;
  const half = (Z * sd) / Math.sqrt(2 * (count - 1));
  return [Math.max(0, sd - half), sd + half];
}

/**
 * Of the quantile: the order statistics between which it lies, whatever the distribution. Null where
 * there are too few samples to have one on either side.
 */
export function quantileInterval(
  samples: Histogram,
  count: number,
  q: number,
): [number, number] | null {
  const [low, high] = binomialInterval(count, q, 0.95);
  if (low < 1 || high >= count) return null;
  return [samples.quantile(low / count), samples.quantile((high + 1) / count)];
}
