import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fisher,
  holm,
  mcnemar,
  rankSum,
  signedRank,
} from '../../../src/gradient/statistics/tests.js';
import { randomOf } from './random.js';

describe('McNemar', () => {
  test.each([
    // By hand: 2 (C(8,0) + C(8,1)) / 2⁸, and so on.
    [1, 7, 18 / 256],
    [0, 5, 2 / 32],
    [3, 3, 1],
    [0, 0, 1],
    [0, 1, 1],
  ])('%d beside %d', (onlyA, onlyB, p) => {
    expect(mcnemar(onlyA, onlyB)).toBeCloseTo(p, 12);
    expect(mcnemar(onlyB, onlyA)).toBeCloseTo(p, 12);
  });

  // The first are the ratings of a prime minister in Agresti's "Categorical data analysis", table 10.1.
  test.each([
    [86, 150],
    [40, 41],
    [900, 1_100],
    [10_000, 10_300],
  ])('agrees with whole numbers: %d beside %d', (onlyA, onlyB) => {
    const n = BigInt(onlyA + onlyB);
    let term = 1n;
    let sum = 0n;
    for (let k = 0n; k <= BigInt(onlyA); k++) {
      sum += term;
      term = (term * (n - k)) / (k + 1n);
    }
    const scaled = (2n * sum * 10n ** 20n) / 2n ** n;
    expect(mcnemar(onlyA, onlyB)).toBeCloseTo(Number(scaled) / 1e20, 10);
  });

  test('of a million that all went one way is 0, and of halves 1', () => {
    expect(mcnemar(0, 1_000_000)).toBe(0);
    expect(mcnemar(499_999, 500_001)).toBeCloseTo(0.9992, 3);
  });
});

describe('Fisher', () => {
  test.each([
    // The lady tasting tea (1935): 34 of 70 tables are no likelier.
    [3, 4, 1, 4, 34 / 70],
    [4, 4, 0, 4, 2 / 70],
    // Fisher's criminal twins (R: fisher.test's own example).
    [2, 17, 10, 13, 0.0005367],
    // R: fisher.test(matrix(c(1, 11, 9, 3), 2)).
    [1, 10, 11, 14, 0.002759456],
    [0, 10, 0, 20, 1],
    [10, 10, 20, 20, 1],
    [5, 10, 10, 20, 1],
    [0, 0, 3, 5, 1],
  ])('%d of %d beside %d of %d', (k1, n1, k2, n2, p) => {
    expect(fisher(k1, n1, k2, n2)).toBeCloseTo(p, 7);
    expect(fisher(k2, n2, k1, n1)).toBeCloseTo(p, 7);
  });

  test('is the sum over all tables that are no likelier', () => {
    const margin = fc.integer({ min: 0, max: 25 });
    fc.assert(
      fc.property(margin, margin, margin, margin, (k1, more1, k2, more2) => {
        const [n1, n2] = [k1 + more1, k2 + more2];
        expect(fisher(k1, n1, k2, n2)).toBeCloseTo(fisherByHand(k1, n1, k2, n2), 9);
      }),
      { seed: 6, numRuns: 400 },
    );
  });

  test('takes a million, where it agrees with the normal distribution', () => {
    // z of the difference is 3, without and with a correction by halves.
    const [n, share] = [1_000_000, 0.02];
    const difference = Math.round(3 * Math.sqrt(2 * n * share * (1 - share)));
    const p = fisher(n * share - difference / 2, n, n * share + difference / 2, n);
    expect(p).toBeGreaterThan(0.0026);
    expect(p).toBeLessThan(0.0029);
  });
});

describe('signed ranks', () => {
  // Wilcoxon's table (1945) of the two-sided 5 % and 1 %: the largest smaller sum.
  test.each([
    [6, 0, 0.05],
    [8, 3, 0.05],
    [10, 8, 0.05],
    [15, 25, 0.05],
    [20, 52, 0.05],
    [25, 89, 0.05],
    [50, 434, 0.05],
    [10, 3, 0.01],
    [25, 68, 0.01],
  ])('of %d pairs a sum of %d is beyond %d, and one more is not', (n, critical, level) => {
    expect(signedRank(withSum(n, critical))).toBeLessThanOrEqual(level);
    expect(signedRank(withSum(n, critical + 1))).toBeGreaterThan(level);
  });

  test('Darwin’s plants (R: wilcox.test, V = 96), and zeros are no pairs', () => {
    const plants = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];
    expect(signedRank(plants)).toBeCloseTo(0.04126, 5);
    expect(signedRank([...plants, 0, 0, 0, 0])).toBe(signedRank(plants));
    expect(signedRank(plants.map((value) => -value))).toBeCloseTo(signedRank(plants), 12);
    expect(signedRank([0, 0])).toBe(1);
    expect(signedRank([])).toBe(1);
  });

  test('ties are exact: 1, 1, 1, −1 is 10 of 16', () => {
    // Ranks of 2.5 each: sums of at most 2.5 are 5 of 16, twice.
    expect(signedRank([1, 1, 1, -1])).toBeCloseTo(10 / 16, 12);
  });

  test('is normal for many, and goes over into it smoothly', () => {
    const exact = signedRank(withSum(50, 434));
    const normal = signedRank(withSum(51, 453));
    expect(Math.abs(exact - normal)).toBeLessThan(0.001);
    // By hand: the mean is 2525, the variance 84587.5.
    const z = (2_525 - 1_900 - 0.5) / Math.sqrt(84_587.5);
    expect(z).toBeCloseTo(2.147, 3);
    expect(signedRank(withSum(100, 1_900))).toBeCloseTo(0.03178, 4);
  });
});

describe('rank sum', () => {
  // Mann and Whitney's table of the two-sided 5 %: the largest smaller U.
  test.each([
    [4, 4, 0],
    [5, 5, 2],
    [3, 8, 2],
    [7, 9, 12],
    [10, 10, 23],
    [8, 20, 41],
    [20, 20, 127],
  ])('of %d beside %d a U of %d is beyond 5 %, and one more is not', (m, n, critical) => {
    const [beyond, within] = [critical, critical + 1].map((u) => withU(m, n, u));
    expect(rankSum(beyond!.a, beyond!.b)).toBeLessThanOrEqual(0.05);
    expect(rankSum(within!.a, within!.b)).toBeGreaterThan(0.05);
    expect(rankSum(beyond!.b, beyond!.a)).toBeCloseTo(rankSum(beyond!.a, beyond!.b), 12);
  });

  test('Hollander and Wolfe’s membranes (R: wilcox.test, W = 35)', () => {
    const x = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    const y = [1.15, 0.88, 0.9, 0.74, 1.21];
    expect(rankSum(x, y)).toBeCloseTo(2 * 0.1272061, 6);
  });

  test('samples that failed are longer than all, and as long as each other', () => {
    const ten = Array.from({ length: 10 }, (_, i) => i);
    const failing = [...ten.slice(0, 2), ...Array<number>(8).fill(Infinity)];
    expect(rankSum(ten, failing)).toBeLessThan(0.03);
    expect(rankSum(failing, failing)).toBe(1);
    expect(rankSum([], ten)).toBe(1);
    const many = new Float64Array(1_000).fill(Infinity);
    expect(rankSum(many, many)).toBe(1);
  });

  test('of many is normal, with the variance of their ties', () => {
    // Two values only: then it is the test of two shares, here with z = 2.1 but for the halves.
    const column = (ones: number) =>
      Float64Array.from({ length: 1_000 }, (_, i) => Number(i < ones));
    const pooled = 122.5 / 1_000;
    const z = 0.031 / Math.sqrt((2 * pooled * (1 - pooled)) / 1_000);
    expect(z).toBeCloseTo(2.114, 3);
    const p = rankSum(column(107), column(138));
    expect(p).toBeGreaterThan(0.0345);
    expect(p).toBeLessThan(0.0355);
  });

  test('takes 200,000 samples', () => {
    const random = randomOf('many');
    const a = Float64Array.from({ length: 200_000 }, random);
    const b = Float64Array.from({ length: 200_000 }, () => random() + 0.005);
    expect(rankSum(a, b)).toBeLessThan(1e-6);
    expect(signedRank(a.map((value, i) => b[i]! - value))).toBeLessThan(1e-6);
    expect(signedRank(a.map((value) => value - 0.5))).toBeGreaterThan(0.001);
  });
});

describe('where nothing differs, p below any level is as rare as the level', () => {
  const random = randomOf('null');
  const coin = (share: number) => Number(random() < share);
  const column = (length: number, draw: () => number) => Array.from({ length }, draw);
  const heads = (n: number, share: number) =>
    column(n, () => coin(share)).reduce((a, b) => a + b, 0);

  test.each<[string, number, () => number]>([
    ['exact signed ranks', 0.03, () => signedRank(column(20, () => random() - 0.5))],
    ['normal signed ranks', 0.03, () => signedRank(column(80, () => random() - 0.5))],
    ['exact rank sum', 0.03, () => rankSum(column(8, random), column(9, random))],
    ['normal rank sum', 0.03, () => rankSum(column(60, random), column(50, random))],
    ['rank sum with ties', 0.035, () => rankSum(column(60, oneOfFive), column(50, oneOfFive))],
    ['McNemar', 0.12, () => mcnemar(heads(200, 0.1), heads(200, 0.1))],
    ['Fisher', 0.12, () => fisher(heads(300, 0.1), 300, heads(300, 0.1), 300)],
  ])('%s', (_name, gap, test) => {
    const runs = 3_000;
    const values = column(runs, test);
    for (const level of [0.01, 0.05, 0.2, 0.5]) {
      const share = values.filter((p) => p <= level).length / runs;
      const error = 3.5 * Math.sqrt((level * (1 - level)) / runs);
      expect(share).toBeLessThan(level + error);
      expect(share).toBeGreaterThan(level - error - gap);
    }
  });

  function oneOfFive(): number {
    return Math.floor(5 * random());
  }
});

describe('Holm', () => {
  test('a worked example: 0.01, 0.04, 0.03, 0.005', () => {
    const corrected = holm([0.01, 0.04, 0.03, 0.005]);
    expect(corrected.map((p) => Number(p.toFixed(12)))).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  test('leaves one as it is, never exceeds 1, and takes none', () => {
    expect(holm([0.2])).toEqual([0.2]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

function fisherByHand(k1: number, n1: number, k2: number, n2: number): number {
  const choose = (n: number, k: number) => {
    let value = 1;
    for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i;
    return value;
  };
  const k = k1 + k2;
  const weight = (x: number) => choose(n1, x) * choose(n2, k - x);
  let [counted, all] = [0, 0];
  for (let x = Math.max(0, k - n2); x <= Math.min(n1, k); x++) {
    all += weight(x);
    if (weight(x) <= weight(k1) * (1 + 1e-9)) counted += weight(x);
  }
  return counted / all;
}

/** Differences ±1 … ±n whose positive ranks sum to `sum`. */
function withSum(n: number, sum: number): number[] {
  let left = sum;
  const values: number[] = [];
  for (let rank = n; rank >= 1; rank--) {
    const isPositive = rank <= left;
    if (isPositive) left -= rank;
    values.push(isPositive ? rank : -rank);
  }
  return values;
}

/** `m` and `n` values of which, in `u` pairs, that of `a` is larger. */
function withU(m: number, n: number, u: number): { a: number[]; b: number[] } {
  const b = Array.from({ length: n }, (_, i) => i + 1);
  let left = u;
  const a = Array.from({ length: m }, (_, i) => {
    const above = Math.min(n, left);
    left -= above;
    return above + 0.5 + i / 100;
  });
  return { a, b };
}
