/**
 * The rate that tc-netem really has when it is asked for one with a correlation: the share of the numbers
 * x' = (1−ρ)u + ρx, u uniform, that do not exceed the probability. Their distribution function F satisfies
 *
 *     F(x) = ρ/(1−ρ) · ∫ F from (x−1+ρ)/ρ to x/ρ
 *
 * and is found by putting F in again and again; nothing is simulated, so rates of 1e-20 come out too.
 */

/** Points of F on [0, 1]. */
const POINTS = 8192;

/** F moves by less from round to round when it has settled. */
const SETTLED = 1e-12;

/** Each round leaves the ρ-th part of the error. */
const ROUNDS_MAX = 3000;

/** For `loss P corr C`, and for duplicate, corrupt and reorder alike. */
export function netemRate(probability: number, correlation: number): number {
  // All numbers are the first one.
  if (correlation >= 1 || correlation <= 0) return probability;
  return at(distribution(correlation), probability);
}

/** F, from uniform on. */
function distribution(rho: number): Float64Array {
  let present = Float64Array.from({ length: POINTS + 1 }, (_, i) => i / POINTS);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const integral = integrate(present);
    const next = present.map((_, i) => {
      const x = i / POINTS;
      const below = (x - 1 + rho) / rho;
      const area = upTo(integral, x / rho) - upTo(integral, below);
      return (rho / (1 - rho)) * area;
    });
    const moved = next.reduce((most, value, i) => Math.max(most, Math.abs(value - present[i])), 0);
    present = next;
    if (moved < SETTLED) break;
  }
  return present;
}

function integrate(values: Float64Array): Float64Array {
  const integral = new Float64Array(values.length);
  for (let i = 1; i < values.length; i++) {
    integral[i] = integral[i - 1] + (values[i - 1] + values[i]) / 2 / POINTS;
  }
  return integral;
}

/** The integral of F from 0 to x; F is 0 before 0 and 1 beyond 1. */
function upTo(integral: Float64Array, x: number): number {
  if (x <= 0) return 0;
  return x >= 1 ? integral[POINTS] + x - 1 : at(integral, x);
}

function at(values: Float64Array, x: number): number {
  const place = Math.min(x, 1) * POINTS;
  const below = Math.min(Math.floor(place), POINTS - 1);
  return values[below] + (place - below) * (values[below + 1] - values[below]);
}
