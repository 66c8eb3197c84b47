/**
 * Could two samples come from the same process? Each test answers with its statistic and with p, the
 * probability of one at least so large if they do. Textbook formulae (Numerical Recipes, chapters 6 and
 * 14); what is not textbook is that events which come in runs count for fewer than they are.
 */
import { meanAndSd, sum } from './statistics.js';

export interface TestResult {
  readonly statistic: number;
  readonly p: number;
}

/** Events among trials, 1 for each that happened, in order. */
export type Events = Uint8Array;

/** Long against runs, short against the sample. */
const BATCH = 500;

/**
 * Two shares: z of their difference, where each sample's variance is widened by its design effect, how many
 * times more the sums of batches vary than those of independent events would.
 */
export function compareShares(a: Events, b: Events): TestResult {
  const [ones, count] = [sum(a) + sum(b), a.length + b.length];
  if (ones === 0 || ones === count) return { statistic: 0, p: 1 };
  const variance = (ones / count) * (1 - ones / count);
  const error = Math.sqrt(variance * (designEffect(a) / a.length + designEffect(b) / b.length));
  const z = (sum(a) / a.length - sum(b) / b.length) / error;
  return { statistic: z, p: 2 * normalTail(Math.abs(z)) };
}

export function designEffect(events: Events): number {
  const share = sum(events) / events.length;
  const batches = Math.floor(events.length / BATCH);
  if (share === 0 || share === 1 || batches < 10) return 1;
  const sums = Array.from({ length: batches }, (_, i) =>
    sum(events.subarray(i * BATCH, (i + 1) * BATCH)),
  );
  const [, sd] = meanAndSd(sums);
  return Math.max(1, sd ** 2 / (BATCH * share * (1 - share)));
}

/** Cells with fewer expected are joined with the next. */
const EXPECTED_MIN = 5;

/** Two histograms over the same cells: chi-square of homogeneity. */
export function compareHistograms(a: readonly number[], b: readonly number[]): TestResult {
  const [totalA, totalB] = [sum(a), sum(b)];
  const total = totalA + totalB;
  if (totalA === 0 || totalB === 0) return { statistic: 0, p: 1 };
  const cells: [number, number][] = [];
  let cell: [number, number] = [0, 0];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    cell = [cell[0] + (a[i] ?? 0), cell[1] + (b[i] ?? 0)];
    if (((cell[0] + cell[1]) * Math.min(totalA, totalB)) / total < EXPECTED_MIN) continue;
    cells.push(cell);
    cell = [0, 0];
  }
  const last = cells.at(-1);
  if (last === undefined || cells.length < 2) return { statistic: 0, p: 1 };
  cells[cells.length - 1] = [last[0] + cell[0], last[1] + cell[1]];
  let statistic = 0;
  for (const [inA, inB] of cells) {
    const [expectedA, expectedB] = [totalA, totalB].map((one) => ((inA + inB) * one) / total);
    statistic += (inA - expectedA) ** 2 / expectedA + (inB - expectedB) ** 2 / expectedB;
  }
  return { statistic, p: chiSquareTail(statistic, cells.length - 1) };
}

/**
 * Two samples of a continuous quantity, ascending: Kolmogorov and Smirnov's largest distance D of their
 * distribution functions. `countA` and `countB` are what the samples count for (`effectiveCount`).
 */
export function compareDistributions(
  a: Float64Array,
  b: Float64Array,
  countA = a.length,
  countB = b.length,
): TestResult {
  let distance = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const value = Math.min(a[i], b[j]);
    while (i < a.length && a[i] <= value) i++;
    while (j < b.length && b[j] <= value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  const root = Math.sqrt((countA * countB) / (countA + countB));
  return { statistic: distance, p: kolmogorovTail((root + 0.12 + 0.11 / root) * distance) };
}

/** How many independent values `count` values with this autocorrelation at lag 1 are worth. */
export function effectiveCount(count: number, lag1: number): number {
  const rho = Math.min(Math.max(lag1, 0), 1);
  return Math.max(1, (count * (1 - rho)) / (1 + rho));
}

/** Of the standard normal distribution, above z ≥ 0. */
export function normalTail(z: number): number {
  return z === 0 ? 0.5 : incompleteGammaTail(0.5, z ** 2 / 2) / 2;
}

export function chiSquareTail(statistic: number, degrees: number): number {
  return statistic <= 0 ? 1 : incompleteGammaTail(degrees / 2, statistic / 2);
}

/** Kolmogorov's limiting distribution, above x. */
export function kolmogorovTail(x: number): number {
  // Below, the series hardly converges and the tail is 1 to six digits.
  if (x < 0.27) return 1;
  let tail = 0;
  for (let k = 1; k <= 100; k++) {
    tail += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * x) ** 2);
  }
  return Math.min(1, Math.max(0, tail));
}

const STEPS_MAX = 10_000;
const PRECISION = 1e-14;

/**
 * Q(a, x), the regularized upper incomplete gamma function for multiples of ½: a series below a + 1, a
 * continued fraction above.
 */
function incompleteGammaTail(a: number, x: number): number {
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let series = term;
    for (let n = 1; n < STEPS_MAX && term > series * PRECISION; n++) {
      term *= x / (a + n);
      series += term;
    }
    return Math.max(0, 1 - front * series);
  }
  let b = x + 1 - a;
  let c = Number.MAX_VALUE;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < STEPS_MAX; n++) {
    const factor = -n * (n - a);
    b += 2;
    d = 1 / (factor * d + b);
    c = b + factor / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return front * fraction;
}

/** Of multiples of ½, by Γ(x + 1) = x Γ(x). */
function logGamma(a: number): number {
  let x = a % 1 === 0 ? 1 : 0.5;
  let log = x === 1 ? 0 : Math.log(Math.PI) / 2;
  for (; x < a; x++) log += Math.log(x);
  return log;
}
