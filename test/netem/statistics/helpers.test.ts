/** The tools that the other tests here measure with, against values from tables and closed forms. */
import { expect, test } from 'vitest';
import type { Loss } from '../../../src/rules/rule.js';
import { chainOf } from '../../support/loss-theory.js';
import { lossMoments, stationary } from '../../support/markov.js';
import {
  chiSquare,
  chiSquare2x2,
  gammaUpper,
  kolmogorovSmirnov,
  lag1,
  mean,
  normalCdf,
} from '../../support/statistics.js';

// From the usual tables of quantiles.
test.each([
  [1, 3.841459, 0.05],
  [1, 10.827566, 0.001],
  [10, 18.307038, 0.05],
  [10, 3.940299, 0.95],
  [100, 149.449253, 0.001],
])('chi-square of %d degrees exceeds %d with %d', (degrees, statistic, pValue) => {
  expect(gammaUpper(degrees / 2, statistic / 2)).toBeCloseTo(pValue, 6);
});

test('chi-square adds squared deviations in units of the expected counts', () => {
  const { statistic, degrees, pValue } = chiSquare([10, 20, 30], [20, 20, 20]);
  expect(statistic).toBeCloseTo(10, 12);
  expect(degrees).toBe(2);
  expect(pValue).toBeCloseTo(Math.exp(-5), 12);
});

test('the table of two events, whether they agree or not', () => {
  expect(chiSquare2x2([40, 10, 40, 10])).toEqual({ statistic: 0, degrees: 1, pValue: 1 });
  const { statistic } = chiSquare2x2([50, 0, 0, 50]);
  expect(statistic).toBeCloseTo(100, 10);
});

test('Kolmogorov and Smirnov find a distribution that is not the one expected', () => {
  const n = 1000;
  const even = Array.from({ length: n }, (_, i) => (i + 0.5) / n);
  const uniform = (x: number) => x;
  expect(kolmogorovSmirnov(even, uniform).statistic).toBeCloseTo(0.5 / n, 12);
  expect(kolmogorovSmirnov(even, uniform).pValue).toBe(1);
  // The 5 % point of the limit distribution is 1.3581, for n = 1000 at a distance of 0.04278.
  const shifted = kolmogorovSmirnov(even, (x) => Math.max(0, x - 0.04278 + 0.5 / n));
  expect(shifted.pValue).toBeCloseTo(0.05, 3);
  expect(kolmogorovSmirnov(even, (x) => x * x).pValue).toBeLessThan(1e-12);
});

test('mean, lag-1 autocorrelation and the normal distribution', () => {
  expect(mean([1, 2, 6])).toBe(3);
  expect(lag1([1, -1, 1, -1, 1, -1])).toBeCloseTo(-5 / 6, 12);
  expect(lag1([1, 1, -1, -1])).toBeCloseTo(1 / 4, 12);
  expect(normalCdf(0)).toBeCloseTo(0.5, 12);
  expect(normalCdf(1.959964)).toBeCloseTo(0.975, 7);
  expect(normalCdf(-3.290527)).toBeCloseTo(0.0005, 7);
});

test('the rate of tc-netem(8) for gemodel is that of the chain', () => {
  const [p, r, lossInBad, lossInGood] = [0.02, 0.3, 0.7, 0.01];
  const { transitions, loss } = chainOf({ kind: 'gemodel', p, r, lossInBad, lossInGood });
  const rate = (p * lossInBad + r * lossInGood) / (p + r);
  expect(lossMoments({ transitions, loss }, 1000).mean).toBeCloseTo(rate, 12);
});

test('the rate of tc-netem(8) for the four states is that of the chain', () => {
  const [p13, p31, p32, p23, p14] = [0.02, 0.3, 0.25, 0.4, 0.01];
  const { transitions, loss } = chainOf({ kind: 'state', p13, p31, p32, p23, p14 });
  const pi1 = 1 / (1 + p14 + (p13 / p31) * (1 + p32 / p23));
  const shares = [pi1, (pi1 * p13 * p32) / (p31 * p23), (pi1 * p13) / p31, pi1 * p14];
  for (const [i, share] of stationary(transitions).entries())
    expect(share).toBeCloseTo(shares[i], 12);
  expect(lossMoments({ transitions, loss }, 1000).mean).toBeCloseTo(shares[2] + shares[3], 12);
});

test('a limit of losses in a row lowers the rate to p(1 − pⁿ)/(1 − pⁿ⁺¹)', () => {
  const { transitions, loss } = chainOf({ kind: 'random', probability: 0.3, runMax: 2 });
  const rate = (0.3 * (1 - 0.3 ** 2)) / (1 - 0.3 ** 3);
  expect(lossMoments({ transitions, loss }, 1000).mean).toBeCloseTo(rate, 12);
});

test('the variance of a mean: independent, correlated, and from a start out of equilibrium', () => {
  const n = 1000;
  const independent: Loss = { kind: 'random', probability: 0.2, runMax: null };
  expect(lossMoments(chainOf(independent), n).variance).toBeCloseTo(0.16 / n, 12);
  const c = 0.5;
  const { mean: rate, variance } = lossMoments(
    chainOf({ kind: 'corr', probability: 0.2, correlation: c }),
    n,
  );
  expect(rate).toBeCloseTo(0.2, 12);
  // n(1+c)/(1−c) − 2c(1−cⁿ)/(1−c)² times the variance of one, over n².
  const inflated = (n * (1 + c)) / (1 - c) - (2 * c * (1 - c ** n)) / (1 - c) ** 2;
  expect(variance).toBeCloseTo((0.16 * inflated) / n ** 2, 12);
  // Two packets of a gemodel that is good first, bad second.
  const { transitions, start, loss } = chainOf({
    kind: 'gemodel',
    p: 1,
    r: 0.5,
    lossInBad: 1,
    lossInGood: 0,
  });
  expect(lossMoments({ transitions, loss, ...(start && { start }) }, 2).mean).toBeCloseTo(0.5, 12);
});
