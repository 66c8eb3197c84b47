/** A law with its spread: from a draw, or from a normal variable, to whole nanoseconds. */
import type { Distribution } from '../../rules/rule.js';
import { DRAWS, type Transform } from './normal.js';
import { ofNormal, quantileOf } from './quantile.js';

export class Spread {
  readonly #quantile: Transform;
  readonly #ofNormal: Transform;
  readonly #scaleNs: number;

  constructor(distribution: Distribution, spreadNs: number) {
    this.#quantile = quantileOf(distribution);
    this.#ofNormal = ofNormal(distribution);
    // Half a nanosecond more, rounded away again, makes the uniform law's outermost ones whole.
    this.#scaleNs = Math.round(spreadNs) + (distribution.kind === 'uniform' ? 0.5 : 0);
  }

  /** Replaces the draw `x[0]`, 0 … 2^32 − 1. */
  ofDraw(x: Float64Array): void {
    x[0] = (x[0] + 0.5) / DRAWS;
    this.#quantile(x);
    x[0] = Math.round(x[0] * this.#scaleNs);
  }

  /** Replaces the standard normal variable `x[0]`, which must lie within ±Z_MAX. */
  ofNormal(x: Float64Array): void {
    this.#ofNormal(x);
    x[0] = Math.round(x[0] * this.#scaleNs);
  }
}
