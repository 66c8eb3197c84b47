/**
 * The laws that times vary by, as quantile functions in units of the spread: what the law stays below
 * with a given probability. Their scales are iproute2's, so that a law here and netem's table of that
 * name mean the same; but they are computed, not tabulated, and not cut at 4 spreads.
 */
import type { Distribution } from '../../rules/rule.js';
import { normalProbability, normalQuantile, type Transform } from './normal.js';
import { spline } from './spline.js';

/** Replaces a probability, 0 < p < 1, by the quantile. */
export function quantileOf(distribution: Distribution): Transform {
  switch (distribution.kind) {
    case 'uniform':
      return uniformQuantile;
    case 'normal':
      return normalQuantile;
    case 'pareto':
      return paretoQuantile;
    case 'paretonormal':
      return paretonormalQuantile;
    case 'table':
      return tableQuantile(distribution.values);
  }
}

/** The same, 0 < p < 1, where nothing hurries. */
export function jitterQuantile(distribution: Distribution, p: number): number {
  const x = Float64Array.of(p);
  quantileOf(distribution)(x);
  return x[0];
}

const ofNormals = new Map<string, Transform>();

/** Replaces a normal variable, within ±Z_MAX, by the quantile of the probability that it has. */
export function ofNormal(distribution: Distribution): Transform {
  const { kind } = distribution;
  if (kind === 'normal') return keep;
  if (kind === 'table') return exactlyOfNormal(distribution); // Has corners, which no spline follows.
  let transform = ofNormals.get(kind);
  if (transform === undefined) {
    transform = spline(exactlyOfNormal(distribution));
    ofNormals.set(kind, transform);
  }
  return transform;
}

/** The same by definition. */
export function exactlyOfNormal(distribution: Distribution): Transform {
  if (distribution.kind === 'pareto') return paretoOfNormal;
  if (distribution.kind === 'paretonormal') return paretonormalOfNormal;
  const quantile = quantileOf(distribution);
  return (x) => {
    normalProbability(x);
    quantile(x);
  };
}

function keep(): void {}

/** Even from −1 to 1. */
function uniformQuantile(x: Float64Array): void {
  x[0] = 2 * x[0] - 1;
}

/**
 * iproute2's pareto.c: Pareto's law of shape 3, which begins at 1 and has the mean 3/2, moved to the
 * mean 0 and stretched. Nothing is below −2/3, the standard deviation is 2/√3 = 1.155, and one packet
 * in a million is above 131. The table of tc ends at 4: its mean is −0.033, its deviation 0.820.
 */
function paretoQuantile(x: Float64Array): void {
  x[0] = paretoAbove(1 - x[0]);
}

/** What lies above z is small, and one less what lies below it would be inexact. */
function paretoOfNormal(x: Float64Array): void {
  x[0] = -x[0];
  normalProbability(x);
  x[0] = paretoAbove(x[0]);
}

/** What the law exceeds with probability `p`. */
function paretoAbove(p: number): number {
  return (1 / Math.cbrt(p) - 1.5) * (4 / 3);
}

/**
 * iproute2's paretonormal.c: a quarter of the normal quantile and three quarters of the Pareto
 * quantile of the same probability. The mean is 0, the standard deviation 1.052; of tc's table −0.025 and
 * 0.834.
 */
function paretonormalQuantile(x: Float64Array): void {
  const pareto = paretoAbove(1 - x[0]);
  normalQuantile(x);
  x[0] = 0.25 * x[0] + 0.75 * pareto;
}

function paretonormalOfNormal(x: Float64Array): void {
  const z = x[0];
  paretoOfNormal(x);
  x[0] = 0.25 * z + 0.75 * x[0];
}

const tables = new WeakMap<readonly number[], Transform>();

/**
 * Of n ascending values the i-th (from 0) stands for the probability (i + ½)/n; between two of them the
 * law is even, beyond the first and the last there is nothing. netem picks one of the values instead,
 * so that a file of 20 measurements makes 20 delays; the straight line has the same mean exactly, and
 * differs in no probability by more than half a value.
 */
function tableQuantile(values: readonly number[]): Transform {
  let transform = tables.get(values);
  if (transform === undefined) {
    transform = interpolate(Float64Array.from(values));
    tables.set(values, transform);
  }
  return transform;
}

function interpolate(values: Float64Array): Transform {
  const last = values.length - 1;
  return (x) => {
    const place = x[0] * values.length - 0.5;
    if (place <= 0) {
      x[0] = values[0];
    } else if (place >= last) {
      x[0] = values[last];
    } else {
      const below = Math.floor(place);
      x[0] = values[below] + (place - below) * (values[below + 1] - values[below]);
    }
  };
}
