/**
 * Whether two columns of samples differ by more than chance, and which way. Pairs (samples that met the same
 * draws) are compared with each other, which finds much smaller differences; without them the columns are.
 */
import { fisher, mcnemar, rankSum, signedRank } from '../statistics/tests.js';
import type { Pairs } from './samples.js';
import { present } from './samples.js';

export interface DifferenceTest {
  /** Of "no difference", two-sided. */
  readonly pValue: number;
  /** Such as `McNemar, paired`. */
  readonly test: string;
  /** 1: the second column tends to be larger, −1: smaller, 0: neither. */
  readonly direction: -1 | 0 | 1;
}

/** Of columns of 0 and 1; null where one has no values, or no pair has both. */
export function testShares(
  a: Float64Array,
  b: Float64Array,
  pairs: Pairs | null,
): DifferenceTest | null {
  return pairs === null ? testSharesApart(a, b) : testSharesInPairs(a, b, pairs);
}

function testSharesApart(a: Float64Array, b: Float64Array): DifferenceTest | null {
  const [valuesA, valuesB] = [present(a), present(b)];
  const [ofA, ofB] = [valuesA.length, valuesB.length];
  if (ofA === 0 || ofB === 0) return null;
  const [countA, countB] = [countOf(valuesA), countOf(valuesB)];
  const direction = signOf(countB * ofA - countA * ofB);
  return { pValue: fisher(countA, ofA, countB, ofB), test: 'Fisher', direction };
}

function testSharesInPairs(a: Float64Array, b: Float64Array, pairs: Pairs): DifferenceTest | null {
  let [count, onlyA, onlyB] = [0, 0, 0];
  for (let i = 0; i < pairs.a.length; i++) {
    const [valueA, valueB] = [a[pairs.a[i]], b[pairs.b[i]]];
    if (Number.isNaN(valueA) || Number.isNaN(valueB)) continue;
    count++;
    if (isSo(valueA) && !isSo(valueB)) onlyA++;
    if (!isSo(valueA) && isSo(valueB)) onlyB++;
  }
  if (count === 0) return null;
  const direction = signOf(onlyB - onlyA);
  return { pValue: mcnemar(onlyA, onlyB), test: 'McNemar, paired', direction };
}

/** Of columns of numbers, where infinite is longer than all others; null as for shares. */
export function testNumbers(
  a: Float64Array,
  b: Float64Array,
  pairs: Pairs | null,
): DifferenceTest | null {
  return pairs === null ? testNumbersApart(a, b) : testNumbersInPairs(a, b, pairs);
}

function testNumbersApart(a: Float64Array, b: Float64Array): DifferenceTest | null {
  const [valuesA, valuesB] = [present(a).sort(), present(b).sort()];
  if (valuesA.length === 0 || valuesB.length === 0) return null;
  const direction = signOf(wins(valuesB, valuesA) - (valuesA.length * valuesB.length) / 2);
  return { pValue: rankSum(valuesA, valuesB), test: 'rank sum', direction };
}

function testNumbersInPairs(a: Float64Array, b: Float64Array, pairs: Pairs): DifferenceTest | null {
  const differences = differencesOf(a, b, pairs);
  if (differences.length === 0) return null;
  return {
    pValue: signedRank(differences),
    test: 'signed rank, paired',
    direction: signedRankDirection(differences),
  };
}

function differencesOf(a: Float64Array, b: Float64Array, pairs: Pairs): Float64Array {
  const differences = new Float64Array(pairs.a.length);
  let count = 0;
  for (let i = 0; i < pairs.a.length; i++) {
    const difference = differenceOf(a[pairs.a[i]], b[pairs.b[i]]);
    if (!Number.isNaN(difference)) differences[count++] = difference;
  }
  return bounded(differences.subarray(0, count));
}

/** Two that failed differ by nothing. */
export function differenceOf(a: number, b: number): number {
  return a === b ? 0 : b - a;
}

/** One that failed differs from one that did not by more than all others. */
export function bounded(differences: Float64Array): Float64Array {
  let largest = 0;
  for (const difference of differences) {
    if (Number.isFinite(difference)) largest = Math.max(largest, Math.abs(difference));
  }
  const beyond = 2 * largest + 1;
  return differences.map((difference) =>
    Number.isFinite(difference) ? difference : Math.sign(difference) * beyond,
  );
}

/** Whether the positive differences have more than half of all ranks (Wilcoxon's W+). */
function signedRankDirection(differences: Float64Array): -1 | 0 | 1 {
  const up = differences.filter((difference) => difference > 0).sort();
  const down = differences
    .filter((difference) => difference < 0)
    .map(Math.abs)
    .sort();
  const ranksOfUp = wins(up, down) + (up.length * (up.length + 1)) / 2;
  const count = up.length + down.length;
  return signOf(ranksOfUp - (count * (count + 1)) / 4);
}

/** Of all pairs of one of each, in how many the first is larger; equal ones are halves. Both sorted. */
function wins(first: Float64Array, second: Float64Array): number {
  let sum = 0;
  let below = 0;
  let notAbove = 0;
  for (const value of first) {
    while (below < second.length && second[below] < value) below++;
    while (notAbove < second.length && second[notAbove] <= value) notAbove++;
    sum += (below + notAbove) / 2;
  }
  return sum;
}

/** Of a column of 0 and 1 without gaps. */
export function countOf(values: Float64Array): number {
  let count = 0;
  for (const value of values) if (isSo(value)) count++;
  return count;
}

/** Commands may print other numbers than 0 and 1. */
function isSo(value: number): boolean {
  return value >= 0.5;
}

export function signOf(value: number): -1 | 0 | 1 {
  return value > 0 ? 1 : value < 0 ? -1 : 0;
}
