/**
 * Whether numbers differ, by their ranks: of pairs (Wilcoxon's signed ranks) and of separate samples (Mann
 * and Whitney's rank sum). Nothing is assumed about their distribution, and infinity (a failed sample) is
 * a number like any other. Exact for few samples, else normal with the variance corrected for ties.
 */
import { upperTail } from './normal.js';
import { coinSums, drawnSums, twoSided } from './rank-sums.js';

/** Pairs; the normal distribution is right to a percent of p from here on. */
const EXACT_PAIRS_MAX = 50;
/** Additions, for the rank sum: 25 beside 25. */
const EXACT_COST_MAX = 4_000_000;

/** What two sorted columns, ranked together, come to. */
interface Ranked {
  readonly sumOfA: number;
  /** Of t³ − t over all groups of t equal values. */
  readonly ties: number;
}

/**
 * Differences of 0 are dropped, as Wilcoxon did: like McNemar's, the test is about pairs that differ. Pratt's
 * way of ranking them as well would tell no more here, where most pairs fail or pass together and their
 * differences are 0 by nature, not by rounding.
 */
export function signedRank(differences: ArrayLike<number>): number {
  const all = Float64Array.from(differences);
  const up = all.filter((difference) => difference > 0).sort();
  const down = all
    .filter((difference) => difference < 0)
    .map(Math.abs)
    .sort();
  const n = up.length + down.length;
  if (n === 0) return 1;
  if (n <= EXACT_PAIRS_MAX) {
    const ranks: number[] = [];
    const { sumOfA } = rankTogether(up, down, ranks);
    return twoSided(coinSums(ranks), Math.round(2 * sumOfA));
  }
  const { sumOfA, ties } = rankTogether(up, down, null);
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - ties / 48;
  return normalTwoSided(sumOfA - (n * (n + 1)) / 4, variance);
}

export function rankSum(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [fewer, more] = [a, b]
    .map((values) => Float64Array.from(values).sort())
    .sort((x, y) => x.length - y.length);
  const [m, n] = [fewer.length, fewer.length + more.length];
  if (m === 0) return 1;
  if (n * m * n * (n + 1) <= EXACT_COST_MAX) {
    const ranks: number[] = [];
    const { sumOfA } = rankTogether(fewer, more, ranks);
    return twoSided(drawnSums(ranks, m), Math.round(2 * sumOfA));
  }
  const { sumOfA, ties } = rankTogether(fewer, more, null);
  const variance = ((m * (n - m)) / 12) * (n + 1 - ties / (n * (n - 1)));
  return normalTwoSided(sumOfA - (m * (n + 1)) / 2, variance);
}

/** Ranks from 1; equal values share the mean of theirs. All doubled ranks are added to `doubled`. */
function rankTogether(a: Float64Array, b: Float64Array, doubled: number[] | null): Ranked {
  let [i, j, sumOfA, ties] = [0, 0, 0, 0];
  while (i < a.length || j < b.length) {
    const value = j === b.length || (i < a.length && a[i] <= b[j]) ? a[i] : b[j];
    const before = i + j;
    const ofA = i;
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    const count = i + j - before;
    const rank = before + (count + 1) / 2;
    sumOfA += (i - ofA) * rank;
    ties += count ** 3 - count;
    if (doubled !== null) for (let k = 0; k < count; k++) doubled.push(2 * rank);
  }
  return { sumOfA, ties };
}

/** With a correction by a half, for sums that are whole. */
function normalTwoSided(deviation: number, variance: number): number {
  if (variance <= 0) return 1;
  const z = Math.max(0, Math.abs(deviation) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * upperTail(z));
}
