/**
 * What befell held packets without their being released: the link's queue dropped them after all, or
 * marked them. The engine collects it for drivers that write it down, and those clear it after each call.
 */
import type { PacketMemory } from './packet-memory.js';

const ROOM_AT_FIRST = 64;

export class LateFates {
  count = 0;
  /** `memory.serial` of the packet, and its SlotFlags. */
  serial = new Float64Array(ROOM_AT_FIRST);
  flags = new Uint8Array(ROOM_AT_FIRST);
  /** A Counter: `marked`, or why it was dropped. */
  what = new Uint8Array(ROOM_AT_FIRST);

  add(memory: PacketMemory, slot: number, what: number): void {
    if (this.count === this.what.length) this.#grow();
    this.serial[this.count] = memory.serial[slot];
    this.flags[this.count] = memory.flags[slot];
    this.what[this.count++] = what;
  }

  clear(): void {
    this.count = 0;
  }

  /** A queue may drop all that it holds in one call. */
  #grow(): void {
    const { serial, flags, what } = this;
    const room = 2 * this.count;
    this.serial = new Float64Array(room);
    this.flags = new Uint8Array(room);
    this.what = new Uint8Array(room);
    this.serial.set(serial);
    this.flags.set(flags);
    this.what.set(what);
  }
}
