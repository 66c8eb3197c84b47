/**
 * tc-netem's time from slot to slot (get_slot_next in net/sched/sch_netem.c). The even one multiplies in
 * 64 bits and drops 32 of them, so that beyond 2.1 s between the least and the most it overflows, and
 * such slots are in the past half of the time.
 */
import type { Slot } from '../../rules/rule.js';
import type { SlotSpacing } from '../slot-gate.js';
import { NetemDelay } from './delay.js';

export function netemSpacing(spacing: Slot['spacing']): SlotSpacing {
  if (spacing.kind === 'even') return new NetemEvenSpacing(spacing);
  const { delayNs, spreadNs, distribution } = spacing;
  const delay = new NetemDelay(delayNs, spreadNs, distribution);
  return { ofDraw: (x) => delay.apply(x) };
}

class NetemEvenSpacing implements SlotSpacing {
  readonly #minNs: number;
  readonly #rangeHigh: number;
  readonly #rangeLow: number;

  constructor({ minNs, maxNs }: Extract<Slot['spacing'], { kind: 'even' }>) {
    this.#minNs = Math.round(minNs);
    const rangeNs = Math.round(maxNs) - this.#minNs;
    this.#rangeHigh = Math.floor(rangeNs / 2 ** 32);
    this.#rangeLow = rangeNs % 2 ** 32;
  }

  /** (draw · range) >> 32 in 64 bits: of the product, signed, the upper 32 bits. */
  ofDraw(x: Float64Array): void {
    const draw = x[0];
    const low = highWord(draw, this.#rangeLow);
    x[0] = this.#minNs + ((Math.imul(draw, this.#rangeHigh) + low) | 0);
  }
}

/** The upper 32 bits of the product of two unsigned numbers of 32 bits. */
function highWord(a: number, b: number): number {
  const bLow = b % 2 ** 16;
  const bHigh = Math.floor(b / 2 ** 16);
  return Math.floor((a * bHigh + Math.floor((a * bLow) / 2 ** 16)) / 2 ** 16);
}
