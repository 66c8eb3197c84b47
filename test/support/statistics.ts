/**
 * Statistical tests: how improbable it is that samples come from what they should. The seeds are
 * fixed, so a test passes or fails for good; p-values say whether it passes for the right reason.
 * Exact binomial intervals are in src/netem/interval.ts.
 */

export interface TestResult {
  readonly statistic: number;
  /** The probability of a statistic at least as large, if the hypothesis holds. */
  readonly pValue: number;
}

/** Pearson's: how well counts agree with the counts expected; each of these should be 5 or more. */
export function chiSquare(
  observed: ArrayLike<number>,
  expected: ArrayLike<number>,
  degrees = observed.length - 1,
): TestResult & { readonly degrees: number } {
  let statistic = 0;
  for (let i = 0; i < observed.length; i++) {
    statistic += (observed[i] - expected[i]) ** 2 / expected[i];
  }
  return { statistic, degrees, pValue: gammaUpper(degrees / 2, statistic / 2) };
}

/** Whether two events are independent, from the counts of neither, one, the other and both. */
export function chiSquare2x2(counts: readonly [number, number, number, number]): TestResult {
  const [neither, first, second, both] = counts;
  const total = neither + first + second + both;
  const withFirst = (first + both) / total;
  const withSecond = (second + both) / total;
  const expected = [
    total * (1 - withFirst) * (1 - withSecond),
    total * withFirst * (1 - withSecond),
    total * (1 - withFirst) * withSecond,
    total * withFirst * withSecond,
  ];
  return chiSquare(counts, expected, 1);
}

/**
 * Kolmogorov's and Smirnov's: the largest distance between the samples' distribution and `cdf`. For
 * distributions with steps the p-value is too large, never too small.
 */
export function kolmogorovSmirnov(
  samples: ArrayLike<number>,
  cdf: (x: number) => number,
): TestResult {
  const sorted = Float64Array.from(samples).sort();
  const n = sorted.length;
  let statistic = 0;
  for (let i = 0; i < n; i++) {
    const expected = cdf(sorted[i]);
    statistic = Math.max(statistic, expected - i / n, (i + 1) / n - expected);
  }
  // Stephens, "EDF statistics for goodness of fit", JASA 69 (1974): good from n = 5 on.
  const root = Math.sqrt(n);
  return { statistic, pValue: kolmogorovUpper((root + 0.12 + 0.11 / root) * statistic) };
}

/** The autocorrelation of neighbours. */
export function lag1(samples: ArrayLike<number>): number {
  const average = mean(samples);
  let products = 0;
  let squares = 0;
  for (let i = 0; i < samples.length; i++) {
    const deviation = samples[i] - average;
    squares += deviation * deviation;
    if (i > 0) products += deviation * (samples[i - 1] - average);
  }
  return products / squares;
}

export function mean(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i];
  return sum / samples.length;
}

/** The probability that a standard normal variable is at most x. */
export function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const upper = 0.5 * gammaUpper(0.5, z * z);
  return x < 0 ? upper : 1 - upper;
}

/** Half the width, in standard deviations, of the interval that holds 99.9 % of a normal distribution. */
export const SIGMAS_999 = 3.2905;

function kolmogorovUpper(lambda: number): number {
  if (lambda < 0.2) return 1;
  let sum = 0;
  for (let j = 1; j <= 100; j++) {
    sum += (j % 2 === 1 ? 2 : -2) * Math.exp(-2 * (j * lambda) ** 2);
  }
  return Math.min(1, Math.max(0, sum));
}

/** Γ(a, x) / Γ(a): by its series for small x, by Legendre's continued fraction (Lentz) for large. */
export function gammaUpper(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(-x + a * Math.log(x) - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = a + 1; term > sum * 1e-16; n++) {
      term *= x / n;
      sum += term;
    }
    return 1 - sum * scale;
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let i = 1; i < 10_000; i++) {
    const factor = -i * (i - a);
    b += 2;
    d = 1 / (factor * d + b);
    c = b + factor / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return fraction * scale;
}

/** ln Γ(x) by Lanczos' approximation (g = 7, n = 9), good to 1e-14. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406,
    12.507343278686905, -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ];
  const z = x - 1;
  let sum = 0.9999999999998099;
  for (let i = 0; i < terms.length; i++) sum += terms[i] / (z + i + 1);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}
