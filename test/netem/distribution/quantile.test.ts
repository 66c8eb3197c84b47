import { expect, test } from 'vitest';
import { Z_MAX } from '../../../src/netem/distribution/normal.js';
import {
  exactlyOfNormal,
  jitterQuantile,
  ofNormal,
  quantileOf,
} from '../../../src/netem/distribution/quantile.js';
import { Spread } from '../../../src/netem/distribution/spread.js';
import type { Distribution } from '../../../src/rules/rule.js';
import { normalCdf } from '../../support/statistics.js';

const table = (...values: number[]): Distribution => ({ kind: 'table', file: 'x', values });

test('uniform is even from −1 to 1', () => {
  for (const p of [0.001, 0.25, 0.5, 0.9]) {
    expect(jitterQuantile({ kind: 'uniform' }, p)).toBeCloseTo(2 * p - 1, 15);
  }
});

test('pareto is (x − 3/2)·4/3 of x = (1 − p)^(−1/3), without an end', () => {
  const quantile = (p: number) => jitterQuantile({ kind: 'pareto' }, p);
  // 1 − p = 1/8, 1/27, 1/1000: x = 2, 3, 10.
  expect(quantile(7 / 8)).toBeCloseTo(2 / 3, 14);
  expect(quantile(26 / 27)).toBeCloseTo(2, 13);
  expect(quantile(0.999)).toBeCloseTo((8.5 * 4) / 3, 11);
  expect(quantile(2 ** -33)).toBeCloseTo(-2 / 3, 9);
  expect(quantile(1 - 2 ** -33)).toBeCloseTo(((2 ** 11 - 1.5) * 4) / 3, 9);
});

test('paretonormal is a quarter normal and three quarters pareto, of the same probability', () => {
  for (const p of [1e-6, 0.1, 0.5, 0.97, 1 - 1e-6]) {
    const [pareto, normal, both] = (['pareto', 'normal', 'paretonormal'] as const).map((kind) =>
      jitterQuantile({ kind }, p),
    );
    expect(both).toBeCloseTo(0.25 * normal + 0.75 * pareto, 12);
  }
});

test.each([
  // Of the Pareto law with shape 3: mean 3/2, variance 3/4. The sums below stop short of the last tail.
  ['uniform', 1 / Math.sqrt(3)],
  ['normal', 1],
  ['pareto', 2 / Math.sqrt(3)],
  ['paretonormal', 1.0518],
] as const)('%s has the mean 0 and the deviation %d', (kind, deviation) => {
  // Midpoints in ever smaller pieces towards both ends.
  let [mean, square] = [0, 0];
  const x = new Float64Array(1);
  const quantile = quantileOf({ kind });
  for (let exponent = 1; exponent < 45; exponent++) {
    const width = 2 ** -exponent / 2000;
    for (let i = 0; i < 1000; i++) {
      const p = 2 ** -exponent / 2 + (i + 0.5) * width;
      for (const side of [p, 1 - p]) {
        x[0] = side;
        quantile(x);
        mean += x[0] * width;
        square += x[0] * x[0] * width;
      }
    }
  }
  expect(Math.abs(mean)).toBeLessThan(1e-6);
  expect(Math.abs(Math.sqrt(square) / deviation - 1)).toBeLessThan(1e-4);
});

test('between the values of a table the law is even, beyond them there is nothing', () => {
  const law = table(-1, 0, 4);
  const at = (p: number) => jitterQuantile(law, p);
  expect([1 / 6, 3 / 6, 5 / 6].map(at).map((v) => Math.round(v * 1e12) / 1e12)).toEqual([-1, 0, 4]);
  expect(at(2 / 6)).toBeCloseTo(-0.5, 12);
  expect(at(4 / 6)).toBeCloseTo(2, 12);
  expect([at(1e-9), at(1 - 1e-9)]).toEqual([-1, 4]);
  expect([at(0.2), at(0.9)].every((v) => v >= -1 && v <= 4)).toBe(true);
  expect([0.001, 0.5, 0.999].map((p) => jitterQuantile(table(7), p))).toEqual([7, 7, 7]);
  let mean = 0;
  for (let i = 0; i < 60_000; i++) mean += at((i + 0.5) / 60_000) / 60_000;
  expect(mean).toBeCloseTo(1, 6);
});

test.each(['uniform', 'pareto', 'paretonormal'] as const)(
  'the tabulated %s of a normal variable is the quantile of its probability',
  (kind) => {
    const [quick, exact] = [ofNormal({ kind }), exactlyOfNormal({ kind })];
    const [x, y] = [new Float64Array(1), new Float64Array(1)];
    let worst = 0;
    for (let i = 0; i <= 50_000; i++) {
      x[0] = Z_MAX * (i / 25_000 - 1);
      y[0] = x[0];
      quick(x);
      exact(y);
      worst = Math.max(worst, Math.abs(x[0] - y[0]) / (1 + Math.abs(y[0])));
    }
    expect(worst).toBeLessThan(1e-8);
    // And the exact one is what it says, where the probability itself is exact enough to compare.
    for (const z of [-5, -1.5, 0, 0.7, 3]) {
      y[0] = z;
      exact(y);
      const value = jitterQuantile({ kind }, normalCdf(z));
      expect(Math.abs(y[0] - value)).toBeLessThan(1e-9 * (1 + Math.abs(value)));
    }
  },
);

test('spreads are in whole nanoseconds; of a uniform one both ends are as likely as the rest', () => {
  const x = new Float64Array(1);
  const counts = new Map<number, number>();
  const uniform = new Spread({ kind: 'uniform' }, 2);
  for (let i = 0; i < 5000; i++) {
    x[0] = Math.floor(((i + 0.5) * 2 ** 32) / 5000);
    uniform.ofDraw(x);
    counts.set(x[0] + 0, (counts.get(x[0] + 0) ?? 0) + 1);
  }
  expect([...counts]).toEqual([-2, -1, 0, 1, 2].map((ns) => [ns, 1000]));
  for (const [draw, ns] of [
    [0, -1e15],
    [2 ** 32 - 1, 1e15],
  ]) {
    x[0] = draw;
    new Spread({ kind: 'uniform' }, 1e15).ofDraw(x);
    expect(Math.abs(x[0] - ns)).toBeLessThanOrEqual(1e15 / 2 ** 31);
  }
  x[0] = Z_MAX;
  new Spread({ kind: 'normal' }, 1e6).ofNormal(x);
  expect(x[0]).toBe(6_337_958);
});
