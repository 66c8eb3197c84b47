/**
 * PIE, as the pseudocode of RFC 8033, appendix A, where waits are measured by timestamps: each `update`
 * the drop probability moves by how far the wait of the packet that went into service last is from
 * `target`, and by how much it grew; what comes is dropped with that probability. With `ecn`, packets
 * of ECN-capable transports are marked instead while it is below 10 % (section 5.1). Drops are not
 * spaced (section 5.4, optional). The queue's limit holds as with droptail.
 *
 * As in Linux, a queue that has run empty has no wait; the appendix would keep the last sample, and
 * with it the probability, until packets come again.
 */
import type { Aqm, Impairments } from '../../rules/rule.js';
import { Counter } from '../counters.js';
import type { PacketMemory } from '../packet-memory.js';
import type { Stream } from '../random.js';
import { GO_ON } from '../stages/stage.js';
import { type Discipline, type LinkParts, mark, PACKET_BYTES } from './discipline.js';
import type { LinkExit } from './link.js';
import type { PacketQueue } from './packet-queue.js';
import { PieProbability } from './pie-probability.js';
import type { QueueLimits } from './queue-limits.js';
import { EVENT_NS } from './server.js';

/** Above this probability (MAX_ECNTH), ECN-capable packets are dropped like others. */
const MARK_BELOW = 0.1;

export class Pie implements Discipline {
  readonly #memory: PacketMemory;
  readonly #queue: PacketQueue;
  readonly #limits: QueueLimits;
  readonly #stream: Stream;
  readonly #probability: PieProbability;
  #isEcn = false;
  /** Packets that came, in two words: the number of the present one's draw, from 1. */
  #cameLow = 0;
  #cameHigh = 0;

  constructor({ memory, queue, limits, values, stream }: LinkParts) {
    this.#memory = memory;
    this.#queue = queue;
    this.#limits = limits;
    this.#stream = stream;
    this.#probability = new PieProbability(values, EVENT_NS);
  }

  tune({ aqm, ecn }: Impairments): void {
    const { targetNs, updateNs } = aqm as Extract<Aqm, { kind: 'pie' }>;
    this.#probability.tune(targetNs, updateNs);
    this.#isEcn = ecn;
  }

  enqueue(slot: number, mustWait: boolean, exit: LinkExit): number {
    this.#cameLow = (this.#cameLow + 1) | 0;
    if (this.#cameLow === 0) this.#cameHigh++;
    if (mustWait && this.#limits.refuse(slot)) return Counter.droppedQueue;

    const probability = this.#probability;
    probability.update();
    probability.allowBurst();
    // The RFC's drop_early.
    if (!probability.isIdle() && this.#queue.bytes > 2 * PACKET_BYTES && this.#isHit()) {
      const mayMark = this.#isEcn && probability.isBelow(MARK_BELOW);
      if (!mayMark || !mark(slot, this.#memory, exit)) return Counter.droppedQueue;
    }
    this.#queue.append(slot);
    return GO_ON;
  }

  dequeue(): number {
    this.#probability.update();
    const slot = this.#queue.take();
    if (this.#queue.packets === 0) this.#probability.noteEmpty();
    else this.#probability.noteWait(this.#memory.arrivalNs, slot);
    return slot;
  }

  #isHit(): boolean {
    return this.#probability.isAbove(this.#stream.int32(0, this.#cameLow, this.#cameHigh));
  }
}
