/** The tests of the comparison against tables of distributions, and against samples that they must tell apart. */
import { describe, expect, test } from 'vitest';
import {
  chiSquareTail,
  compareDistributions,
  compareHistograms,
  compareShares,
  designEffect,
  effectiveCount,
  kolmogorovTail,
  normalTail,
} from './hypothesis.js';

describe('tails', () => {
  test('are those of the tables', () => {
    expect(normalTail(0)).toBe(0.5);
    expect(normalTail(1.959963985)).toBeCloseTo(0.025, 9);
    expect(normalTail(3.290526731)).toBeCloseTo(0.0005, 9);
    expect(chiSquareTail(3.841458821, 1)).toBeCloseTo(0.05, 9);
    expect(chiSquareTail(18.307038053, 10)).toBeCloseTo(0.05, 9);
    expect(chiSquareTail(2.557, 10)).toBeCloseTo(0.99, 4);
    expect(chiSquareTail(149.449, 100)).toBeCloseTo(0.001, 5);
    expect(chiSquareTail(0, 3)).toBe(1);
    expect(kolmogorovTail(1.3581)).toBeCloseTo(0.05, 4);
    expect(kolmogorovTail(1.6276)).toBeCloseTo(0.01, 4);
    expect(kolmogorovTail(0.1)).toBe(1);
  });
});

describe('shares', () => {
  test('of independent events are compared by the textbook’s z', () => {
    const { statistic, p } = compareShares(ones(30, 1000), ones(50, 1000));
    expect(statistic).toBeCloseTo(-2.2822, 4);
    expect(p).toBeCloseTo(0.02248, 4);
  });

  test('that are both nothing, or both all, are the same', () => {
    expect(compareShares(ones(0, 100), ones(0, 200)).p).toBe(1);
    expect(compareShares(ones(100, 100), ones(200, 200)).p).toBe(1);
  });

  test('of the same chain differ by chance only, although its events come in runs', () => {
    const random = randomNumbers(7);
    const pairs = Array.from({ length: 200 }, () => {
      return compareShares(chain(random, 0.01, 0.1), chain(random, 0.01, 0.1)).p;
    });
    // 10 of 200 are expected below 5 %; without the design effect it is more than half of them.
    const below = pairs.filter((p) => p < 0.05).length;
    expect(below).toBeGreaterThan(2);
    expect(below).toBeLessThan(24);
    const other = compareShares(chain(random, 0.01, 0.1), chain(random, 0.02, 0.1));
    expect(other.p).toBeLessThan(1e-4);
  });

  test('know how much more runs vary', () => {
    const random = randomNumbers(3);
    const independent = Uint8Array.from({ length: 50_000 }, () => (random() < 0.1 ? 1 : 0));
    expect(designEffect(independent)).toBeLessThan(1.5);
    // (1 + ρ)/(1 − ρ) with ρ = 1 − 0.01 − 0.1 is 17.2 for long batches.
    const effect = designEffect(chain(random, 0.01, 0.1));
    expect(effect).toBeGreaterThan(11);
    expect(effect).toBeLessThan(24);
  });
});

describe('histograms', () => {
  test('are compared by chi-square', () => {
    const { statistic, p } = compareHistograms([10, 20], [20, 10]);
    expect(statistic).toBeCloseTo(6.6667, 4);
    expect(p).toBeCloseTo(0.009823, 5);
  });

  test('join what is too rare, also at the end', () => {
    expect(compareHistograms([0, 10, 20, 0, 0], [0, 20, 10, 0, 0]).statistic).toBeCloseTo(
      6.6667,
      4,
    );
    expect(compareHistograms([10, 17, 1, 2], [20, 8, 1, 1]).statistic).toBeCloseTo(6.6667, 4);
  });

  test('in one cell, or empty, say nothing', () => {
    expect(compareHistograms([0, 100], [0, 80]).p).toBe(1);
    expect(compareHistograms([], [0, 80]).p).toBe(1);
  });
});

describe('distributions', () => {
  test('are compared by the largest distance, ties included', () => {
    const a = Float64Array.of(1, 2, 2, 3);
    expect(compareDistributions(a, a).statistic).toBe(0);
    expect(compareDistributions(a, Float64Array.of(2, 2, 2, 4)).statistic).toBe(0.25);
    expect(compareDistributions(a, Float64Array.of(5, 6)).statistic).toBe(1);
  });

  test('that are the same differ by chance only, and a small shift is seen', () => {
    const random = randomNumbers(11);
    const sample = (shift: number) =>
      Float64Array.from({ length: 5_000 }, () => random() + shift).sort();
    const ps = Array.from({ length: 200 }, () => compareDistributions(sample(0), sample(0)).p);
    const below = ps.filter((p) => p < 0.05).length;
    expect(below).toBeGreaterThan(2);
    expect(below).toBeLessThan(24);
    expect(compareDistributions(sample(0), sample(0.06)).p).toBeLessThan(1e-4);
  });

  test('of values that depend on each other count for fewer', () => {
    expect(effectiveCount(1000, 0)).toBe(1000);
    expect(effectiveCount(1000, -0.2)).toBe(1000);
    expect(effectiveCount(1900, 0.9)).toBeCloseTo(100, 9);
    expect(effectiveCount(1000, 1)).toBe(1);
    const [a, b] = [Float64Array.of(1, 2, 3), Float64Array.of(2, 3, 4)];
    const few = compareDistributions(a, b, 10, 10).p;
    expect(compareDistributions(a, b, 100, 100).p).toBeLessThan(few);
  });
});

function ones(count: number, of: number): Uint8Array {
  return new Uint8Array(of).fill(1, 0, count);
}

/** 50,000 events of two states: 0 turns to 1 with probability p, 1 to 0 with r. */
function chain(random: () => number, p: number, r: number): Uint8Array {
  const events = new Uint8Array(50_000);
  let state = random() < p / (p + r) ? 1 : 0;
  for (let i = 0; i < events.length; i++) {
    events[i] = state;
    if (random() < (state === 0 ? p : r)) state = 1 - state;
  }
  return events;
}

/** xorshift32, uniform in [0, 1). */
function randomNumbers(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 2 ** 32;
  };
}
