/**
 * Who waits in a link and who is dropped (`aqm`): decides when a packet comes, and when one is wanted
 * for service. What a discipline does is determined by the times of these two.
 */

import { markCe } from '../../packet/ecn.js';
import type { Aqm, Impairments } from '../../rules/rule.js';
import type { PacketMemory } from '../packet-memory.js';
import type { Stream } from '../random.js';
import type { LinkExit } from './link.js';
import type { PacketQueue } from './packet-queue.js';
import type { QueueLimits } from './queue-limits.js';

export interface Discipline {
  /**
   * The packet in `slot` comes at EVENT_NS, which is in `memory.arrivalNs` too. Returns GO_ON, and it
   * is in the queue, or the cause of its drop. One that does not have to wait meets no limit.
   */
  enqueue(slot: number, mustWait: boolean, exit: LinkExit): number;
  /** The packet that goes into service at EVENT_NS; NONE when nothing is left in the queue. */
  dequeue(exit: LinkExit): number;
  /** Other values of the same kind, from EVENT_NS on. */
  tune(impairments: Impairments): void;
}

/** What disciplines work with. */
export interface LinkParts {
  readonly memory: PacketMemory;
  readonly queue: PacketQueue;
  readonly limits: QueueLimits;
  /** The link's registers. */
  readonly values: Float64Array;
  readonly stream: Stream;
}

/** The largest packet of most networks, for what the RFCs say in packets. */
export const PACKET_BYTES = 1500;

export function aqmKind(impairments: Impairments): Aqm['kind'] {
  return impairments.aqm?.kind ?? 'droptail';
}

/** Marks the packet CE, in place of a drop; false where it is not ECN-capable. */
export function mark(slot: number, memory: PacketMemory, exit: LinkExit): boolean {
  if (!markCe(memory.bytes, memory.frameOffset(slot) + memory.l3Start[slot])) return false;
  exit.mark(slot);
  return true;
}
