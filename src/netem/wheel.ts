/**
 * Held packets by deadline: a hierarchical timing wheel that buckets coarsely and releases exactly,
 * by (deadline, order of insertion).
 *
 *     level   a bucket is   buckets   the level covers
 *       0       4.1 µs       4,096      16.8 ms
 *       1      16.8 ms       4,096      68.7 s
 *       2      68.7 s        4,096      78 h
 *       3      78 h             32     104 days (2^53 ns)
 *
 * A packet lies at the lowest level whose block (the time that the level covers) holds both its
 * deadline and now, in the bucket that the deadline's bits name. So levels and buckets are ordered,
 * and the earliest packet is in the first occupied bucket of the lowest occupied level, which a
 * bitmap per level finds. When now enters a bucket of an upper level, its packets move down.
 *
 * A bucket is a list in order of insertion that knows its earliest deadline and whether it is in
 * order of deadline too. Packets of one constant delay are, so they are never sorted; else the bucket
 * is sorted when due, by a stable merge sort. Moving down keeps the order of insertion, because a
 * bucket gets what lay above it when now enters its block, before anything can be inserted into it.
 * So packets of equal deadline leave in the order they came.
 */
import assert from 'node:assert';
import { sortByDeadline } from './linked-sort.js';

const NONE = -1;
const LEVELS = 4;
const INDEX_BITS = 12;
const BUCKETS = 2 ** INDEX_BITS;
const INDEX_MASK = BUCKETS - 1;

/**
 * Times are split into a lower half of 24 bits (a level-0 bucket's 12 and the level's index) and an
 * upper one of 29 (the other levels' indices), because bit operations work on 32-bit integers.
 */
const UPPER_UNIT_NS = 2 ** (2 * INDEX_BITS);

/** By packet slot: the links of the lists, and when the packets are due (integers below 2^53). */
export interface WheelMemory {
  readonly next: Int32Array;
  readonly deadlineNs: Float64Array;
}

export class Wheel {
  /** Packets inserted and not yet taken. */
  size = 0;

  readonly #next: Int32Array;
  readonly #deadlineNs: Float64Array;

  /** By bucket number (level * BUCKETS + index); they mean something where `#occupied` says so. */
  readonly #head = new Int32Array(LEVELS * BUCKETS);
  readonly #tail = new Int32Array(LEVELS * BUCKETS);
  readonly #earliestNs = new Float64Array(LEVELS * BUCKETS);
  readonly #unsorted = new Uint8Array(LEVELS * BUCKETS);
  /** A bit for each occupied bucket, and a bit for each word of those that is not 0. */
  readonly #occupied = new Int32Array((LEVELS * BUCKETS) / 32);
  readonly #summary = new Int32Array((LEVELS * BUCKETS) / 32 / 32);

  /** Everything due up to here has been expired. */
  readonly #nowNs = new Float64Array(1);
  #nowUpper = 0;
  #nowBucket = 0;

  /** The list of what is due and not yet taken. */
  #dueHead = NONE;
  #dueTail = NONE;

  constructor(memory: WheelMemory) {
    this.#next = memory.next;
    this.#deadlineNs = memory.deadlineNs;
  }

  /** Adds a packet whose deadline is set. A deadline in the past is due at the next `expire`. */
  insert(slot: number): void {
    this.size++;
    if (this.#deadlineNs[slot] < this.#nowNs[0]) this.#append(slot, this.#nowBucket);
    else this.#place(slot);
  }

  /** The earliest deadline, exactly; Infinity when nothing is held. */
  nextDeadline(): number {
    for (let level = 0; level < LEVELS; level++) {
      const bucket = this.#firstOccupied(level);
      if (bucket !== NONE) return this.#earliestNs[bucket];
    }
    return Number.POSITIVE_INFINITY;
  }

  /**
   * Makes due what has a deadline up to `nowNs`. Time never goes back: an earlier `nowNs` than the
   * last counts as that. Calling it too often costs little, calling it late makes packets late.
   */
  expire(nowNs: number): void {
    assert(nowNs <= Number.MAX_SAFE_INTEGER, 'times are below 2^53 ns');
    if (nowNs > this.#nowNs[0]) {
      this.#nowNs[0] = nowNs;
      const upper = (nowNs / UPPER_UNIT_NS) | 0;
      const entered = levelOf(upper ^ this.#nowUpper);
      this.#nowUpper = upper;
      this.#nowBucket = (nowNs - upper * UPPER_UNIT_NS) >>> INDEX_BITS;
      if (entered > 0) this.#enterBlock(entered);
    }
    this.#drainBefore(0, this.#nowBucket);
    if (this.#isOccupied(this.#nowBucket)) this.#drainDue(this.#nowBucket);
  }

  /** Makes everything due, whatever its deadline; time does not move. */
  expireAll(): void {
    for (let level = 0; level < LEVELS; level++) this.#drainBefore(level, BUCKETS);
  }

  /** The next due packet, in order of (deadline, insertion) within what one `expire` made due, or -1. */
  takeDue(): number {
    const slot = this.#dueHead;
    if (slot !== NONE) {
      this.#dueHead = this.#next[slot];
      this.size--;
    }
    return slot;
  }

  /** Now has come to another bucket of `level`: all before it is past, and what it holds moves down. */
  #enterBlock(level: number): void {
    for (let below = 0; below < level; below++) this.#drainBefore(below, BUCKETS);
    for (let at = level; at > 0; at--) {
      const index = indexAt(at, this.#nowUpper);
      this.#drainBefore(at, index);
      const bucket = at * BUCKETS + index;
      if (!this.#isOccupied(bucket)) continue;
      let slot = this.#head[bucket];
      this.#setEmpty(bucket);
      while (slot !== NONE) {
        const next = this.#next[slot];
        this.#place(slot);
        slot = next;
      }
    }
  }

  /** Appends the packet to the bucket that its deadline and now determine. */
  #place(slot: number): void {
    const deadlineNs = this.#deadlineNs[slot];
    const upper = (deadlineNs / UPPER_UNIT_NS) | 0;
    const level = levelOf(upper ^ this.#nowUpper);
    const index =
      level === 0 ? (deadlineNs - upper * UPPER_UNIT_NS) >>> INDEX_BITS : indexAt(level, upper);
    this.#append(slot, level * BUCKETS + index);
  }

  #append(slot: number, bucket: number): void {
    const deadlineNs = this.#deadlineNs[slot];
    this.#next[slot] = NONE;
    const bit = 1 << (bucket & 31);
    const word = bucket >>> 5;
    if ((this.#occupied[word] & bit) === 0) {
      this.#occupied[word] |= bit;
      this.#summary[word >>> 5] |= 1 << (word & 31);
      this.#head[bucket] = slot;
      this.#earliestNs[bucket] = deadlineNs;
      this.#unsorted[bucket] = 0;
    } else {
      const tail = this.#tail[bucket];
      this.#next[tail] = slot;
      if (deadlineNs < this.#deadlineNs[tail]) {
        this.#unsorted[bucket] = 1;
        if (deadlineNs < this.#earliestNs[bucket]) this.#earliestNs[bucket] = deadlineNs;
      }
    }
    this.#tail[bucket] = slot;
  }

  /** Makes due, in order, all buckets of the level whose index is below `end`. */
  #drainBefore(level: number, end: number): void {
    for (;;) {
      const bucket = this.#firstOccupied(level);
      if (bucket === NONE || bucket - level * BUCKETS >= end) return;
      this.#sort(bucket);
      this.#setEmpty(bucket);
      this.#appendDue(this.#head[bucket], this.#tail[bucket]);
    }
  }

  /** Makes due what is so in the bucket of now; the rest stays. */
  #drainDue(bucket: number): void {
    const nowNs = this.#nowNs[0];
    if (this.#earliestNs[bucket] > nowNs) return;
    this.#sort(bucket);
    const head = this.#head[bucket];
    let last = head;
    let rest = this.#next[head];
    while (rest !== NONE && this.#deadlineNs[rest] <= nowNs) {
      last = rest;
      rest = this.#next[rest];
    }
    if (rest === NONE) {
      this.#setEmpty(bucket);
    } else {
      this.#head[bucket] = rest;
      this.#earliestNs[bucket] = this.#deadlineNs[rest];
      this.#next[last] = NONE;
    }
    this.#appendDue(head, last);
  }

  #appendDue(head: number, tail: number): void {
    if (this.#dueHead === NONE) this.#dueHead = head;
    else this.#next[this.#dueTail] = head;
    this.#dueTail = tail;
  }

  #sort(bucket: number): void {
    if (this.#unsorted[bucket] === 0) return;
    sortByDeadline(this.#head, this.#tail, bucket, this.#next, this.#deadlineNs);
    this.#unsorted[bucket] = 0;
  }

  #isOccupied(bucket: number): boolean {
    return (this.#occupied[bucket >>> 5] & (1 << (bucket & 31))) !== 0;
  }

  #setEmpty(bucket: number): void {
    const word = bucket >>> 5;
    this.#occupied[word] &= ~(1 << (bucket & 31));
    if (this.#occupied[word] === 0) this.#summary[word >>> 5] &= ~(1 << (word & 31));
  }

  /** The number of the level's first occupied bucket, or -1. */
  #firstOccupied(level: number): number {
    const words = BUCKETS / 32 / 32;
    for (let i = level * words; i < (level + 1) * words; i++) {
      const summary = this.#summary[i];
      if (summary !== 0) {
        const word = i * 32 + lowestBit(summary);
        return word * 32 + lowestBit(this.#occupied[word]);
      }
    }
    return NONE;
  }
}

/** The level for a deadline by the bits in which its upper half differs from that of now. */
function levelOf(upperDifference: number): number {
  if (upperDifference === 0) return 0;
  if (upperDifference < BUCKETS) return 1;
  return upperDifference < BUCKETS * BUCKETS ? 2 : 3;
}

/** The index at level 1, 2 or 3 of a time with this upper half. */
function indexAt(level: number, upper: number): number {
  return (upper >>> ((level - 1) * INDEX_BITS)) & INDEX_MASK;
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
