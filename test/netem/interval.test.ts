import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binomialInterval, clopperPearson } from '../../src/netem/interval.js';

// The first five are what R 4's binom.test prints; all were computed anew with exact sums of 60 digits.
test.each([
  [5, 100, 0.95, 0.016431879182052158, 0.11283491110546276],
  [0, 10, 0.95, 0, 0.30849710781876083],
  [10, 10, 0.95, 0.6915028921812392, 1],
  [682, 925, 0.95, 0.707668264079039, 0.7654065582415253],
  [1, 10, 0.95, 0.0025285785444617843, 0.44501611702819543],
  [3, 1000, 0.999, 0.00014984252803814014, 0.013858069267406337],
  [97, 2000, 0.99, 0.03696496228193158, 0.062238660564205024],
  [1, 1, 0.95, 0.025, 1],
])('the Clopper-Pearson interval of %d in %d at %d', (k, n, confidence, lo, hi) => {
  const [ourLo, ourHi] = clopperPearson(k, n, confidence);
  expect(ourLo).toBeCloseTo(lo, 12);
  expect(ourHi).toBeCloseTo(hi, 12);
});

test('no trials say nothing', () => {
  expect(clopperPearson(0, 0, 0.95)).toEqual([0, 1]);
});

// Computed with exact sums (the last three: by exact recursion over 24 standard deviations).
test.each([
  [100, 0.5, 0.95, 40, 60],
  [1000, 0.005, 0.999, 0, 14],
  [2000, 0.2, 0.999, 342, 460],
  [10, 0.9, 0.95, 7, 10],
  [20_000, 0.2, 0.999, 3815, 4187],
  [10_000_000, 0.005, 0.999, 49_268, 50_736],
  [1_000_000_000, 0.00001, 0.95, 9804, 10_196],
  [1_000_000_000, 0.005, 0.999, 4_992_662, 5_007_341],
])('the binomial interval of %d trials of %d at %d', (n, p, confidence, lo, hi) => {
  expect(binomialInterval(n, p, confidence)).toEqual([lo, hi]);
});

test('certain outcomes have no width', () => {
  expect(binomialInterval(1000, 0, 0.999)).toEqual([0, 0]);
  expect(binomialInterval(1000, 1, 0.999)).toEqual([1000, 1000]);
});

test('the two intervals agree: p covers k exactly when k lies in the interval of p', () => {
  const trial = fc.integer({ min: 1, max: 100_000 }).chain((n) =>
    fc.record({
      n: fc.constant(n),
      k: fc.integer({ min: 0, max: n }),
      sigmas: fc.double({ min: -6, max: 6, noNaN: true }),
      confidence: fc.constantFrom(0.9, 0.95, 0.999),
    }),
  );
  fc.assert(
    fc.property(trial, ({ n, k, sigmas, confidence }) => {
      const p = k / n + sigmas * Math.sqrt(((k + 1) / n) * (1 - k / (n + 1)) * (1 / n));
      if (p <= 0 || p >= 1) return;
      const [lo, hi] = clopperPearson(k, n, confidence);
      const [kLo, kHi] = binomialInterval(n, p, confidence);
      if (Math.abs(p - lo) < 1e-9 || Math.abs(p - hi) < 1e-9) return;
      expect(lo < p && p < hi).toBe(kLo <= k && k <= kHi);
    }),
    { seed: 1, numRuns: 300 },
  );
});
