/**
 * Where packets of a rule and direction get their place in the wheel: after their delay, in order
 * unless the rule says otherwise, in slots if it says so, and behind later packets when they were chosen
 * for that (`reorder P by N`).
 *
 * A packet that waits for later ones lies in the wheel for the case that they do not come. When they
 * have come, a copy takes its place right behind the last of them, and the original is void.
 */
import type { Impairments, Slot } from '../rules/rule.js';
import { netemSpacing } from './compat/slot-spacing.js';
import type { Counters } from './counters.js';
import { roomForDoubles, roomForInts } from './flow-arrays.js';
import type { LateFates } from './late-fates.js';
import { type PacketMemory, SlotFlag } from './packet-memory.js';
import { DUE_NS, SlotGate } from './slot-gate.js';
import type { StageKit } from './stages/kit.js';
import type { Wheel } from './wheel.js';

/** How long a packet waits for later ones of its flow at most (`reorder P by N`). */
export const REORDER_WAIT_NS = 100e6;

/** What the pipelines of an engine share. */
export interface Surroundings {
  readonly memory: PacketMemory;
  readonly counters: Counters;
  readonly wheel: Wheel;
  /** Null: nobody wants to know. */
  readonly late: LateFates | null;
}

/** Registers of `Outlet.values`. */
export const AT_NS = 0;
const LATEST_NS = 1;

export class Outlet {
  /** AT_NS: when the packet that is sent comes here. */
  readonly values = new Float64Array(2);
  /** Packets in the wheel that an ordered one must not overtake. */
  inWheel = 0;

  readonly #memory: PacketMemory;
  readonly #wheel: Wheel;
  /** For each flow the latest deadline. */
  #latestOfFlow = new Float64Array(0);
  /** For each flow the slots that wait, as a list over `memory.link`, from 1. */
  #waiting = new Int32Array(0);
  #ordered = true;
  #perFlow = false;
  #laterPackets = 0;
  #gate: SlotGate | null = null;
  #isNetem = false;

  constructor({ memory, wheel }: Surroundings) {
    this.#memory = memory;
    this.#wheel = wheel;
  }

  /** Other values from now on; what is in the wheel keeps its time. */
  tune(impairments: Impairments, kit: StageKit): void {
    const { jitter, reorder, slot, compat } = impairments;
    this.#ordered = jitter?.unordered !== true && compat === null;
    this.#perFlow = impairments.perFlow;
    this.#isNetem = compat !== null;
    this.#laterPackets = reorder?.kind === 'by' ? reorder.count : 0;
    this.#gate = slot === null ? null : makeGate(slot, compat !== null, kit);
  }

  /** Whether a packet without delay may not pass at once. */
  get mustQueue(): boolean {
    return this.#gate !== null || (this.#ordered && this.inWheel > 0);
  }

  /**
   * The packet in `slot` comes at AT_NS and is to be released `memory.deadlineNs[slot]` later: puts it
   * into the wheel.
   */
  send(slot: number): void {
    const memory = this.#memory;
    const values = this.values;
    const flags = memory.flags[slot];
    if ((flags & SlotFlag.skips) !== 0) {
      memory.deadlineNs[slot] = values[AT_NS];
      this.#insert(slot);
      return;
    }
    let dueNs = values[AT_NS] + memory.deadlineNs[slot];
    if (this.#perFlow) this.#latestOfFlow = roomForDoubles(this.#latestOfFlow, memory.entry[slot]);
    const latest = this.#perFlow ? this.#latestOfFlow : values;
    const order = this.#perFlow ? memory.entry[slot] : LATEST_NS;
    // A link is a queue: nobody overtakes, also not after the delay was reduced.
    if (this.#ordered && dueNs < latest[order]) dueNs = latest[order];
    if (this.#gate !== null) {
      // tc-netem counts the frame.
      const bytes = this.#isNetem ? memory.length[slot] : memory.l3Length[slot];
      const { values: gateValues } = this.#gate;
      gateValues[DUE_NS] = dueNs;
      this.#gate.leave(bytes);
      dueNs = gateValues[DUE_NS];
    }
    if ((flags & SlotFlag.waits) !== 0) {
      this.#wait(slot, dueNs);
      return;
    }
    if (this.#ordered && latest[order] < dueNs) latest[order] = dueNs;
    memory.deadlineNs[slot] = dueNs;
    this.#insert(slot);
    // A copy is no later packet.
    if (this.#laterPackets > 0 && (flags & SlotFlag.copy) === 0) {
      this.passLater(memory.entry[slot], memory.deadlineNs, slot);
    }
  }

  /**
   * A packet of the flow leaves at `times[at]`: those that wait for it have one less to wait for.
   */
  passLater(entry: number, times: Float64Array, at: number): void {
    const waiting = this.#waiting;
    if (entry >= waiting.length || waiting[entry] === 0) return;
    const memory = this.#memory;
    let before = -1;
    for (let slot = waiting[entry] - 1; slot >= 0; ) {
      const next = memory.link[slot] - 1;
      // Whoever's time is up has left, also when `expire` has not been called since.
      const isCounted = times[at] < memory.deadlineNs[slot];
      if (isCounted && --memory.l3Length[slot] <= 0 && this.#replace(slot, times, at)) {
        if (before < 0) waiting[entry] = next + 1;
        else memory.link[before] = next + 1;
      } else {
        before = slot;
      }
      slot = next;
    }
  }

  /** A packet of this outlet has left the wheel, or is void. */
  noteReleased(slot: number): void {
    const flags = this.#memory.flags[slot];
    if ((flags & SlotFlag.waits) === 0) this.inWheel--;
    else if ((flags & SlotFlag.void) === 0) this.#forgetWaiting(slot);
  }

  /** All held packets have left, ahead of their time. */
  noteFlushed(): void {
    this.values[LATEST_NS] = 0;
    this.#latestOfFlow.fill(0);
  }

  #insert(slot: number): void {
    this.inWheel++;
    this.#wheel.insert(slot);
  }

  #wait(slot: number, dueNs: number): void {
    const memory = this.#memory;
    const entry = memory.entry[slot];
    this.#waiting = roomForInts(this.#waiting, entry);
    const waiting = this.#waiting;
    memory.deadlineNs[slot] = dueNs + REORDER_WAIT_NS;
    memory.l3Length[slot] = this.#laterPackets;
    // To the end of the list: those that waited longer go first.
    memory.link[slot] = 0;
    let last = waiting[entry] - 1;
    if (last < 0) {
      waiting[entry] = slot + 1;
    } else {
      while (memory.link[last] > 0) last = memory.link[last] - 1;
      memory.link[last] = slot + 1;
    }
    this.#wheel.insert(slot);
  }

  /** False when the memory is full: then it waits on. */
  #replace(slot: number, times: Float64Array, at: number): boolean {
    const memory = this.#memory;
    const copy = memory.take(memory.length[slot]);
    if (copy < 0) return false;
    memory.copyAll(slot, copy);
    memory.flags[copy] &= ~SlotFlag.waits;
    memory.flags[slot] |= SlotFlag.void;
    // The packet's own time, when all the later ones left before that.
    const dueNs = memory.deadlineNs[slot] - REORDER_WAIT_NS;
    memory.deadlineNs[copy] = times[at] > dueNs ? times[at] : dueNs;
    this.#insert(copy);
    return true;
  }

  #forgetWaiting(slot: number): void {
    const memory = this.#memory;
    const waiting = this.#waiting;
    const entry = memory.entry[slot];
    if (waiting[entry] === slot + 1) {
      waiting[entry] = memory.link[slot];
      return;
    }
    for (let at = waiting[entry] - 1; at >= 0; at = memory.link[at] - 1) {
      if (memory.link[at] !== slot + 1) continue;
      memory.link[at] = memory.link[slot];
      return;
    }
  }
}

function makeGate(slot: Slot, isNetem: boolean, kit: StageKit): SlotGate {
  return isNetem ? new SlotGate(slot, kit, netemSpacing(slot.spacing)) : new SlotGate(slot, kit);
}
