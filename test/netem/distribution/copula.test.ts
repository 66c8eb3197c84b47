/** Against the double integral by which the correlation of two such values is defined. */
import { expect, test } from 'vitest';
import { normalCorrelation } from '../../../src/netem/distribution/copula.js';
import { Z_MAX } from '../../../src/netem/distribution/normal.js';
import { ofNormal } from '../../../src/netem/distribution/quantile.js';
import type { Distribution } from '../../../src/rules/rule.js';

const CORRELATIONS = [0.1, 0.25, 0.5, 0.9];
const STEPS = 600;
const REACH = 8;

/** The correlation of g(z) and g(z') when z and z' have the correlation `rho`. */
function correlationOf(distribution: Distribution, rho: number): number {
  const transform = ofNormal(distribution);
  const x = new Float64Array(1);
  const value = (z: number) => {
    x[0] = Math.max(-Z_MAX, Math.min(Z_MAX, z));
    transform(x);
    return x[0];
  };
  const places = Array.from({ length: STEPS + 1 }, (_, i) => REACH * ((2 * i) / STEPS - 1));
  const weights = places.map(
    (z) => ((Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * 2 * REACH) / STEPS,
  );
  let [mean, square, product] = [0, 0, 0];
  places.forEach((z, i) => {
    const first = value(z);
    let second = 0;
    places.forEach((other, j) => {
      second += weights[j] * value(rho * z + Math.sqrt(1 - rho * rho) * other);
    });
    mean += weights[i] * first;
    square += weights[i] * first * first;
    product += weights[i] * first * second;
  });
  return (product - mean * mean) / (square - mean * mean);
}

const table = (...values: number[]): Distribution => ({ kind: 'table', file: 'x', values });

test.each<[string, Distribution, number]>([
  ['uniform', { kind: 'uniform' }, 1e-6],
  ['normal', { kind: 'normal' }, 1e-6],
  ['pareto', { kind: 'pareto' }, 1e-5],
  ['paretonormal', { kind: 'paretonormal' }, 1e-5],
  ['a lopsided table', table(-1, 0, 0.1, 0.2, 5), 1e-3],
  // Nearly a step, which takes infinitely many polynomials.
  ['a table of two clusters', table(...Array(50).fill(-1), ...Array(50).fill(1)), 1e-2],
])('values of %s get the correlation that was asked for', (_name, distribution, tolerance) => {
  for (const correlation of CORRELATIONS) {
    const rho = normalCorrelation(distribution, correlation);
    expect(Math.abs(correlationOf(distribution, rho) - correlation)).toBeLessThan(tolerance);
  }
});

test('none is none, all is all, and more is more', () => {
  for (const distribution of [{ kind: 'pareto' }, table(3), table(1, 2, 9)] as Distribution[]) {
    expect(normalCorrelation(distribution, 0)).toBe(0);
    expect(normalCorrelation(distribution, 1)).toBe(1);
    let last = 0;
    for (const correlation of [0.01, 0.3, 0.6, 0.95, 0.999]) {
      const rho = normalCorrelation(distribution, correlation);
      expect(rho).toBeGreaterThanOrEqual(correlation - 1e-12);
      expect(rho).toBeGreaterThan(last);
      expect(rho).toBeLessThan(1);
      last = rho;
    }
  }
});
