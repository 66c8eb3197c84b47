/**
 * Where packets lie between two system calls: one preallocated buffer under a hard limit, with
 * parallel arrays for what belongs to a packet. A packet is a slot number, never an object, so that
 * nothing is allocated per packet.
 *
 *     buffer:  slab 0 (2,052 slots of 128 B)         slab 1                 … untouched slabs
 *              ┌────┬────┬────┬────┬─ … ─┐           ┌─────────┬─────────┬ … ┐
 *              │cell│cell│cell│    │     │ class 0   │  cell   │  cell   │   │ class 6
 *              └────┴────┴────┴────┴─ … ─┘ 1 slot    └─────────┴─────────┴ … ┘ 12 slots (1,536 B)
 *     cell:    │ headroom 16 B │ frame … │
 *
 * A slab serves one size class while it holds packets and returns to the common pool when empty, so
 * a phase of small packets cannot starve the large ones after it. Untouched memory costs nothing:
 * the kernel backs it by pages only on first use.
 */
import assert from 'node:assert';
import { FRAME_BYTES_MAX, HEADROOM_BYTES } from './limits.js';

export const SLOT_BYTES = 128;

/**
 * Divisors of SLAB_SLOTS = 2²·3³·19, so that no slab has a rest, and at most 1.6 apart. 12 slots hold
 * an Ethernet frame of 1,518 bytes, 513 hold FRAME_BYTES_MAX.
 */
const CLASS_SLOTS = [1, 2, 3, 4, 6, 9, 12, 18, 27, 38, 57, 76, 108, 171, 228, 342, 513] as const;
const SLAB_SLOTS = 2_052;

/** The buffer's 128 bytes and what the parallel arrays below take for a slot. */
const BYTES_PER_SLOT = SLOT_BYTES + 4 + 2 + 2 + 1 + 8 + 1 + 4 + 8 + 4 + 8 + 4 + 8 + 4 + 1 + 4 + 1;
const BYTES_PER_SLAB = SLAB_SLOTS * BYTES_PER_SLOT + 5 * 4 + 1;

/** What a held packet is or wants. */
export const SlotFlag = {
  /** An answer to a rejected packet: it leaves by the opposite direction, and no row counts it. */
  reply: 1,
  /** A copy that `duplicate` made. */
  copy: 2,
  /** Another slot has taken the packet's place. */
  void: 4,
  /** `Effect.skips` and `Effect.waits` of its judgement. */
  skips: 8,
  waits: 16,
} as const;

const NONE = -1;

/** The size class for a number of slots from 1 to 513. */
const classForSlots = new Uint8Array(CLASS_SLOTS[CLASS_SLOTS.length - 1] + 1);
for (let slots = 0, sizeClass = 0; slots < classForSlots.length; slots++) {
  if (slots > CLASS_SLOTS[sizeClass]) sizeClass++;
  classForSlots[slots] = sizeClass;
}

export class PacketMemory {
  /** Over one plain ArrayBuffer; a frame begins at `frameOffset(slot)`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the driver's own bytes begin. */
  readonly edgeAt: number;
  /** By slot: frame length in bytes. */
  readonly length: Int32Array;
  /**
   * By slot: 0 when the frame is one wire packet, else the payload bytes of each segment of the train
   * that it is. What else the kernel says of the frame lies in the headroom (packet/offload-header.ts).
   */
  readonly segmentBytes: Uint16Array;
  /** By slot, of a held packet: how many wire packets it is. */
  readonly segments: Uint16Array;
  /** By slot: the driver's (which lane the frame came by); the engine only copies it. */
  readonly tag: Uint8Array;
  /**
   * By slot: the driver's number of the packet, which its copies and answers share; the engine only copies
   * it.
   */
  readonly serial: Float64Array;
  /** By slot: a `LinkType`. */
  readonly linkType: Uint8Array;
  /** By slot, the engine's: the next packet of the same list; free cells use it too. */
  readonly next: Int32Array;
  /**
   * By slot, the engine's: when the packet is to leave; before it has its place in the wheel, how long it
   * is to be delayed behind the link.
   */
  readonly deadlineNs: Float64Array;
  /** By slot, the engine's: the counter row that holds the packet. */
  readonly row: Int32Array;
  /** By slot, the engine's: when it came. */
  readonly arrivalNs: Float64Array;
  /** By slot, the engine's: `Judgement.entry`, and the packet's number there. */
  readonly entry: Int32Array;
  readonly ordinal: Float64Array;
  /** By slot, the engine's: bytes by which a link counts it (IP length); while it waits, for how many. */
  readonly l3Length: Int32Array;
  /** By slot, the engine's: where in the frame the IP header begins. */
  readonly l3Start: Uint8Array;
  /** By slot, the engine's: a second list, of slots + 1; 0 ends it. */
  readonly link: Int32Array;
  /** By slot: bits of `SlotFlag`. */
  readonly flags: Uint8Array;

  readonly #slabCount: number;
  readonly #slabClass: Uint8Array;
  /** Cells in use, cells ever used since the slab left the pool, and the list of those given back. */
  readonly #slabUsed: Int32Array;
  readonly #slabTouched: Int32Array;
  readonly #slabFree: Int32Array;
  /** Doubly linked: the slabs of a class that have room; singly linked: the pool. */
  readonly #slabNext: Int32Array;
  readonly #slabPrevious: Int32Array;
  readonly #roomyByClass = new Int32Array(CLASS_SLOTS.length).fill(NONE);
  #pool = NONE;
  #slabsTouched = 0;
  #usedSlots = 0;

  /**
   * `bytesMax` limits everything this object allocates, the parallel arrays included, but the `edgeBytes`:
   * they lie behind the slots and are the driver's, for what it reads and writes (files), so that frames
   * move by `copyWithin`, which allocates nothing.
   */
  constructor(bytesMax: number, edgeBytes = 0) {
    this.#slabCount = Math.max(0, Math.floor(bytesMax / BYTES_PER_SLAB));
    const slots = this.#slabCount * SLAB_SLOTS;
    this.edgeAt = slots * SLOT_BYTES;
    this.bytes = new Uint8Array(this.edgeAt + edgeBytes);
    this.length = new Int32Array(slots);
    this.segmentBytes = new Uint16Array(slots);
    this.segments = new Uint16Array(slots);
    this.tag = new Uint8Array(slots);
    this.serial = new Float64Array(slots);
    this.linkType = new Uint8Array(slots);
    this.next = new Int32Array(slots);
    this.deadlineNs = new Float64Array(slots);
    this.row = new Int32Array(slots);
    this.arrivalNs = new Float64Array(slots);
    this.entry = new Int32Array(slots);
    this.ordinal = new Float64Array(slots);
    this.l3Length = new Int32Array(slots);
    this.l3Start = new Uint8Array(slots);
    this.link = new Int32Array(slots);
    this.flags = new Uint8Array(slots);
    this.#slabClass = new Uint8Array(this.#slabCount);
    this.#slabUsed = new Int32Array(this.#slabCount);
    this.#slabTouched = new Int32Array(this.#slabCount);
    this.#slabFree = new Int32Array(this.#slabCount);
    this.#slabNext = new Int32Array(this.#slabCount);
    this.#slabPrevious = new Int32Array(this.#slabCount);
  }

  /** Bytes of the buffer that belong to taken cells, staging included. */
  get usedBytes(): number {
    return this.#usedSlots * SLOT_BYTES;
  }

  /** Offset of the slot's frame in `bytes`; HEADROOM_BYTES before it belong to the slot too. */
  frameOffset(slot: number): number {
    return slot * SLOT_BYTES + HEADROOM_BYTES;
  }

  /** Slots for frames of any length, for readers to read into; they are never given back. */
  takeStaging(count: number): Int32Array {
    const slots = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      slots[i] = this.take(FRAME_BYTES_MAX);
      assert(slots[i] !== NONE, `packet memory has no room for ${count} staging slots`);
    }
    return slots;
  }

  /** A slot for a frame of up to FRAME_BYTES_MAX bytes, or -1 when the memory is full. */
  take(frameLength: number): number {
    const slots = (frameLength + (HEADROOM_BYTES + SLOT_BYTES - 1)) >>> 7;
    let sizeClass = classForSlots[slots];
    let slab = this.#roomyByClass[sizeClass];
    if (slab === NONE) {
      slab = this.#takeSlab(sizeClass);
      // Full, but perhaps not for good: a cell that is too large is better than a lost packet.
      while (slab === NONE) {
        if (++sizeClass === CLASS_SLOTS.length) return NONE;
        slab = this.#roomyByClass[sizeClass];
      }
    }
    const cellSlots = CLASS_SLOTS[this.#slabClass[slab]];
    let slot = this.#slabFree[slab];
    if (slot !== NONE) {
      this.#slabFree[slab] = this.next[slot];
    } else {
      slot = slab * SLAB_SLOTS + this.#slabTouched[slab]++ * cellSlots;
    }
    if (++this.#slabUsed[slab] * cellSlots === SLAB_SLOTS) this.#unlink(slab);
    this.#usedSlots += cellSlots;
    return slot;
  }

  /** Gives a slot back; its bytes may be overwritten from now on. */
  give(slot: number): void {
    const slab = (slot / SLAB_SLOTS) | 0;
    const cellSlots = CLASS_SLOTS[this.#slabClass[slab]];
    if (this.#slabUsed[slab] * cellSlots === SLAB_SLOTS) this.#link(slab);
    this.next[slot] = this.#slabFree[slab];
    this.#slabFree[slab] = slot;
    this.#usedSlots -= cellSlots;
    if (--this.#slabUsed[slab] === 0) {
      this.#unlink(slab);
      this.#slabNext[slab] = this.#pool;
      this.#pool = slab;
    }
  }

  /**
   * Copies a frame with its headroom (which may carry a virtio-net header), length, tag, serial, link type.
   */
  copy(from: number, to: number): void {
    const length = this.length[from];
    this.length[to] = length;
    this.segmentBytes[to] = this.segmentBytes[from];
    this.tag[to] = this.tag[from];
    this.serial[to] = this.serial[from];
    this.linkType[to] = this.linkType[from];
    // 25 ns for 106 bytes, 50 for 1,514; a loop over 32-bit words takes 31 and 480.
    const start = from * SLOT_BYTES;
    this.bytes.copyWithin(to * SLOT_BYTES, start, start + HEADROOM_BYTES + length);
  }

  /** Like `copy`, with everything that the engine knows of the packet. */
  copyAll(from: number, to: number): void {
    this.copy(from, to);
    this.segments[to] = this.segments[from];
    this.row[to] = this.row[from];
    this.arrivalNs[to] = this.arrivalNs[from];
    this.entry[to] = this.entry[from];
    this.ordinal[to] = this.ordinal[from];
    this.l3Length[to] = this.l3Length[from];
    this.l3Start[to] = this.l3Start[from];
    this.flags[to] = this.flags[from];
  }

  /** Last in, first out: the pages touched last are used again first. */
  #takeSlab(sizeClass: number): number {
    let slab = this.#pool;
    if (slab !== NONE) {
      this.#pool = this.#slabNext[slab];
    } else {
      if (this.#slabsTouched === this.#slabCount) return NONE;
      slab = this.#slabsTouched++;
    }
    this.#slabClass[slab] = sizeClass;
    this.#slabUsed[slab] = 0;
    this.#slabTouched[slab] = 0;
    this.#slabFree[slab] = NONE;
    this.#link(slab);
    return slab;
  }

  /** Puts the slab first among those of its class that have room. */
  #link(slab: number): void {
    const sizeClass = this.#slabClass[slab];
    const first = this.#roomyByClass[sizeClass];
    this.#slabNext[slab] = first;
    this.#slabPrevious[slab] = NONE;
    if (first !== NONE) this.#slabPrevious[first] = slab;
    this.#roomyByClass[sizeClass] = slab;
  }

  #unlink(slab: number): void {
    const next = this.#slabNext[slab];
    const previous = this.#slabPrevious[slab];
    if (next !== NONE) this.#slabPrevious[next] = previous;
    if (previous !== NONE) this.#slabNext[previous] = next;
    else this.#roomyByClass[this.#slabClass[slab]] = next;
  }
}
