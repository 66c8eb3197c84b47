/**
 * The beginning of a byte stream, put together from pieces that come in any order, more than once
 * and overlapping, within fixed memory: bytes beyond the buffer, and pieces that would make one gap
 * too many, are left out.
 */

/** Pieces apart from each other; Chromium cuts a ClientHello into a dozen and shuffles them. */
const RANGES_MAX = 64;

export class StreamBuffer {
  readonly bytes: Uint8Array;
  /** What is there, as [from, to) pairs, ascending and apart. */
  readonly #ranges = new Int32Array(2 * (RANGES_MAX + 1));
  #count = 0;

  constructor(capacityBytes: number) {
    this.bytes = new Uint8Array(capacityBytes);
  }

  /** Bytes that are there from the beginning on, without a gap. */
  get ready(): number {
    return this.#count > 0 && this.#ranges[0] === 0 ? this.#ranges[1] : 0;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Takes `length` bytes at `at` of `source` as those from `offset` of the stream. */
  add(offset: number, source: Uint8Array, at: number, length: number): void {
    const from = Math.max(0, offset);
    const to = Math.min(this.bytes.length, offset + length);
    if (from >= to || !this.#insert(from, to)) return;
    this.bytes.set(source.subarray(at + from - offset, at + to - offset), from);
  }

  #insert(from: number, to: number): boolean {
    const ranges = this.#ranges;
    // The ranges that touch the new one are from `first` to before `last`.
    let first = 0;
    while (first < this.#count && ranges[2 * first + 1] < from) first++;
    let last = first;
    while (last < this.#count && ranges[2 * last] <= to) last++;
    if (first === last && this.#count === RANGES_MAX) return false;
    const low = first < last ? Math.min(from, ranges[2 * first]) : from;
    const high = first < last ? Math.max(to, ranges[2 * last - 1]) : to;
    ranges.copyWithin(2 * first + 2, 2 * last, 2 * this.#count);
    ranges[2 * first] = low;
    ranges[2 * first + 1] = high;
    this.#count += 1 - (last - first);
    return true;
  }
}
