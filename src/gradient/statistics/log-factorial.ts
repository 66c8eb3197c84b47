/** Logarithms of factorials and of binomial coefficients, for probabilities of up to a million samples. */

/** Stirling's series is right to 15 digits from here on. */
const STIRLING_FROM = 16;

const small = [0];
for (let n = 1; n < STIRLING_FROM; n++) small.push(small[n - 1] + Math.log(n));

/** log C(n, k). */
export function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

function logFactorial(n: number): number {
  if (n < STIRLING_FROM) return small[n];
  const square = n * n;
  const rest = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / square) / square) / square) / n;
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + rest;
}
