/**
 * The normal distribution: its quantiles by Wichura's AS 241 (PPND16, Applied Statistics 37, 1988), its
 * probabilities by Hart's approximation 5666 (Computer Approximations, 1968, as West gives it in Wilmott
 * 2005). Wherever a 32-bit draw can come the first is good to 15 digits, the second to 1e-15 (relatively
 * to 1e-9 in the last tail). Both take a polynomial or two: a table as good would take megabytes.
 *
 * Like all functions of distributions here they replace `x[0]`: a returned double would be boxed.
 */

/** Replaces `x[0]`. */
export type Transform = (x: Float64Array) => void;

/** Numbers of draws: a draw d stands for the probability (d + 0.5) / DRAWS. */
export const DRAWS = 2 ** 32;

/** The quantile of the largest probability that a draw stands for: as far out as anything comes. */
export const Z_MAX = 6.337957754553789;

/** Replaces the draw, 0 … 2^32 − 1, by the normal variable that it stands for. */
export function normalOfDraw(x: Float64Array): void {
  x[0] = (x[0] + 0.5) / DRAWS;
  normalQuantile(x);
}

/** Replaces a probability, 0 < p < 1, by the z that a normal variable is below with it. */
export function normalQuantile(x: Float64Array): void {
  const q = x[0] - 0.5;
  if (q >= -0.425 && q <= 0.425) {
    const r = 0.180625 - q * q;
    let above = (2509.0809287301227 * r + 33430.57558358813) * r + 67265.7709270087;
    above = (above * r + 45921.95393154987) * r + 13731.69376550946;
    above = (above * r + 1971.5909503065513) * r + 133.14166789178438;
    above = above * r + 3.3871328727963665;
    let below = (5226.495278852546 * r + 28729.085735721943) * r + 39307.89580009271;
    below = (below * r + 21213.794301586597) * r + 5394.196021424751;
    below = (below * r + 687.1870074920579) * r + 42.31333070160091;
    below = below * r + 1;
    x[0] = (q * above) / below;
    return;
  }
  // Good for tails down to 1.4e-11 (AS 241 has a third piece beyond), an eighth of the least of a draw.
  const r = Math.sqrt(-Math.log(q < 0 ? x[0] : 1 - x[0])) - 1.6;
  let above = (0.0007745450142783414 * r + 0.022723844989269184) * r + 0.2417807251774506;
  above = (above * r + 1.2704582524523684) * r + 3.6478483247632045;
  above = (above * r + 5.769497221460691) * r + 4.630337846156546;
  above = above * r + 1.4234371107496835;
  let below = (1.0507500716444169e-9 * r + 0.0005475938084995345) * r + 0.015198666563616457;
  below = (below * r + 0.14810397642748008) * r + 0.6897673349851;
  below = (below * r + 1.6763848301838038) * r + 2.053191626637759;
  below = below * r + 1;
  const z = above / below;
  x[0] = q < 0 ? -z : z;
}

/** Replaces z, |z| ≤ 7, by the probability that a normal variable is below it. */
export function normalProbability(x: Float64Array): void {
  const z = x[0];
  const a = z < 0 ? -z : z;
  let above = (0.0352624965998911 * a + 0.700383064443688) * a + 6.37396220353165;
  above = (above * a + 33.912866078383) * a + 112.079291497871;
  above = (above * a + 221.213596169931) * a + 220.206867912376;
  let below = (0.0883883476483184 * a + 1.75566716318264) * a + 16.064177579207;
  below = (below * a + 86.7807322029461) * a + 296.564248779674;
  below = (below * a + 637.333633378831) * a + 793.826512519948;
  below = below * a + 440.413735824752;
  const upper = (Math.exp(-0.5 * a * a) * above) / below;
  x[0] = z < 0 ? upper : 1 - upper;
}
