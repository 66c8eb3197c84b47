/**
 * The standard normal distribution, to some twelve digits also far out: p-values of 10^-30 are met when
 * a hundred thousand samples differ.
 */
import assert from 'node:assert';

/** Beyond it the continued fraction converges faster than the series. */
const SERIES_MAX = 3;

/** The probability of more than `z`. */
export function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  return z < SERIES_MAX ? 0.5 - density(z) * series(z) : density(z) / fraction(z);
}

/** Below which a share `p` of the distribution lies. */
export function normalQuantile(p: number): number {
  assert(p > 0 && p < 1, 'a share above 0 and below 1');
  if (p > 0.5) return -normalQuantile(1 - p);
  let below = -40;
  let above = 0;
  // The tail falls evenly, so that halves always lead there; 60 of them leave no digit open.
  for (let i = 0; i < 60; i++) {
    const z = (below + above) / 2;
    if (upperTail(-z) < p) below = z;
    else above = z;
  }
  return (below + above) / 2;
}

function density(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** Marsaglia, "Evaluating the normal distribution" (2004): z + z³/3 + z⁵/(3·5) + … */
function series(z: number): number {
  let term = z;
  let sum = 0;
  for (let odd = 3; sum + term !== sum; odd += 2) {
    sum += term;
    term *= (z * z) / odd;
  }
  return sum;
}

/** Laplace's continued fraction, z + 1/(z + 2/(z + 3/(…))), from behind. */
function fraction(z: number): number {
  let value = z;
  for (let i = 120; i >= 1; i--) value = z + i / value;
  return value;
}
