/**
 * Whether the draws are good enough. The bounds below are at most 1 in 10^4 each for true randomness,
 * and the seed is fixed, so a failure means the generator changed.
 *
 * Once by hand, with dieharder 3.31.1 (-g 200) fed with the draws of 1,000 flows taking turns: 79
 * results of `-a` (diehard, sts, rgb up to lagged sums of lag 4) and, on another stream, rgb_kstest and all
 * dab tests. None FAILED. Three were WEAK (sts_serial 3, rgb_bitdist 5, rgb_lagged_sum 2) and passed on the
 * other stream; sts_serial is WEAK as often on /dev/urandom (8 of 420 results, here 6 of 420).
 */
import { expect, test } from 'vitest';
import { Stream, threefry2x32 } from '../../src/netem/random.js';

const DRAWS = 1_000_000;

test.each([
  // From the known-answer tests of Random123, the reference implementation: key, counter, result.
  [0, 0, 0, 0, 0x6b200159],
  [-1, -1, -1, -1, 0x1cb996fc],
  [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c],
])('is Threefry-2x32-20: key %d %d, counter %d %d', (key0, key1, counter0, counter1, result) => {
  expect(threefry2x32(key0, key1, counter0, counter1) >>> 0).toBe(result);
});

test('the first draws of a seed never change', () => {
  const stream = new Stream('42', 'udp:53', 'out', 'loss');
  const draws = [1, 2, 3, 4].map((ordinal) => stream.int32(0, ordinal, 0) >>> 0);
  expect(draws).toMatchInlineSnapshot(`
    [
      199294132,
      1762160482,
      3379123599,
      494052543,
    ]
  `);
  expect(stream.int32(1, 1, 0) >>> 0).toMatchInlineSnapshot(`3076700123`);
  expect(stream.int32(0, 1, 1) >>> 0).toMatchInlineSnapshot(`1480188946`);
});

/** Sequences that must each look random by itself: what runs, and what stands still. */
const sequences: [string, () => Float64Array][] = [
  ['the packets of a flow', () => sequence((i) => base.int32(0, i + 1, 0))],
  ['the first packets of flows', () => sequence((i) => base.int32(i, 1, 0))],
  ['packets beyond the 2^32nd', () => sequence((i) => base.int32(7, i, 3))],
  ['a thousand flows taking turns', () => sequence((i) => base.int32(i % 1000, (i / 1000) | 0, 0))],
  ['the same packet under many keys', () => sequence((i) => threefry2x32(i, 0, 1, 0))],
];
const base = new Stream('1', 'any', 'out', 'loss');

test.each(sequences)('%s: every byte is uniform (chi-square)', (_name, draw) => {
  const values = draw();
  for (let shift = 0; shift < 32; shift += 8) {
    const counts = new Float64Array(256);
    for (const value of values) counts[(value >>> shift) & 0xff]++;
    expectUniform(counts);
  }
});

test.each(sequences)('%s: no serial correlation up to lag 64', (_name, draw) => {
  const values = draw();
  for (let lag = 1; lag <= 64; lag++) {
    expectNoCorrelation(values.subarray(0, DRAWS - lag), values.subarray(lag));
  }
});

test.each(sequences)('%s: as many runs as chance makes, for every bit', (_name, draw) => {
  const values = draw();
  for (let bit = 0; bit < 32; bit++) {
    let ones = 0;
    let changes = 0;
    for (let i = 0; i < DRAWS; i++) {
      ones += (values[i] >>> bit) & 1;
      if (i > 0) changes += ((values[i] ^ values[i - 1]) >>> bit) & 1;
    }
    expectFair(ones, DRAWS);
    expectFair(changes, DRAWS - 1);
  }
});

test('flipping any bit of flow, ordinal or key flips every bit of the draw half of the time', () => {
  const TRIALS = 20_000;
  for (let input = 0; input < 5; input++) {
    for (let bit = 0; bit < 32; bit++) {
      const flips = new Float64Array(32);
      for (let trial = 0; trial < TRIALS; trial++) {
        // Counters as they occur: small flow numbers and ordinals under some key.
        const words = [base.int32(trial, 0, 1), base.int32(trial, 0, 2), trial % 997, trial % 89];
        const at = Math.min(input, 3);
        const before = threefry2x32(words[0], words[1], words[2], words[3]);
        words[at] ^= 1 << bit;
        if (input === 4) words[1] ^= 1 << (31 - bit);
        const difference = before ^ threefry2x32(words[0], words[1], words[2], words[3]);
        for (let out = 0; out < 32; out++) flips[out] += (difference >>> out) & 1;
      }
      for (const count of flips) expectFair(count, TRIALS);
    }
  }
});

const neighbours: [string, (i: number) => number, (i: number) => number][] = [
  ['directions', along(['1', 'any', 'out', 'loss']), along(['1', 'any', 'in', 'loss'])],
  ['stages', along(['1', 'any', 'out', 'loss']), along(['1', 'any', 'out', 'jitter'])],
  ['rules', along(['1', 'udp:53', 'out', 'loss']), along(['1', 'udp:53#2', 'out', 'loss'])],
  ['seeds', along(['1', 'any', 'out', 'loss']), along(['2', 'any', 'out', 'loss'])],
  ['flows', (i) => base.int32(3, i, 0), (i) => base.int32(4, i, 0)],
  ['ordinals of flows', (i) => base.int32(i, 3, 0), (i) => base.int32(i, 4, 0)],
  ['flow and ordinal swapped', (i) => base.int32(3, i, 0), (i) => base.int32(i, 3, 0)],
];

test.each(neighbours)('neighbouring %s are independent', (_name, left, right) => {
  const a = sequence(left);
  const b = sequence(right);
  expectNoCorrelation(a, b);
  // Jointly uniform, by their upper four bits and by their lower four.
  for (const shift of [28, 0]) {
    const counts = new Float64Array(256);
    for (let i = 0; i < DRAWS; i++) {
      counts[((a[i] >>> shift) & 15) * 16 + ((b[i] >>> shift) & 15)]++;
    }
    expectUniform(counts);
  }
});

test('parts of a stream name do not run into each other', () => {
  const one = new Stream('1', 'a', 'b', 'c');
  const other = new Stream('1', 'ab', '', 'c');
  expect(one.int32(0, 1, 0)).not.toBe(other.int32(0, 1, 0));
});

function along(name: [string, string, string, string]): (i: number) => number {
  const stream = new Stream(...name);
  return (i) => stream.int32(0, i, 0);
}

/** Draws as numbers from 0 to 2^32 − 1. */
function sequence(draw: (i: number) => number): Float64Array {
  const values = new Float64Array(DRAWS);
  for (let i = 0; i < DRAWS; i++) values[i] = draw(i) >>> 0;
  return values;
}

/** Chi-square with many degrees of freedom is close to normal: at most 4 deviations. */
function expectUniform(counts: Float64Array): void {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const expected = total / counts.length;
  let chiSquare = 0;
  for (const count of counts) chiSquare += (count - expected) ** 2 / expected;
  const freedom = counts.length - 1;
  expect(Math.abs(chiSquare - freedom) / Math.sqrt(2 * freedom)).toBeLessThan(4);
}

/** With `n` pairs the correlation of independent values has a standard deviation of 1/√n. */
function expectNoCorrelation(a: Float64Array, b: Float64Array): void {
  const middle = 2 ** 31;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - middle) * (b[i] - middle);
  const correlation = sum / a.length / (2 ** 64 / 12);
  expect(Math.abs(correlation) * Math.sqrt(a.length)).toBeLessThan(4.5);
}

function expectFair(count: number, trials: number): void {
  // Thousands of bits are looked at: 5.5 deviations, 4 in 10^8 each.
  expect(Math.abs(count - trials / 2) / Math.sqrt(trials / 4)).toBeLessThan(5.5);
}
