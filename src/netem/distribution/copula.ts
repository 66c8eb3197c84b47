/**
 * Values with memory that keep their law: a normal variable is remembered, z' = ρz + √(1−ρ²)ε, and each
 * value is the quantile of the probability that z has (a Gaussian copula). Here is the ρ which gives
 * the values themselves the correlation that was asked for.
 *
 * With g(z) the value, the correlation of g(z) and g(z') is Σ w(k) ρ^k, where w(k) is the share of g's
 * variance in its k-th Hermite polynomial (Mehler's formula). Uniform and normal have closed forms.
 */
import type { Distribution } from '../../rules/rule.js';
import { Z_MAX } from './normal.js';
import { ofNormal } from './quantile.js';

/** The correlation of the normal variables behind values with the lag-1 autocorrelation `correlation`. */
export function normalCorrelation(distribution: Distribution, correlation: number): number {
  if (correlation <= 0) return 0;
  if (correlation >= 1) return 1;
  switch (distribution.kind) {
    case 'uniform':
      return 2 * Math.sin((Math.PI / 6) * correlation);
    case 'normal':
      return correlation;
    default:
      return solve(sharesOf(distribution), correlation);
  }
}

/** Polynomials that are told apart; what is left of the variance counts as of the next one. */
const DEGREE_MAX = 128;

/** The integrals are sums over even steps, which for such functions converge faster than any power. */
const REACH = 12;
const STEPS = 2400;

const sharesOfKind = new Map<string, Float64Array>();
const sharesOfTable = new WeakMap<readonly number[], Float64Array>();

function sharesOf(distribution: Distribution): Float64Array {
  const { kind } = distribution;
  const known = kind === 'table' ? sharesOfTable.get(distribution.values) : sharesOfKind.get(kind);
  if (known !== undefined) return known;
  const shares = hermiteShares(distribution);
  if (kind === 'table') sharesOfTable.set(distribution.values, shares);
  else sharesOfKind.set(kind, shares);
  return shares;
}

/** The shares of the variance by degree; [0] is unused, the last holds all the higher ones. */
function hermiteShares(distribution: Distribution): Float64Array {
  const value = ofNormal(distribution);
  const x = new Float64Array(1);
  const coefficients = new Float64Array(DEGREE_MAX + 1);
  let square = 0;
  for (let i = 0; i <= STEPS; i++) {
    const z = REACH * ((2 * i) / STEPS - 1);
    x[0] = Math.max(-Z_MAX, Math.min(Z_MAX, z));
    value(x);
    const weight = (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * ((2 * REACH) / STEPS);
    square += weight * x[0] * x[0];
    // h(k+1) = (z h(k) − √k h(k−1)) / √(k+1), orthonormal under the normal law.
    let before = 0;
    let present = weight * x[0];
    for (let k = 0; k <= DEGREE_MAX; k++) {
      coefficients[k] += present;
      const next = (z * present - Math.sqrt(k) * before) / Math.sqrt(k + 1);
      before = present;
      present = next;
    }
  }
  const variance = square - coefficients[0] ** 2;
  const shares = new Float64Array(DEGREE_MAX + 2);
  if (!(variance > 1e-12 * square)) {
    shares[1] = 1; // One value only: any correlation will do.
    return shares;
  }
  let rest = 1;
  for (let k = 1; k <= DEGREE_MAX; k++) {
    shares[k] = coefficients[k] ** 2 / variance;
    rest -= shares[k];
  }
  shares[DEGREE_MAX + 1] = Math.max(0, rest);
  return shares;
}

/** The sum rises from 0 to 1: halves the interval until nothing is left of it. */
function solve(shares: Float64Array, correlation: number): number {
  let low = correlation; // Each power of ρ is at most ρ.
  let high = 1;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (sum(shares, middle) < correlation) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function sum(shares: Float64Array, rho: number): number {
  let total = 0;
  for (let k = shares.length - 1; k > 0; k--) total = (total + shares[k]) * rho;
  return total;
}
