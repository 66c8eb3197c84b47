/**
 * What lies between the stages that judge a packet and those that delay it: a queue and whatever
 * empties it, at its own time. The engine brings a link up to date before each packet that enters
 * it and when its next event is due, so that what happens depends on times only, not on calls.
 */
import type { Impairments } from '../../rules/rule.js';

/** Registers of `Link.values`: nanoseconds of the engine's time (doubles in fields would be boxed). */
/** Set by the engine before each call. */
export const NOW_NS = 0;
/** Set by the link: when it has to be advanced; Infinity when nothing waits. */
export const NEXT_NS = 1;
/** Set by the link before `LinkExit.depart`: when the packet leaves. */
export const DEPARTURE_NS = 2;
export const LINK_VALUES = 3;

/** What becomes of packets; called while the link works. */
export interface LinkExit {
  /** The packet has left, at `values[DEPARTURE_NS]`; departures come in order of time. */
  depart(slot: number): void;
  /** The packet was dropped out of the queue; `cause` is a `Counter.dropped…`. */
  discard(slot: number, cause: number): void;
  /** The packet's bytes got a CE mark. */
  mark(slot: number): void;
}

export interface Link {
  readonly values: Float64Array;
  /** Packets that wait or are being sent. */
  readonly depth: number;
  /**
   * Bits sent, as the link counts them (overhead, cells, or a trace's 4 bytes more), and nanoseconds up
   * to NOW_NS in which it had something to send: the realized rate. What was flushed is not in the bits.
   */
  readonly sentBits: number;
  readonly busyNs: number;
  /** Does everything that happens up to and including NOW_NS. */
  advance(exit: LinkExit): void;
  /**
   * The packet in `slot` (a held one: `memory.l3Length`, `l3Start` are set) comes at NOW_NS, up to
   * which the link was advanced. Returns GO_ON, or the cause of its drop: then the slot stays the caller's.
   * Others may be discarded meanwhile, and this one marked; what leaves, even at once, does at `advance`.
   */
  enqueue(slot: number, exit: LinkExit): number;
  /**
   * Other values of the same kind (`sameKind`), from NOW_NS on, up to which the link was advanced. What
   * waits keeps waiting, what is being sent keeps its time.
   */
  tune(impairments: Impairments): void;
  /** Lets everything depart at NOW_NS, in order. */
  flush(exit: LinkExit): void;
}
