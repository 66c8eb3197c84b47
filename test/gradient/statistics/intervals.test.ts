import { expect, test } from 'vitest';
import {
  meanOf,
  quantileOf,
  reachedBy,
  wilson,
} from '../../../src/gradient/statistics/intervals.js';
import { randomOf } from './random.js';

// Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])("Wilson's interval of %d in %d", (k, n, low, high) => {
  const [ourLow, ourHigh] = wilson(k, n, 0.95);
  expect(ourLow).toBeCloseTo(low, 4);
  expect(ourHigh).toBeCloseTo(high, 4);
});

test('Wilson ends at 0 and 1 exactly, and knows nothing without trials', () => {
  expect(wilson(0, 3, 0.99)[0]).toBe(0);
  expect(wilson(7, 7, 0.99)[1]).toBe(1);
  expect(wilson(0, 0, 0.95)).toEqual([0, 1]);
  const [low, high] = wilson(3, 10, 0.95);
  expect(wilson(7, 10, 0.95)).toEqual([expect.closeTo(1 - high, 12), expect.closeTo(1 - low, 12)]);
});

test('Wilson covers the share as often as it says', () => {
  const random = randomOf('wilson');
  for (const [n, p] of [
    [100, 0.05],
    [400, 0.02],
    [50, 0.4],
  ] as const) {
    const covered = shareOf(4_000, () => {
      let k = 0;
      for (let i = 0; i < n; i++) if (random() < p) k++;
      const [low, high] = wilson(k, n, 0.95);
      return low <= p && p <= high;
    });
    expect(covered).toBeGreaterThan(0.93);
    expect(covered).toBeLessThan(0.975);
  }
});

test('a quantile is a sample, the first that is enough', () => {
  const sorted = Float64Array.from({ length: 100 }, (_, i) => i + 1);
  expect(quantileOf(sorted, 0.5, 0.95)).toEqual({ value: 50, low: 40, high: 61 });
  expect(quantileOf(sorted, 0.95, 0.95).value).toBe(95);
  expect(quantileOf(sorted, 0.07, 0.95).value).toBe(7);
  expect(quantileOf(sorted, 0.001, 0.95).value).toBe(1);
});

test('samples that failed are beyond every number, and so are ends that no sample marks', () => {
  const sorted = Float64Array.of(1, 2, 3, 4, 5, 6, 7, Infinity, Infinity, Infinity);
  expect(quantileOf(sorted, 0.5, 0.95)).toEqual({ value: 5, low: 2, high: null });
  expect(quantileOf(sorted, 0.9, 0.95)).toEqual({ value: null, low: 7, high: null });
  expect(quantileOf(Float64Array.of(8), 0.5, 0.95)).toEqual({ value: 8, low: 0, high: null });
  const hundred = Float64Array.from({ length: 100 }, (_, i) => i);
  expect(quantileOf(hundred, 0.99, 0.95).high).toBeNull();
  const enough = Float64Array.from({ length: 400 }, (_, i) => i);
  expect(quantileOf(enough, 0.99, 0.95).high).not.toBeNull();
});

test('p99 has an upper end from 368 samples on', () => {
  const highOf = (length: number) => quantileOf(new Float64Array(length), 0.99, 0.95).high;
  expect([highOf(367), highOf(368)]).toEqual([null, 0]);
});

test('what a share reaches is a sample, and the quantile of the mirrored ones', () => {
  const sorted = Float64Array.from({ length: 100 }, (_, i) => i + 1);
  expect(reachedBy(sorted, 0.5, 0.95)).toEqual({ value: 51, low: 40, high: 61 });
  expect(reachedBy(sorted, 0.95, 0.95)).toMatchObject({ value: 6, low: 1, high: 11 });
  expect(reachedBy(sorted, 0.99, 0.95)).toEqual({ value: 2, low: 0, high: 4 });
  expect(reachedBy(Float64Array.of(8), 0.5, 0.95)).toEqual({ value: 8, low: 0, high: null });
  expect(reachedBy(Float64Array.of(-8), 0.5, 0.95).low, 'commands print any number').toBe(-8);
  const random = randomOf('mirror');
  for (let i = 0; i < 200; i++) {
    const length = 400 + Math.floor(random() * 400);
    const samples = Float64Array.from({ length }, () => random() - 0.5).sort();
    const mirror = quantileOf(samples.map((value) => -value).reverse(), 0.9, 0.95);
    expect(reachedBy(samples, 0.9, 0.95)).toEqual({
      ...{ value: -mirror.value!, low: -mirror.high!, high: -mirror.low! },
    });
  }
});

test('quantiles of skew samples are covered at least as often as they say', () => {
  const random = randomOf('quantiles');
  for (const q of [0.5, 0.95]) {
    const truth = -Math.log(1 - q);
    const covered = shareOf(1_500, () => {
      const samples = Float64Array.from({ length: 200 }, () => -Math.log(1 - random())).sort();
      const { low, high } = quantileOf(samples, q, 0.95);
      return low! <= truth && truth <= high!;
    });
    expect(covered).toBeGreaterThan(0.94);
  }
});

test('a mean by hand: 2, 4, 9 have s = √13, and t is 4.303', () => {
  const half = 4.302653 * Math.sqrt(13 / 3);
  const { value, low, high } = meanOf([2, 4, 9], 0.95)!;
  expect([value, low, high]).toEqual([5, expect.closeTo(5 - half, 4), expect.closeTo(5 + half, 4)]);
});

test('the mean of none is null, that of one has no ends, that of the same no width', () => {
  expect(meanOf([], 0.95)).toBeNull();
  expect(meanOf(Float64Array.of(3), 0.95)).toEqual({ value: 3, low: null, high: null });
  expect(meanOf([7, 7, 7], 0.95)).toEqual({ value: 7, low: 7, high: 7 });
});

test('large values lose no digits', () => {
  const { low, high } = meanOf([1e9 + 1, 1e9 + 2, 1e9 + 3], 0.95)!;
  expect(high! - low!).toBeCloseTo((2 * 4.302653) / Math.sqrt(3), 4);
});

test('the mean of few normal samples is covered as often as it says', () => {
  const random = randomOf('means');
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  for (const count of [3, 10, 100]) {
    const covered = shareOf(4_000, () => {
      const { low, high } = meanOf(Array.from({ length: count }, normal), 0.95)!;
      return low! <= 0 && high! >= 0;
    });
    expect(Math.abs(covered - 0.95)).toBeLessThan(0.013);
  }
});

function shareOf(runs: number, isSo: () => boolean): number {
  let count = 0;
  for (let i = 0; i < runs; i++) if (isSo()) count++;
  return count / runs;
}
