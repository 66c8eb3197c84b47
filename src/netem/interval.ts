/**
 * How far a realized loss rate may honestly lie from the configured one: exact binomial intervals,
 * for up to 10^9 packets. The incomplete beta function is Lentz's continued fraction; its prefactor is
 * Loader's saddle-point form ("Fast and accurate computation of binomial probabilities", 2000),
 * because differences of log-gammas lose five digits at 10^9.
 */
import assert from 'node:assert';

/**
 * The Clopper-Pearson interval [lo, hi] of the probability behind `k` successes in `n` trials; covers
 * it with at least the given confidence (0..1). [0, 1] when there were no trials.
 */
export function clopperPearson(k: number, n: number, confidence: number): [number, number] {
  assert(k >= 0 && k <= n && Number.isInteger(k) && Number.isInteger(n), 'k of n, integers');
  const tail = (1 - confidence) / 2;
  return [
    k === 0 ? 0 : betaQuantile(tail, k, n - k + 1),
    k === n ? 1 : betaQuantile(1 - tail, k + 1, n - k),
  ];
}

/**
 * The interval [kLo, kHi] in which the successes of `n` trials of probability `p` lie with at least
 * the given confidence: outside it, on either side, lies at most half of the rest.
 */
export function binomialInterval(n: number, p: number, confidence: number): [number, number] {
  assert(n >= 0 && Number.isInteger(n) && p >= 0 && p <= 1, 'n trials of probability p');
  const tail = (1 - confidence) / 2;
  return [binomialQuantile(tail, n, p), binomialQuantile(1 - tail, n, p)];
}

/** Steps of the continued fraction; a billion trials take some ten thousand. */
const FRACTION_STEPS_MAX = 10_000_000;

/** With |v| ≤ 0.1 the series gains two digits a term. */
const DEVIANCE_ODD_MAX = 21;

/** The smallest k that at least the share `q` of all outcomes does not exceed. */
function binomialQuantile(q: number, n: number, p: number): number {
  if (p === 0) return 0;
  if (p === 1) return n;
  let below = -1;
  let above = n;
  while (above - below > 1) {
    const k = Math.floor((below + above) / 2);
    if (1 - incompleteBeta(p, k + 1, n - k) >= q) above = k;
    else below = k;
  }
  return above;
}

/** The x for which incompleteBeta(x, a, b) = q: Newton's steps, by bisection where they leave. */
function betaQuantile(q: number, a: number, b: number): number {
  let below = 0;
  let above = 1;
  let x = a / (a + b);
  for (let i = 0; i < 200; i++) {
    const error = incompleteBeta(x, a, b) - q;
    if (error < 0) below = x;
    else above = x;
    const slope = betaPrefactor(x, a, b) / (x * (1 - x));
    let next = x - error / slope;
    if (!(next > below && next < above)) next = (below + above) / 2;
    if (Math.abs(next - x) <= 1e-14 * x) return next;
    x = next;
  }
  return x;
}

/** The regularized incomplete beta function for whole a, b ≥ 1. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast below the mean, in about sqrt(max(a, b)) steps at it.
  if (x < (a + 1) / (a + b + 2)) return (betaPrefactor(x, a, b) * betaFraction(x, a, b)) / a;
  return 1 - (betaPrefactor(1 - x, b, a) * betaFraction(1 - x, b, a)) / b;
}

/** x^a (1 − x)^b / B(a, b). */
function betaPrefactor(x: number, a: number, b: number): number {
  const n = a + b;
  const exponent =
    stirlingError(n) -
    stirlingError(a) -
    stirlingError(b) -
    deviance(a, n * x) -
    deviance(b, n * (1 - x));
  return Math.sqrt((a * b) / (2 * Math.PI * n)) * Math.exp(exponent);
}

/** log n! less Stirling's formula for it. */
function stirlingError(n: number): number {
  if (n < 16) {
    let factorial = 1;
    for (let i = 2; i <= n; i++) factorial *= i;
    return Math.log(factorial) - (0.5 * Math.log(2 * Math.PI * n) + n * Math.log(n) - n);
  }
  const square = n * n;
  return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / n;
}

/** x log(x / mean) + mean − x, also where the terms all but cancel. */
function deviance(x: number, mean: number): number {
  const v = (x - mean) / (x + mean);
  if (Math.abs(v) > 0.1) return x * Math.log(x / mean) + mean - x;
  let sum = (x - mean) * v;
  let power = 2 * x * v;
  for (let odd = 3; odd < DEVIANCE_ODD_MAX; odd += 2) {
    power *= v * v;
    sum += power / odd;
  }
  return sum;
}

/** The continued fraction of the incomplete beta function (Abramowitz and Stegun, 26.5.8). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const notZero = (value: number) => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < FRACTION_STEPS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / notZero(1 + even * d);
    c = notZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / notZero(1 + odd * d);
    c = notZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return fraction;
}
