import { expect, test } from 'vitest';
import { Crandom, NetemChance, u32OfShare } from '../../../src/netem/compat/crandom.js';
import { Judgement } from '../../../src/netem/stages/stage.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';
import { lag1, mean } from '../../support/statistics.js';

/** The numbers of packets 1 … count, unsigned. */
function numbers(correlation: number, count: number, kit = fakeKit()): Float64Array {
  const random = new Crandom(correlation, kit, 'x');
  const packet = new Judgement();
  return Float64Array.from({ length: count }, (_, i) => {
    nextPacket(packet, 0, i + 1);
    return random.next(packet) >>> 0;
  });
}

test('shares are of 2^32 − 1, as in tc', () => {
  expect([0, 0.1, 0.5, 1].map(u32OfShare)).toEqual([0, 429_496_730, 2_147_483_648, 2 ** 32 - 1]);
});

test.each([1e-9, 0.001, 0.25, 0.5, 0.9, 0.9999999, 1])('is exact in 64 bits: %d', (correlation) => {
  const stream = fakeKit().stream('x');
  const rho = BigInt(u32OfShare(correlation)) + 1n;
  let last = BigInt(stream.int32(0, 0, 0) >>> 0);
  const expected = Array.from({ length: 3000 }, (_, i) => {
    const value = BigInt(stream.int32(0, i + 1, 0) >>> 0);
    last = (value * ((1n << 32n) - rho) + last * rho) >> 32n;
    return Number(last);
  });
  expect([...numbers(correlation, 3000)]).toEqual(expected);
});

test('without correlation, or with one that rounds to none, numbers are the draws', () => {
  const stream = fakeKit().stream('x');
  const draws = Array.from({ length: 100 }, (_, i) => stream.int32(0, i + 1, 0) >>> 0);
  expect([...numbers(0, 100)]).toEqual(draws);
  expect([...numbers(1e-10, 100)]).toEqual(draws);
});

test.each([0.25, 0.5, 0.75])(
  'a correlation of %d is real, and shrinks the variance',
  (correlation) => {
    const values = numbers(correlation, 100_000).map((value) => value / 2 ** 32 - 0.5);
    expect(Math.abs(lag1(values) - correlation)).toBeLessThan(0.015);
    const variance = mean(values.map((value) => value * value));
    const expected = (1 - correlation) / (1 + correlation) / 12;
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.03);
  },
);

test('the last number outlives a change of values', () => {
  const kit = fakeKit();
  const expected = numbers(0.9, 20, fakeKit());
  numbers(0.9, 10, kit);
  const packet = new Judgement();
  nextPacket(packet, 0, 11);
  expect(new Crandom(0.9, kit.successor(), 'x').next(packet) >>> 0).toBe(expected[10]);
});

test('what happens is what the threshold is not below', () => {
  const packet = new Judgement();
  const stream = fakeKit().stream('x');
  nextPacket(packet, 0, 1);
  const draw = stream.int32(0, 1, 0) >>> 0;
  const happens = (threshold: number) => {
    const probability = threshold / (2 ** 32 - 1);
    return new NetemChance({ probability, correlation: 0 }, fakeKit(), 'x').happens(packet);
  };
  expect([draw - 1, draw, draw + 1].map(happens)).toEqual([false, true, true]);
  expect([0, 2 ** 32 - 1].map(happens)).toEqual([false, true]);
});
