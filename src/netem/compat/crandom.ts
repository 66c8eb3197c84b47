/**
 * tc-netem's random numbers (get_crandom in net/sched/sch_netem.c): with a correlation ρ each is a
 * weighted mean, (1−ρ) of a new draw and ρ of the last number, and no longer uniform: the variance is
 * that of a draw times (1−ρ)/(1+ρ). They are compared with probabilities all the same, which is why
 * `loss 10% 25%` loses 1.75 %.
 */
import type { Chance } from '../../rules/rule.js';
import type { Stream } from '../random.js';
import type { PacketEvent } from '../stages/chance.js';
import type { StageKit } from '../stages/kit.js';
import type { Judgement } from '../stages/stage.js';

const U32_MAX = 2 ** 32 - 1;

/** A share as tc sends it to the kernel: of 2^32 − 1. */
export function u32OfShare(share: number): number {
  return Math.round(share * U32_MAX);
}

/** One of netem's generators: each impairment has its own, with its own memory. */
export class Crandom {
  readonly #stream: Stream;
  /** ρ · 2^32 in two halves, because a product of two 32-bit numbers is not exact; 0 is no correlation. */
  readonly #rhoHigh: number;
  readonly #rhoLow: number;
  /** The last number. */
  readonly #last: Uint32Array;

  /** `name` is that of the stream. */
  constructor(correlation: number, kit: StageKit, name: string) {
    const rho = u32OfShare(correlation) === 0 ? 0 : u32OfShare(correlation) + 1;
    const stream = kit.stream(name);
    this.#stream = stream;
    this.#rhoHigh = Math.floor(rho / 2 ** 16);
    this.#rhoLow = rho % 2 ** 16;
    // No packet has the ordinal 0.
    this.#last = kit.memory(`netem ${name}`, () => Uint32Array.of(stream.int32(0, 0, 0)));
  }

  /** The next number, uniform or not, in 32 bits; signed, as draws are. */
  next(packet: Judgement): number {
    const draw = this.#stream.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh);
    if (this.#rhoHigh === 0 && this.#rhoLow === 0) return draw;
    // The kernel's (value · (2^32 − ρ) + last · ρ) >> 32 is value + ⌊(last − value) · ρ / 2^32⌋.
    const value = draw >>> 0;
    const difference = this.#last[0] - value;
    const low = Math.floor((difference * this.#rhoLow) / 2 ** 16);
    this.#last[0] = value + Math.floor((difference * this.#rhoHigh + low) / 2 ** 16);
    return this.#last[0] | 0;
  }
}

/** What befalls packets with a probability. */
export class NetemChance implements PacketEvent {
  readonly #random: Crandom;
  readonly #threshold: number;

  constructor({ probability, correlation }: Chance, kit: StageKit, name: string) {
    this.#random = new Crandom(correlation, kit, name);
    this.#threshold = u32OfShare(probability);
  }

  happens(packet: Judgement): boolean {
    return this.#threshold !== 0 && this.#threshold >= this.#random.next(packet) >>> 0;
  }
}
