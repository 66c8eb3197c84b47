/**
 * How much may wait in a link (`queue`): packets, IP bytes, or the time that a packet would have to
 * wait until its service begins, at the present rate or, with a trace, by the trace's next
 * opportunities. What is in service counts for none of them, except that its rest has to be waited for.
 */
import { QUEUE_PACKETS_DEFAULT } from '../../rules/limits.js';
import type { QueueLimit } from '../../rules/rule.js';
import type { PacketMemory } from '../packet-memory.js';
import type { PacketQueue } from './packet-queue.js';
import { type Server, TIME_LIMIT_NS } from './server.js';

const DEFAULT: QueueLimit = { packets: QUEUE_PACKETS_DEFAULT, bytes: null, timeNs: null };

export class QueueLimits {
  readonly #memory: PacketMemory;
  readonly #queue: PacketQueue;
  readonly #server: Server;
  /** The link's registers. */
  readonly #values: Float64Array;
  #packets = Number.MAX_SAFE_INTEGER;
  #bytes = Number.MAX_SAFE_INTEGER;
  #isTimed = false;

  constructor(memory: PacketMemory, queue: PacketQueue, server: Server, values: Float64Array) {
    this.#memory = memory;
    this.#queue = queue;
    this.#server = server;
    this.#values = values;
  }

  tune(limit: QueueLimit | null): void {
    const { packets, bytes, timeNs } = limit ?? DEFAULT;
    this.#packets = packets ?? Number.MAX_SAFE_INTEGER;
    this.#bytes = bytes ?? Number.MAX_SAFE_INTEGER;
    this.#isTimed = timeNs !== null;
    this.#values[TIME_LIMIT_NS] = timeNs ?? Number.POSITIVE_INFINITY;
  }

  /** Whether there is no room behind what waits for the packet in `slot`, which comes at EVENT_NS. */
  refuse(slot: number): boolean {
    const queue = this.#queue;
    return (
      queue.packets >= this.#packets ||
      queue.bytes + this.#memory.l3Length[slot] > this.#bytes ||
      (this.#isTimed && this.#server.waitsTooLong(queue.cost))
    );
  }
}
