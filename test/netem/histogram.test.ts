import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from '../../src/netem/histogram.js';

/** Durations of every magnitude from 0 to 2^53 − 1. */
const duration = fc
  .tuple(
    fc.integer({ min: 0, max: 53 }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  )
  .map(([bits, fraction]) => Math.floor(fraction * 2 ** bits));

test('quantiles are those of the sorted samples, at most 1 % above', () => {
  const quantile = fc.constantFrom(0, 0.01, 0.5, 0.9, 0.99, 0.999, 1);
  fc.assert(
    fc.property(
      fc.array(duration, { minLength: 1, maxLength: 500, size: 'max' }),
      quantile,
      (samples, q) => {
        const histogram = new Histogram();
        for (const sample of samples) histogram.record(sample);
        samples.sort((a, b) => a - b);
        const exact = samples[Math.max(1, Math.ceil(q * samples.length)) - 1];
        expect(histogram.quantile(q)).toBeGreaterThanOrEqual(exact);
        expect(histogram.quantile(q)).toBeLessThanOrEqual(exact * 1.01);
        expect(histogram.count).toBe(samples.length);
        expect(histogram.max).toBe(samples[samples.length - 1]);
      },
    ),
    { seed: 1, numRuns: 200 },
  );
});

test('a quantile is the largest whole number of its bucket', () => {
  const histogram = new Histogram();
  for (const value of [127, 128, 256, 513, 2 ** 40, 2 ** 41]) histogram.record(value);
  const quantiles = [1, 2, 3, 4, 5].map((rank) => histogram.quantile(rank / 6));
  expect(quantiles).toEqual([127, 128, 257, 515, 2 ** 40 + 2 ** 33 - 1]);
});

test('every power of two, and what is next to it, is at most 1 % off', () => {
  for (let bits = 0; bits <= 53; bits++) {
    for (const value of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]) {
      if (value > Number.MAX_SAFE_INTEGER) continue;
      const histogram = new Histogram();
      histogram.record(value);
      histogram.record(Number.MAX_SAFE_INTEGER); // Else the maximum alone would give the answer.
      expect(histogram.quantile(0.5)).toBeGreaterThanOrEqual(value);
      expect(histogram.quantile(0.5)).toBeLessThanOrEqual(value * 1.01);
    }
  }
});

test('an empty histogram says 0', () => {
  const histogram = new Histogram();
  expect([histogram.count, histogram.max, histogram.quantile(0.99)]).toEqual([0, 0, 0]);
});

test('negative durations count as 0', () => {
  const histogram = new Histogram();
  histogram.record(-5);
  expect([histogram.count, histogram.max, histogram.quantile(0.5)]).toEqual([1, 0, 0]);
});

test('another histogram over the same buffer sees the same', () => {
  const writer = new Histogram();
  const reader = new Histogram(writer.buffer);
  for (let i = 1; i <= 100; i++) writer.record(i);
  expect([reader.count, reader.max, reader.quantile(0.5)]).toEqual([100, 100, 50]);
});

test('a copy stands still while the original goes on', () => {
  const histogram = new Histogram();
  histogram.record(1_000);
  const copy = histogram.copy();
  histogram.record(5_000_000);
  expect([copy.count, copy.max]).toEqual([1, 1_000]);
  expect([histogram.count, histogram.max]).toEqual([2, 5_000_000]);
});
