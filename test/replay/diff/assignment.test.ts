/** Which of several identical packets is which: in order, and by the times that fit best. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Assignment, assign } from '../../../src/replay/diff/assignment.js';

/** Sent and arrived at these times, where the usual delay is 10. */
function assignTimes(sent: readonly number[], arrived: readonly number[]): Assignment {
  return assign(sent.length, arrived.length, (i, j) => Math.abs(arrived[j]! - sent[i]! - 10));
}

test.each<[number[], number[], number[], number[]]>([
  [[0], [10], [0], [-1]],
  [
    [0, 100],
    [9, 112],
    [0, 1],
    [-1, -1],
  ],
  [[0, 100], [111], [-1, 0], [-1]],
  [[0, 100], [12], [0, -1], [-1]],
  [
    [0, 100, 200, 300],
    [111, 309],
    [-1, 0, -1, 1],
    [-1, -1],
  ],
  [[0], [10, 11], [0], [-1, 0]],
  [
    [0, 100],
    [10, 12, 110],
    [0, 2],
    [-1, 0, -1],
  ],
  [
    [0, 100],
    [10, 110, 112],
    [0, 1],
    [-1, -1, 1],
  ],
  [[], [5], [], [-1]],
  [[5], [], [-1], []],
])('sent at %j, arrived at %j', (sent, arrived, arrivals, copyOf) => {
  expect(assignTimes(sent, arrived)).toEqual({ arrivals, copyOf });
});

test('where times cannot be right, some are lost and others are copies', () => {
  const bounded = (sent: readonly number[], arrived: readonly number[]) =>
    assign(sent.length, arrived.length, (i, j) => Math.abs(arrived[j]! - sent[i]! - 10), 50);
  expect(bounded([0, 1_000], [10, 12])).toEqual({ arrivals: [0, -1], copyOf: [-1, 0] });
  expect(bounded([0, 1_000], [1_010, 1_012])).toEqual({ arrivals: [-1, 0], copyOf: [-1, 1] });
  expect(bounded([0, 1_000, 2_000], [10, 12, 2_010])).toEqual({
    arrivals: [0, -1, 2],
    copyOf: [-1, 0, -1],
  });
  // Late, but what else could it be?
  expect(bounded([0, 1_000], [200, 1_010])).toEqual({ arrivals: [0, 1], copyOf: [-1, -1] });
});

const times = fc.array(fc.nat(1_000), { maxLength: 12 }).map((list) => list.sort((a, b) => a - b));

test('as few are lost and copied as possible, and the order is kept', () => {
  const property = fc.property(times, times, (sent, arrived) => {
    const { arrivals, copyOf } = assignTimes(sent, arrived);
    const found = arrivals.filter((j) => j >= 0);
    expect(found).toHaveLength(Math.min(sent.length, arrived.length));
    expect(found).toEqual(found.toSorted((a, b) => a - b));
    expect(new Set(found).size).toBe(found.length);
    copyOf.forEach((i, j) => {
      const isOriginal = found.includes(j);
      expect(i >= 0).toBe(!isOriginal && sent.length > 0);
      if (i >= 0) expect(arrivals[i]).toBeLessThan(j);
    });
  });
  fc.assert(property, { seed: 1 });
});
