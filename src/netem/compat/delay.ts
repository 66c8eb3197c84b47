/**
 * tc-netem's delays in its whole numbers (tabledist in net/sched/sch_netem.c): from a number of 32
 * bits, by remainders. That is why a correlation has no effect there: from one number to the next the
 * remainder differs as if both were new.
 */
import type { Distribution } from '../../rules/rule.js';
import { netemTable, TABLE_SCALE } from './tables.js';

/** netem's spread is a signed number of 32 bits. */
const SPREAD_MAX_NS = 2 ** 31 - 1;

export class NetemDelay {
  readonly #meanNs: number;
  readonly #table: Int16Array | null;
  readonly #spreadNs: number;

  constructor(meanNs: number, spreadNs: number, distribution: Distribution) {
    this.#meanNs = Math.round(meanNs);
    this.#spreadNs = Math.min(SPREAD_MAX_NS, Math.round(spreadNs));
    this.#table = netemTable(distribution);
  }

  /** Without spread no number is drawn. */
  get isConstant(): boolean {
    return this.#spreadNs === 0;
  }

  /**
   * Replaces the number `x[0]`, 0 … 2^32 − 1, by the delay in nanoseconds, which may be negative. Of
   * doubles below 2^32 the quotient's floor is exact, and the remainder by it faster than by `%`.
   */
  apply(x: Float64Array): void {
    const spreadNs = this.#spreadNs;
    const table = this.#table;
    if (spreadNs === 0) {
      x[0] = this.#meanNs;
    } else if (table === null) {
      x[0] = x[0] - Math.floor(x[0] / (2 * spreadNs)) * (2 * spreadNs) + this.#meanNs - spreadNs;
    } else {
      const t = table[x[0] - Math.floor(x[0] / table.length) * table.length];
      const part = (spreadNs % TABLE_SCALE) * t;
      const rounded = Math.trunc(
        (part >= 0 ? part + TABLE_SCALE / 2 : part - TABLE_SCALE / 2) / TABLE_SCALE,
      );
      x[0] = rounded + Math.floor(spreadNs / TABLE_SCALE) * t + this.#meanNs;
    }
  }
}
