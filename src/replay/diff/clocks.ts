/**
 * By how much RECEIVED's clock is ahead of SENT's. Two machines never agree, and a delay one way cannot
 * be told from a difference of their clocks: what the user says counts, else the clocks are believed as
 * long as nothing arrives before it was sent.
 */

import { IN, OUT, type Pairing } from './pairing.js';

export interface ClockOffset {
  /** To be taken from RECEIVED's times. */
  readonly ns: number;
  /**
   * `given` by the user; `none`: the clocks are believed; `symmetric`: assumed so that the shortest
   * delays of both ways are the same; `shortest`: there is one way only, and its shortest delay is taken
   * to be 0.
   */
  readonly origin: 'given' | 'none' | 'symmetric' | 'shortest';
}

/** `givenNs`: null when the user says nothing. */
export function clockOffsetOf(pairing: Pairing, givenNs: number | null): ClockOffset {
  if (givenNs !== null) return { ns: givenNs, origin: 'given' };
  const leastOut = pairing.spans[OUT].fromNs;
  const leastIn = -pairing.spans[IN].toNs;
  if (!(leastOut < 0) && !(leastIn < 0)) return { ns: 0, origin: 'none' };
  if (Number.isNaN(leastIn)) return { ns: leastOut, origin: 'shortest' };
  if (Number.isNaN(leastOut)) return { ns: -leastIn, origin: 'shortest' };
  return { ns: Math.round((leastOut - leastIn) / 2), origin: 'symmetric' };
}
