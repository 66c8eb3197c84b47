/**
 * CoDel, as the pseudocode of RFC 8289, section 5: when packets have waited longer than `target` for at
 * least `interval`, drops one, and the next ones at intervals that shrink with the square root of
 * their number, until the wait is below target. Decides as packets go into service. With `ecn`,
 * packets of ECN-capable transports are marked instead; as in Linux, a marked packet goes out and the
 * next is due by the same control law. The queue's limit holds as with droptail.
 */
import type { Aqm, Impairments } from '../../rules/rule.js';
import { Counter } from '../counters.js';
import type { PacketMemory } from '../packet-memory.js';
import { GO_ON } from '../stages/stage.js';
import { type Discipline, type LinkParts, mark, PACKET_BYTES } from './discipline.js';
import type { LinkExit } from './link.js';
import type { PacketQueue } from './packet-queue.js';
import type { QueueLimits } from './queue-limits.js';
import { EVENT_NS, NONE } from './server.js';

/** Registers of `#times`. */
const TARGET_NS = 0;
const INTERVAL_NS = 1;
/** When the wait will have been above target for an interval; 0: it is below. */
const FIRST_ABOVE_NS = 2;
const DROP_NEXT_NS = 3;
const REGISTERS = 4;

/** Dropping begins where it ended, if that was less than so many intervals ago. */
const INTERVALS_REMEMBERED = 16;

export class Codel implements Discipline {
  readonly #memory: PacketMemory;
  readonly #queue: PacketQueue;
  readonly #limits: QueueLimits;
  /** The link's registers. */
  readonly #values: Float64Array;
  readonly #times = new Float64Array(REGISTERS);
  #isEcn = false;
  /**
   * With less than this waiting nothing is dropped, or a slow line would run dry. The RFC proposes the
   * interface's MTU; as in its authors' own code, a larger packet that was seen counts instead.
   */
  #largestBytes = PACKET_BYTES;
  #isDropping = false;
  #isOkToDrop = false;
  #count = 0;
  #lastCount = 0;

  constructor({ memory, queue, limits, values }: LinkParts) {
    this.#memory = memory;
    this.#queue = queue;
    this.#limits = limits;
    this.#values = values;
  }

  tune({ aqm, ecn }: Impairments): void {
    const { targetNs, intervalNs } = aqm as Extract<Aqm, { kind: 'codel' }>;
    this.#times[TARGET_NS] = targetNs;
    this.#times[INTERVAL_NS] = intervalNs;
    this.#isEcn = ecn;
  }

  enqueue(slot: number, mustWait: boolean): number {
    if (mustWait && this.#limits.refuse(slot)) return Counter.droppedQueue;
    this.#largestBytes = Math.max(this.#largestBytes, this.#memory.l3Length[slot]);
    this.#queue.append(slot);
    return GO_ON;
  }

  dequeue(exit: LinkExit): number {
    const times = this.#times;
    const nowNs = this.#values[EVENT_NS];
    let slot = this.#takeAndJudge();
    if (this.#isDropping) {
      if (!this.#isOkToDrop) this.#isDropping = false;
      while (this.#isDropping && nowNs >= times[DROP_NEXT_NS]) {
        this.#count++;
        if (this.#isEcn && mark(slot, this.#memory, exit)) {
          this.#scheduleNext();
          return slot;
        }
        exit.discard(slot, Counter.droppedQueue);
        slot = this.#takeAndJudge();
        if (this.#isOkToDrop) this.#scheduleNext();
        else this.#isDropping = false;
      }
    } else if (this.#isOkToDrop) {
      if (!this.#isEcn || !mark(slot, this.#memory, exit)) {
        exit.discard(slot, Counter.droppedQueue);
        slot = this.#takeAndJudge();
      }
      this.#isDropping = true;
      const delta = this.#count - this.#lastCount;
      const sinceNs = nowNs - times[DROP_NEXT_NS];
      const isRecent = sinceNs < INTERVALS_REMEMBERED * times[INTERVAL_NS];
      this.#count = delta > 1 && isRecent ? delta : 1;
      times[DROP_NEXT_NS] = nowNs;
      this.#scheduleNext();
      this.#lastCount = this.#count;
    }
    return slot;
  }

  /** The RFC's dodequeue: the oldest packet, and whether it may be dropped. */
  #takeAndJudge(): number {
    const times = this.#times;
    const nowNs = this.#values[EVENT_NS];
    const slot = this.#queue.take();
    this.#isOkToDrop = false;
    if (slot === NONE) {
      times[FIRST_ABOVE_NS] = 0;
      return NONE;
    }
    const waitedNs = nowNs - this.#memory.arrivalNs[slot];
    if (waitedNs < times[TARGET_NS] || this.#queue.bytes <= this.#largestBytes) {
      times[FIRST_ABOVE_NS] = 0;
    } else if (times[FIRST_ABOVE_NS] === 0) {
      times[FIRST_ABOVE_NS] = nowNs + times[INTERVAL_NS];
    } else if (nowNs >= times[FIRST_ABOVE_NS]) {
      this.#isOkToDrop = true;
    }
    return slot;
  }

  /** The control law. */
  #scheduleNext(): void {
    this.#times[DROP_NEXT_NS] += this.#times[INTERVAL_NS] / Math.sqrt(this.#count);
  }
}
