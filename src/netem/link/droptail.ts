/** A queue that refuses what comes when it is full. */
import { Counter } from '../counters.js';
import { GO_ON } from '../stages/stage.js';
import type { Discipline, LinkParts } from './discipline.js';
import type { PacketQueue } from './packet-queue.js';
import type { QueueLimits } from './queue-limits.js';

export class DropTail implements Discipline {
  readonly #queue: PacketQueue;
  readonly #limits: QueueLimits;

  constructor({ queue, limits }: LinkParts) {
    this.#queue = queue;
    this.#limits = limits;
  }

  enqueue(slot: number, mustWait: boolean): number {
    if (mustWait && this.#limits.refuse(slot)) return Counter.droppedQueue;
    this.#queue.append(slot);
    return GO_ON;
  }

  dequeue(): number {
    return this.#queue.take();
  }

  tune(): void {}
}
