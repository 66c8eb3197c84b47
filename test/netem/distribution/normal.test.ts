import { expect, test } from 'vitest';
import {
  DRAWS,
  normalOfDraw,
  normalProbability,
  normalQuantile,
  type Transform,
  Z_MAX,
} from '../../../src/netem/distribution/normal.js';
import { gammaUpper } from '../../support/statistics.js';

function of(transform: Transform, value: number): number {
  const x = Float64Array.of(value);
  transform(x);
  return x[0];
}

/** P(Z > z), z > 0, by another method: the incomplete gamma function. */
const above = (z: number) => 0.5 * gammaUpper(0.5, (z * z) / 2);

test.each([
  // Published values: tables of Φ, and the quantiles of common intervals.
  [0.5, 0],
  [0.75, 0.6744897501960817],
  [0.9, 1.2815515655446004],
  [0.975, 1.959963984540054],
  [0.995, 2.5758293035489004],
  [0.9995, 3.2905267314919255],
  [1e-5, -4.264890793922825],
  [1e-9, -5.997807015007687],
])('the quantile of %d is %d', (p, z) => {
  expect(of(normalQuantile, p)).toBeCloseTo(z, 13);
});

test('quantiles are right from the middle to the outermost draws, on both sides', () => {
  let worst = 0;
  for (let exponent = -33; exponent <= -1; exponent += 1 / 16) {
    const p = 2 ** exponent;
    const z = -of(normalQuantile, p);
    if (z > 1e-9) worst = Math.max(worst, Math.abs(above(z) / p - 1));
    // 1 − p is rounded to 2^-53, which moves a quantile by that over the density there.
    const slack = 2 ** -53 / Math.exp((-z * z) / 2);
    expect(Math.abs(of(normalQuantile, 1 - p) - z)).toBeLessThan(4 * slack + 1e-12);
  }
  // The relative error of the probability is at least that of the quantile.
  expect(worst).toBeLessThan(1e-12);
});

test('quantiles rise, also where the pieces of the approximation meet', () => {
  for (const seam of [0.075, 0.925]) {
    for (let i = -100; i < 100; i++) {
      const p = seam + i * 1e-9;
      expect(of(normalQuantile, p + 1e-9)).toBeGreaterThan(of(normalQuantile, p));
    }
  }
});

test('probabilities are right to the last tail, and are what quantiles invert', () => {
  for (let z = 0; z < Z_MAX; z += 1 / 128) {
    const below = of(normalProbability, -z);
    expect(Math.abs(below / above(z) - 1)).toBeLessThan(1e-8);
    expect(of(normalProbability, z)).toBeCloseTo(1 - above(z), 14);
    expect(of(normalQuantile, below)).toBeCloseTo(-z, 9);
  }
});

test('draws reach as far as Z_MAX, evenly on both sides', () => {
  expect(of(normalOfDraw, 0)).toBe(-Z_MAX);
  expect(of(normalOfDraw, DRAWS - 1)).toBe(Z_MAX);
  expect(of(normalOfDraw, 2 ** 31)).toBeCloseTo(0, 9);
  expect(of(normalOfDraw, 2 ** 31 - 1)).toBe(-of(normalOfDraw, 2 ** 31));
});
