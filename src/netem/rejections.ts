/** The answers to packets that `partition reject` drops: they wait in the wheel to be sent at once. */
import { clearOffloadHeader, OFFLOAD_HEADER_BYTES } from '../packet/offload-header.js';
import { Counter } from './counters.js';
import type { NatTable } from './nat-table.js';
import type { Surroundings } from './outlet.js';
import { SlotFlag } from './packet-memory.js';
import { REJECTION_BYTES_MAX, writeRejection } from './reject.js';
import { ARRIVAL_NS, type Judgement } from './stages/stage.js';

export class Rejections {
  readonly #packet: Judgement;
  readonly #nat: NatTable;
  readonly #surroundings: Surroundings;

  constructor(packet: Judgement, nat: NatTable, surroundings: Surroundings) {
    this.#packet = packet;
    this.#nat = nat;
    this.#surroundings = surroundings;
  }

  /** Tells the sender of the judged packet, in `slot`, that it was rejected; false where no answer is due. */
  reply(slot: number, row: number, isMapped: boolean): boolean {
    const { memory, counters, wheel } = this.#surroundings;
    const { view, values } = this.#packet;
    const reply = memory.take(REJECTION_BYTES_MAX);
    if (reply < 0) return false;
    if (isMapped) this.#nat.unmap(view);
    const at = memory.frameOffset(reply);
    const length = writeRejection(view, memory.bytes, at);
    if (length === 0) {
      memory.give(reply);
      return false;
    }
    clearOffloadHeader(memory.bytes, at - OFFLOAD_HEADER_BYTES);
    memory.segmentBytes[reply] = 0;
    memory.length[reply] = length;
    memory.linkType[reply] = memory.linkType[slot];
    memory.tag[reply] = memory.tag[slot];
    memory.serial[reply] = memory.serial[slot];
    memory.flags[reply] = SlotFlag.reply;
    memory.deadlineNs[reply] = values[ARRIVAL_NS];
    wheel.insert(reply);
    counters.count(row, Counter.replies);
    return true;
  }
}
