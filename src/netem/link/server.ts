/**
 * What empties the queue of a link: a line of some rate, or a trace of moments at which packets can
 * leave. A server has at most one packet in service; that packet has left the queue. Everything a
 * server does is determined by times, so when it takes a packet it knows when that one will leave.
 */
import type { Impairments } from '../../rules/rule.js';
import { LINK_VALUES } from './link.js';

/** Registers of `Link.values` that only the parts of a link use. */
/** When that happens which is being worked on: never after NOW_NS. */
export const EVENT_NS = LINK_VALUES;
/** Set by `Server.findReady`. */
export const READY_NS = LINK_VALUES + 1;
/** Set by `Server.serve`. */
export const FINISH_NS = LINK_VALUES + 2;
/** `QueueLimit.timeNs`; Infinity without. */
export const TIME_LIMIT_NS = LINK_VALUES + 3;
export const LINK_REGISTERS = LINK_VALUES + 4;

/** In place of a slot. */
export const NONE = -1;

export interface Server {
  /** By how many bytes the server counts a packet of so many IP bytes. */
  costOf(l3Length: number): number;
  /** READY_NS: when, from EVENT_NS on, a packet can go into service if none is there; Infinity is never. */
  findReady(): void;
  /**
   * Takes the packet in `slot`, of that cost, which came at `memory.arrivalNs[slot]`, into service at
   * EVENT_NS. FINISH_NS: when it leaves; Infinity is never.
   */
  serve(slot: number, cost: number): void;
  /**
   * Whether a packet that comes at EVENT_NS would wait longer than TIME_LIMIT_NS until its service
   * begins, behind the one in service and others that cost `costAhead` together.
   */
  waitsTooLong(costAhead: number): boolean;
  /** Other values from EVENT_NS on; what is in service keeps its time. Returns whether costs change. */
  tune(impairments: Impairments): boolean;
}
