/** 95 % intervals of means, deviations and quantiles, from sums and histograms of many samples. */

import type { Histogram } from './histogram.js';
import { binomialInterval } from './interval.js';

/** Of the standard normal distribution, 97.5 %. */
const Z = 1.959964;

/** Of the mean behind `count` samples with this sum and sum of squares; never below 0. */
export function meanInterval(count: number, sum: number, squares: number): [number, number] {
  const mean = sum / count;
  const variance = count > 1 ? Math.max(0, (squares - sum * mean) / (count - 1)) : 0;
  const half = Z * Math.sqrt(variance / count);
  return [Math.max(0, mean - half), mean + half];
}

/** Of the standard deviation, where samples are nearly normal; heavy tails are wider. */
export function sdInterval(count: number, sd: number): [number, number] {
  const half = count > 1 ? (Z * sd) / Math.sqrt(2 * (count - 1)) : sd;
  return [Math.max(0, sd - half), sd + half];
}

/** Of the quantile: the order statistics between which it lies, whatever the distribution. */
export function quantileInterval(samples: Histogram, count: number, q: number): [number, number] {
  const [low, high] = binomialInterval(count, q, 0.95);
  return [samples.quantile(low / count), samples.quantile(Math.min(1, (high + 1) / count))];
}
