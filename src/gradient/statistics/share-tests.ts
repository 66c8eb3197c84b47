/** Exact tests of whether two shares differ, of pairs (McNemar) and of separate samples (Fisher). */
import assert from 'node:assert';
import { logChoose } from './log-factorial.js';

/** Outcomes this much likelier than the one that was met are as likely: log-gammas end at nine digits. */
const AS_LIKELY = 1e-7;

/**
 * Of pairs, how many have it in the first only and in the second only; those that agree say nothing.
 * The exact two-sided test: under "no difference" each of them falls to either side like a coin.
 */
export function mcnemar(onlyA: number, onlyB: number): number {
  const n = onlyA + onlyB;
  const fewer = Math.min(onlyA, onlyB);
  if (2 * fewer === n) return 1;
  const largest = Math.exp(logChoose(n, fewer) - n * Math.LN2);
  const tail = sumFrom(largest, fewer, 0, (k) => k / (n - k + 1));
  return Math.min(1, 2 * tail);
}

/**
 * Whether `k1` of `n1` and `k2` of `n2` are of one share: Fisher's exact test, two-sided by adding up all
 * tables that are no likelier than this one, given the margins.
 */
export function fisher(k1: number, n1: number, k2: number, n2: number): number {
  assert(k1 >= 0 && k1 <= n1 && k2 >= 0 && k2 <= n2, 'k of n, twice');
  const k = k1 + k2;
  const least = Math.max(0, k - n2);
  const most = Math.min(n1, k);
  const mode = Math.min(most, Math.max(least, Math.floor(((k + 1) * (n1 + 1)) / (n1 + n2 + 2))));
  const whole = logChoose(n1 + n2, k);
  const log = (x: number) => logChoose(n1, x) + logChoose(n2, k - x) - whole;
  const limit = log(k1) + AS_LIKELY;
  if (log(mode) <= limit) return 1;
  // Likelihoods rise to the mode and fall behind it, so each side has a last table that counts.
  const low = k1 < mode ? k1 : lastWhere(least - 1, mode, (x) => x < least || log(x) <= limit);
  const high = k1 > mode ? k1 : lastWhere(most + 1, mode, (x) => x > most || log(x) <= limit);
  const down = (x: number) => (x * (n2 - k + x)) / ((n1 - x + 1) * (k - x + 1));
  const up = (x: number) => ((n1 - x) * (k - x)) / ((x + 1) * (n2 - k + x + 1));
  const lower = low < least ? 0 : sumFrom(Math.exp(log(low)), low, least, down);
  const upper = high > most ? 0 : sumFrom(Math.exp(log(high)), high, most, up);
  return Math.min(1, lower + upper);
}

/** The last of the whole numbers from `yes` towards `no` of which it is so. */
function lastWhere(yes: number, no: number, isSo: (x: number) => boolean): number {
  let [inside, outside] = [yes, no];
  while (Math.abs(outside - inside) > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (isSo(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}

/** Terms that fall from `from` to `to`; `ratio` is that of the next term to the one at `x`. */
function sumFrom(first: number, from: number, to: number, ratio: (x: number) => number): number {
  const step = to < from ? -1 : 1;
  let term = first;
  let sum = first;
  for (let x = from; x !== to; x += step) {
    term *= ratio(x);
    sum += term;
    if (term <= sum * 1e-17) break;
  }
  return sum;
}
