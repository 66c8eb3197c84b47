/**
 * Student's t, for means of few samples: three runs of a command have an interval twice as wide as the
 * normal distribution says.
 */
import { normalQuantile } from './normal.js';

/** From here on the expansion is right to seven digits. */
const EXPANSION_FROM = 60;

/** Below which a share `p` above a half lies, with `freedom` (samples less one) of at least 1. */
export function studentQuantile(p: number, freedom: number): number {
  if (freedom >= EXPANSION_FROM) return expansion(normalQuantile(p), freedom);
  // By the angle the sum is bounded, whatever t is.
  let below = 0;
  let above = Math.PI / 2;
  for (let i = 0; i < 60; i++) {
    const angle = (below + above) / 2;
    if (0.5 + within(angle, freedom) / 2 < p) below = angle;
    else above = angle;
  }
  return Math.tan((below + above) / 2) * Math.sqrt(freedom);
}

/** The probability of a t as far from 0 as this, on either side. */
export function studentTwoSided(t: number, freedom: number): number {
  return Math.max(0, 1 - within(Math.atan(Math.abs(t) / Math.sqrt(freedom)), freedom));
}

/** The probability of |t| < √freedom · tan(angle): Abramowitz and Stegun, 26.7.3 and 26.7.4. */
function within(angle: number, freedom: number): number {
  const cosine = Math.cos(angle);
  const isOdd = freedom % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = 0;
  for (let i = isOdd ? 3 : 2; i <= freedom; i += 2) {
    sum += term;
    term *= (cosine * cosine * (i - 1)) / i;
  }
  const total = Math.sin(angle) * sum;
  return isOdd ? (2 / Math.PI) * (angle + total) : total;
}

/** Cornish and Fisher's; Abramowitz and Stegun, 26.7.5. */
function expansion(z: number, freedom: number): number {
  const square = z * z;
  const first = (z * (square + 1)) / 4;
  const second = (z * ((5 * square + 16) * square + 3)) / 96;
  const third = (z * (((3 * square + 19) * square + 17) * square - 15)) / 384;
  return z + (first + (second + third / freedom) / freedom) / freedom;
}
