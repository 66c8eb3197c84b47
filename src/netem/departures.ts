/** What is written down of packets that leave: how long they took, and whether they were overtaken. */
import { Counter, type Counters } from './counters.js';
import type { DelayTable } from './delay-table.js';
import { FLOW_ENTRIES } from './limits.js';
import { type PacketMemory, SlotFlag } from './packet-memory.js';

export class Departures {
  /** The time that the packet took which leaves now; in an array, because V8 boxes doubles in fields. */
  readonly tookNs = new Float64Array(1);

  readonly #memory: PacketMemory;
  readonly #counters: Counters;
  readonly #delays: DelayTable;
  /** By flow entry: the highest ordinal of the packets that left. */
  readonly #highestLeft = new Float64Array(FLOW_ENTRIES);

  constructor(memory: PacketMemory, counters: Counters, delays: DelayTable) {
    this.#memory = memory;
    this.#counters = counters;
    this.#delays = delays;
  }

  /** The entry's flow sends its first packet: what a forgotten one left there ends. */
  beginFlow(entry: number): void {
    this.#highestLeft[entry] = 0;
  }

  /** A packet of the row left after `tookNs`. */
  recordTime(row: number): void {
    this.#counters.countDelay(row, this.tookNs);
    this.#delays.row(row).recordFrom(this.tookNs, 0);
  }

  /** A packet of the flow left at once: those held before it, and not yet gone, are overtaken. */
  notePassed(entry: number, ordinal: number): void {
    if (ordinal > this.#highestLeft[entry]) this.#highestLeft[entry] = ordinal;
  }

  /** RFC 4737, section 4.1: reordered is what leaves after a later one. Copies are not counted there. */
  noteOrder(slot: number): void {
    const memory = this.#memory;
    if ((memory.flags[slot] & SlotFlag.copy) !== 0) return;
    const entry = memory.entry[slot];
    const ordinal = memory.ordinal[slot];
    if (ordinal < this.#highestLeft[entry]) {
      this.#counters.count(memory.row[slot], Counter.reordered);
    } else {
      this.#highestLeft[entry] = ordinal;
    }
  }
}
