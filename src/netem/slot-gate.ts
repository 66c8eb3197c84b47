/**
 * tc-netem's slots (get_slot_next and netem_dequeue in net/sched/sch_netem.c): packets wait until the next
 * slot begins and leave together, until the slot's packets or bytes are used up or a packet comes due
 * that is later than the slot.
 *
 * netem looks at its queue whenever it has the chance, so packets with a delay may open slots before they
 * are due. Here a slot is opened when a packet is due, and by nothing else, so that the times depend on
 * the packets only. Without delay the two are the same.
 */
import type { Slot } from '../rules/rule.js';
import { DRAWS } from './distribution/normal.js';
import { Spread } from './distribution/spread.js';
import type { Stream } from './random.js';
import type { StageKit } from './stages/kit.js';

/** Register of `SlotGate.values`: when a packet is due; after `leave`, when it leaves. */
export const DUE_NS = 0;

/** From the beginning of a slot, or its last packet, to the next slot. */
export interface SlotSpacing {
  /** Replaces the draw `x[0]`, 0 … 2^32 − 1, by whole nanoseconds. */
  ofDraw(x: Float64Array): void;
}

/** Registers of `SlotGate.#state`, which outlives the gate when values change. */
const SLOT_NS = 0;
const PACKETS_LEFT = 1;
const BYTES_LEFT = 2;
/** Slots opened so far: what the draws are keyed by. */
const COUNT = 3;
/** When the last packet left: nobody overtakes it, where a distribution has negative times. */
const LEFT_NS = 4;

export class SlotGate {
  readonly values = new Float64Array(1);

  readonly #stream: Stream;
  readonly #spacing: SlotSpacing;
  readonly #packetsMax: number;
  readonly #bytesMax: number;
  readonly #state: Float64Array;
  readonly #x = new Float64Array(1);

  constructor(slot: Slot, kit: StageKit, spacing: SlotSpacing = trueSpacing(slot.spacing)) {
    this.#stream = kit.stream('slot');
    this.#spacing = spacing;
    this.#packetsMax = slot.packets === 0 ? Number.POSITIVE_INFINITY : slot.packets;
    this.#bytesMax = slot.bytes === 0 ? Number.POSITIVE_INFINITY : slot.bytes;
    const { startNs } = kit;
    const state = kit.memory('slots', () =>
      Float64Array.of(startNs, this.#packetsMax, this.#bytesMax, 0, Number.NEGATIVE_INFINITY),
    );
    if (state[PACKETS_LEFT] > this.#packetsMax) state[PACKETS_LEFT] = this.#packetsMax;
    if (state[BYTES_LEFT] > this.#bytesMax) state[BYTES_LEFT] = this.#bytesMax;
    this.#state = state;
  }

  /** For packets in order of the time at which they are due. */
  leave(bytes: number): void {
    const { values } = this;
    const state = this.#state;
    if (state[SLOT_NS] < values[DUE_NS]) this.#openAfter(values, DUE_NS);
    const leavesNs = Math.max(values[DUE_NS], state[SLOT_NS], state[LEFT_NS]);
    state[LEFT_NS] = leavesNs;
    values[DUE_NS] = leavesNs;
    state[PACKETS_LEFT]--;
    state[BYTES_LEFT] -= bytes;
    if (state[PACKETS_LEFT] <= 0 || state[BYTES_LEFT] <= 0) this.#openAfter(values, DUE_NS);
  }

  /** The next slot begins its spacing after `times[at]`. */
  #openAfter(times: Float64Array, at: number): void {
    const state = this.#state;
    const x = this.#x;
    const count = ++state[COUNT];
    x[0] = this.#stream.int32(0, count | 0, (count / 2 ** 32) | 0) >>> 0;
    this.#spacing.ofDraw(x);
    state[SLOT_NS] = times[at] + x[0];
    state[PACKETS_LEFT] = this.#packetsMax;
    state[BYTES_LEFT] = this.#bytesMax;
  }
}

function trueSpacing(spacing: Slot['spacing']): SlotSpacing {
  return spacing.kind === 'even' ? new EvenSpacing(spacing) : new DrawnSpacing(spacing);
}

/** All whole nanoseconds from the least to the most alike. */
class EvenSpacing implements SlotSpacing {
  readonly #minNs: number;
  readonly #nsPerDraw: number;

  constructor({ minNs, maxNs }: Extract<Slot['spacing'], { kind: 'even' }>) {
    this.#minNs = Math.round(minNs);
    this.#nsPerDraw = (Math.round(maxNs) - this.#minNs + 1) / DRAWS;
  }

  ofDraw(x: Float64Array): void {
    x[0] = this.#minNs + Math.floor(x[0] * this.#nsPerDraw);
  }
}

class DrawnSpacing implements SlotSpacing {
  readonly #spread: Spread;
  readonly #delayNs: number;

  constructor(spacing: Extract<Slot['spacing'], { kind: 'distribution' }>) {
    this.#spread = new Spread(spacing.distribution, spacing.spreadNs);
    this.#delayNs = Math.round(spacing.delayNs);
  }

  ofDraw(x: Float64Array): void {
    this.#spread.ofDraw(x);
    x[0] += this.#delayNs;
  }
}
