import { expect, test } from 'vitest';
import { roomForDoubles, roomForInts } from '../../src/netem/flow-arrays.js';

test('arrays grow with the highest entry, by doubling, and keep their values', () => {
  let ints = roomForInts(new Int32Array(0), 3);
  expect(ints.length).toBe(64);
  ints[3] = 7;
  expect(roomForInts(ints, 63)).toBe(ints);
  ints = roomForInts(ints, 64);
  expect([ints.length, ints[3]]).toEqual([128, 7]);
  expect(roomForInts(ints, 524_287).length).toBe(524_288);
  const doubles = roomForDoubles(Float64Array.of(0.5), 1);
  expect([doubles.length, doubles[0]]).toEqual([64, 0.5]);
});
