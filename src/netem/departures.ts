/** What is written down of packets that leave: how long they took, and whether they were overtaken. */
import { Counter, type Counters } from './counters.js';
import type { DelayTable } from './delay-table.js';
import { FLOW_ENTRIES } from './limits.js';
import { type PacketMemory, SlotFlag } from './packet-memory.js';
import type { Pipeline } from './pipeline.js';
import { ARRIVAL_NS, type Judgement, ORDINAL } from './stages/stage.js';

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

  /** So many packets of the row left after `tookNs`. */
  recordTime(row: number, packets: number): void {
    this.#counters.countDelay(row, this.tookNs, packets);
    this.#delays.row(row).recordFrom(this.tookNs, 0, packets);
  }

  /** The judged packet leaves at once: those of its flow held before it, and not yet gone, are overtaken. */
  notePassed(pipeline: Pipeline, { values, entry }: Judgement): void {
    if (pipeline.takesTime) {
      // Without delay among packets that have one: chosen by `reorder`.
      this.tookNs[0] = 0;
      this.recordTime(pipeline.row, 1);
    }
    if (!pipeline.mayReorder) return;
    if (values[ORDINAL] > this.#highestLeft[entry]) this.#highestLeft[entry] = values[ORDINAL];
    pipeline.outlet.passLater(entry, values, ARRIVAL_NS);
  }

  /** RFC 4737, section 4.1: reordered is what leaves after a later one. Copies are not counted there. */
  noteOrder(slot: number): void {
    const memory = this.#memory;
    if ((memory.flags[slot] & SlotFlag.copy) !== 0) return;
    const entry = memory.entry[slot];
    const ordinal = memory.ordinal[slot];
    if (ordinal < this.#highestLeft[entry]) {
      this.#counters.count(memory.row[slot], Counter.reordered, memory.segments[slot]);
    } else {
      this.#highestLeft[entry] = ordinal + memory.segments[slot] - 1;
    }
  }
}
