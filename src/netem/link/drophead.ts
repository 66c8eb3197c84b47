/**
 * A queue that, when it is full, drops those who have waited longest until there is room for what
 * comes; only a packet for which there would be no room at all is refused.
 */
import { Counter } from '../counters.js';
import { GO_ON } from '../stages/stage.js';
import type { Discipline, LinkParts } from './discipline.js';
import type { LinkExit } from './link.js';
import type { PacketQueue } from './packet-queue.js';
import type { QueueLimits } from './queue-limits.js';

export class DropHead implements Discipline {
  readonly #queue: PacketQueue;
  readonly #limits: QueueLimits;

  constructor({ queue, limits }: LinkParts) {
    this.#queue = queue;
    this.#limits = limits;
  }

  enqueue(slot: number, mustWait: boolean, exit: LinkExit): number {
    const queue = this.#queue;
    while (mustWait && this.#limits.refuse(slot)) {
      if (queue.packets === 0) return Counter.droppedQueue;
      exit.discard(queue.take(), Counter.droppedQueue);
    }
    queue.append(slot);
    return GO_ON;
  }

  dequeue(): number {
    return this.#queue.take();
  }

  tune(): void {}
}
