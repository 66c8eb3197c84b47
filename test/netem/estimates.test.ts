/** Intervals from sums and histograms: how often they cover what is behind the samples. */
import { expect, test } from 'vitest';
import { meanInterval, quantileInterval, sdInterval } from '../../src/netem/estimates.js';
import { Histogram } from '../../src/netem/histogram.js';
import { Stream } from '../../src/netem/random.js';

const RUNS = 400;
const SAMPLES = 300;

/** Even over 0 … 10 ms: mean 5 ms, standard deviation 10/√12 ms. */
function run(number: number) {
  const stream = new Stream('estimates', 'rule', 'out', String(number));
  const histogram = new Histogram();
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const ns = ((stream.int32(0, i, 0) >>> 0) / 2 ** 32) * 10e6;
    histogram.record(Math.floor(ns));
    sum += ns;
    squares += ns * ns;
  }
  return { histogram, sum, squares };
}

const runs = Array.from({ length: RUNS }, (_, number) => run(number));

function coverage(covers: (each: (typeof runs)[number]) => boolean): number {
  return runs.filter(covers).length / RUNS;
}

const within = (interval: readonly [number, number] | null, value: number) =>
  interval !== null && interval[0] <= value && value <= interval[1];

test('the mean lies in its interval 95 times in a hundred', () => {
  const share = coverage(({ sum, squares }) => within(meanInterval(SAMPLES, sum, squares), 5e6));
  expect(share).toBeGreaterThan(0.92);
  expect(share).toBeLessThan(0.98);
});

test('quantiles lie in theirs at least so often', () => {
  for (const q of [0.5, 0.9]) {
    const share = coverage(({ histogram }) =>
      within(quantileInterval(histogram, SAMPLES, q), q * 10e6),
    );
    expect(share).toBeGreaterThan(0.93);
    expect(share).toBeLessThan(1);
  }
});

test('the deviation lies in its own: more often here, as nothing is far out', () => {
  const share = coverage(({ sum, squares }) => {
    const sd = Math.sqrt(squares / SAMPLES - (sum / SAMPLES) ** 2);
    return within(sdInterval(SAMPLES, sd), 10e6 / Math.sqrt(12));
  });
  expect(share).toBeGreaterThan(0.95);
});

test('one sample tells nothing of the spread; samples that are all alike', () => {
  expect(meanInterval(1, 7, 49)).toBe(null);
  expect(quantileInterval(runs[0].histogram, 10, 0.99)).toBe(null);
  expect(meanInterval(10, 70, 490)).toEqual([7, 7]);
  expect(sdInterval(1, 0)).toBe(null);
});
