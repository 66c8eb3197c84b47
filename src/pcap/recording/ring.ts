/**
 * The way from the live loop to the thread that writes the recording: a ring of records in shared memory,
 * with one producer that never waits and one consumer that polls. Neither side takes a lock or calls the
 * kernel for a record.
 *
 *     header │ record │ record │ … free … │ record │ record │ rest │
 *                              ▲ head                ▲ tail
 *
 * Head and tail count bytes modulo 2³². A record lies in one piece, on multiples of 8 bytes; one that
 * does not fit before the end begins anew at 0, and the rest is skipped.
 */

/** A power of two. At 10 Gbit/s it holds 54 ms, and the consumer looks every 5 ms (recording-thread.ts). */
export const RING_BYTES = 64 * 2 ** 20;

/** 32-bit words of the header; those that different threads write lie in different cache lines. */
const Word = { head: 0, state: 1, tail: 16 } as const;
/** Doubles behind them: aligned ones are read and written whole by every 64-bit processor. */
const Value = { lost: 16, endNs: 17, written: 24, bytes: 25, discarded: 26 } as const;
/** A whole number of 64 bits. */
const CLOCK_OFFSET = 18;
const HEADER_BYTES = 256;

/** Behind every record's beginning: its length in bytes, and what it is. */
export const RECORD_HEAD_BYTES = 8;
/** Kinds from 1 on are the users'. */
const REST = 0;

export const RingState = {
  live: 0,
  /** The producer has said all, also when it was. */
  ended: 1,
  /** There is no producer any more, and what it said last is not known. */
  broken: 2,
} as const;

/** `ringBytes` is a power of two. */
export function makeRing(ringBytes = RING_BYTES): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + ringBytes);
}

/** What both sides see, and any third thread may read. */
export class RingView {
  /** The records, from offset 0 of the ring. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly doubles: Float64Array<SharedArrayBuffer>;
  readonly size: number;
  readonly #header: Int32Array<SharedArrayBuffer>;
  readonly #values: Float64Array<SharedArrayBuffer>;
  readonly #integers: BigInt64Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer) {
    this.size = buffer.byteLength - HEADER_BYTES;
    this.bytes = new Uint8Array(buffer, HEADER_BYTES);
    this.words = new Int32Array(buffer, HEADER_BYTES);
    this.doubles = new Float64Array(buffer, HEADER_BYTES);
    this.#header = new Int32Array(buffer, 0, HEADER_BYTES / 4);
    this.#values = new Float64Array(buffer, 0, HEADER_BYTES / 8);
    this.#integers = new BigInt64Array(buffer, 0, HEADER_BYTES / 8);
  }

  get head(): number {
    return Atomics.load(this.#header, Word.head);
  }

  set head(position: number) {
    Atomics.store(this.#header, Word.head, position);
  }

  get tail(): number {
    return Atomics.load(this.#header, Word.tail);
  }

  set tail(position: number) {
    Atomics.store(this.#header, Word.tail, position);
  }

  /** A RingState. */
  get state(): number {
    return Atomics.load(this.#header, Word.state);
  }

  /** Wakes the consumer. */
  set state(state: number) {
    Atomics.store(this.#header, Word.state, state);
    Atomics.notify(this.#header, Word.state);
  }

  /** Waits for up to `ms` while the producer lives. */
  sleep(ms: number): void {
    Atomics.wait(this.#header, Word.state, RingState.live, ms);
  }

  /** The producer's: packets, and words about packets, that found no room. */
  get lost(): number {
    return this.#values[Value.lost]!;
  }

  set lost(count: number) {
    this.#values[Value.lost] = count;
  }

  /** The producer's, valid when it has ended: the last time that it knew. */
  get endNs(): number {
    return this.#values[Value.endNs]!;
  }

  set endNs(ns: number) {
    this.#values[Value.endNs] = ns;
  }

  /** The producer's, valid from the first record on: nanoseconds between 1970 and its clock's zero. */
  get clockOffsetNs(): bigint {
    return this.#integers[CLOCK_OFFSET]!;
  }

  set clockOffsetNs(ns: bigint) {
    this.#integers[CLOCK_OFFSET] = ns;
  }

  /** The consumer's: packets in the file. */
  get written(): number {
    return this.#values[Value.written]!;
  }

  set written(count: number) {
    this.#values[Value.written] = count;
  }

  /** The consumer's: the file's length. */
  get fileBytes(): number {
    return this.#values[Value.bytes]!;
  }

  set fileBytes(count: number) {
    this.#values[Value.bytes] = count;
  }

  /** The consumer's: packets that could not be written. */
  get discarded(): number {
    return this.#values[Value.discarded]!;
  }

  set discarded(count: number) {
    this.#values[Value.discarded] = count;
  }
}

/** The producer's side. What it writes is seen by the consumer after `publish`. */
export class RingWriter {
  readonly view: RingView;
  readonly #mask: number;
  readonly #size: number;
  #head = 0;
  /** The consumer's, when it was looked at last. */
  #tail = 0;

  constructor(view: RingView) {
    this.view = view;
    this.#size = view.size;
    this.#mask = view.size - 1;
    this.#head = view.head;
    this.#tail = view.tail;
  }

  /**
   * Where a record of up to `bytes` may be written, as an offset in the ring; −1 without room. `spare`
   * bytes stay free. Nothing is said before `take`.
   */
  place(bytes: number, spare: number): number {
    const at = this.#head & this.#mask;
    const rest = this.#size - at;
    const needed = bytes <= rest ? bytes : rest + bytes;
    if (!this.#hasRoom(needed + spare)) return -1;
    if (bytes <= rest) return at;
    this.#begin(at, rest, REST);
    this.#head = (this.#head + rest) | 0;
    return 0;
  }

  /** The record at `at`, where `place` said, is whole and of `bytes` bytes, a multiple of 8. */
  take(at: number, bytes: number, kind: number): void {
    this.#begin(at, bytes, kind);
    this.#head = (this.#head + bytes) | 0;
  }

  publish(): void {
    this.view.head = this.#head;
  }

  #begin(at: number, bytes: number, kind: number): void {
    const { words } = this.view;
    words[at >> 2] = bytes;
    words[(at >> 2) + 1] = kind;
  }

  #hasRoom(bytes: number): boolean {
    if (((this.#head - this.#tail) | 0) + bytes <= this.#size) return true;
    this.#tail = this.view.tail;
    return ((this.#head - this.#tail) | 0) + bytes <= this.#size;
  }
}

/** The consumer's side. */
export class RingReader {
  readonly view: RingView;
  /** Of the record that `next` found. */
  kind = 0;
  readonly #mask: number;
  #head = 0;
  #tail = 0;
  #bytes = 0;

  constructor(view: RingView) {
    this.view = view;
    this.#mask = view.size - 1;
    this.#head = view.head;
    this.#tail = view.tail;
  }

  /** Where the next record lies; −1 when there is none. It stays as it is until `release`. */
  next(): number {
    this.#tail = (this.#tail + this.#bytes) | 0;
    this.#bytes = 0;
    for (;;) {
      if (this.#tail === this.#head) {
        this.#head = this.view.head;
        if (this.#tail === this.#head) return -1;
      }
      const at = this.#tail & this.#mask;
      const { words } = this.view;
      const bytes = words[at >> 2]!;
      this.kind = words[(at >> 2) + 1]!;
      if (this.kind !== REST) {
        this.#bytes = bytes;
        return at;
      }
      this.#tail = (this.#tail + bytes) | 0;
    }
  }

  /** The producer may write over all records before the one that `next` found last. */
  release(): void {
    this.view.tail = this.#tail;
  }
}
