/**
 * A block that the window cannot hold, collected in a buffer of its own. The buffer grows with the bytes
 * that have come, not with what the block says of itself.
 */

const BYTES_AT_FIRST = 2 ** 20;

export class LargeBlock {
  readonly type: number;
  readonly length: number;
  /** In the file. */
  readonly offset: number;
  #bytes: Uint8Array;
  #filled = 0;

  constructor(type: number, length: number, offset: number) {
    this.type = type;
    this.length = length;
    this.offset = offset;
    this.#bytes = new Uint8Array(Math.min(length, BYTES_AT_FIRST));
  }

  /** Takes what belongs to the block from the front of `bytes`; returns how much that was. */
  take(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.length - this.#filled);
    const filled = this.#filled + count;
    if (filled > this.#bytes.length) {
      const larger = new Uint8Array(Math.min(this.length, 2 * filled));
      larger.set(this.#bytes.subarray(0, this.#filled));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(0, count), this.#filled);
    this.#filled = filled;
    return count;
  }

  /** All bytes, or null while some have not come. */
  get whole(): Uint8Array | null {
    return this.#filled === this.length ? this.#bytes : null;
  }
}
