/** Packets that wait to be compared with others, in few bytes each, first in, first out. */

const PACKETS_AT_FIRST = 4_096;

/** Words of a packet: lengths, and the digest of its bytes. */
const WORDS = 4;
const DOUBLES = 2;

export class Digests {
  count = 0;
  #doubles = new Float64Array(PACKETS_AT_FIRST * DOUBLES);
  #words = new Int32Array(PACKETS_AT_FIRST * WORDS);
  #mask = PACKETS_AT_FIRST - 1;
  #first = 0;
  readonly #digest = new Int32Array(2);

  /** `timesNs[0]`: when it left; `resolutionsNs[interfaceIndex]`: how finely that is known. */
  push(
    bytes: Uint8Array,
    at: number,
    capturedBytes: number,
    wireBytes: number,
    timesNs: Float64Array,
    resolutionNs: number,
  ): void {
    if (this.count > this.#mask) this.#grow();
    const index = (this.#first + this.count++) & this.#mask;
    digestOf(bytes, at, capturedBytes, this.#digest);
    this.#doubles[index * DOUBLES] = timesNs[0];
    this.#doubles[index * DOUBLES + 1] = resolutionNs;
    this.#words[index * WORDS] = capturedBytes;
    this.#words[index * WORDS + 1] = wireBytes;
    this.#words[index * WORDS + 2] = this.#digest[0];
    this.#words[index * WORDS + 3] = this.#digest[1];
  }

  // The oldest packet, until it is shifted out.

  get timeNs(): number {
    return this.#doubles[this.#first * DOUBLES];
  }

  get resolutionNs(): number {
    return this.#doubles[this.#first * DOUBLES + 1];
  }

  get capturedBytes(): number {
    return this.#words[this.#first * WORDS];
  }

  /** What files say may have 32 bits. */
  get wireBytes(): number {
    return this.#words[this.#first * WORDS + 1] >>> 0;
  }

  get low(): number {
    return this.#words[this.#first * WORDS + 2];
  }

  get high(): number {
    return this.#words[this.#first * WORDS + 3];
  }

  shift(): void {
    this.#first = (this.#first + 1) & this.#mask;
    this.count--;
  }

  #grow(): void {
    const [doubles, words, first] = [this.#doubles, this.#words, this.#first];
    this.#doubles = new Float64Array(2 * doubles.length);
    this.#words = new Int32Array(2 * words.length);
    rotate(doubles, this.#doubles, first * DOUBLES);
    rotate(words, this.#words, first * WORDS);
    this.#mask = 2 * this.#mask + 1;
    this.#first = 0;
  }
}

function rotate<T extends Float64Array | Int32Array>(from: T, to: T, first: number): void {
  const head = from.subarray(first);
  to.set(head);
  to.set(from.subarray(0, first), head.length);
}

/**
 * Two hashes of 32 bits, which together miss a difference of packets that are not made for it once in 2^64:
 * FNV-1a, and the same with another prime and start.
 */
export function digestOf(bytes: Uint8Array, at: number, count: number, into: Int32Array): void {
  let low = 0x811c9dc5 | 0;
  let high = 0x1b873593 | 0;
  for (let i = at; i < at + count; i++) {
    const byte = bytes[i];
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul((high << 5) ^ (high >>> 27) ^ byte, 0x2c1b3c6d);
  }
  into[0] = low;
  into[1] = high;
}
