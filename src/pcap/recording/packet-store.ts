/**
 * Wire packets that wait for their fate, first in, first out, in memory that was taken once.
 *
 *     │ … free … │ head │ frame │ head │ frame │ … free … │
 *                 ▲ first                        ▲ end
 */
import { OFFLOAD_HEADER_BYTES } from '../../packet/offload-header.js';

/** In words: where the packet came by, and how long it is. */
const Word = { interface: 0, length: 1 } as const;
const WORDS_BYTES = 8;
/** Behind them is room for what the frame came with, up to the frame. */
const HEAD_BYTES = WORDS_BYTES + aligned(OFFLOAD_HEADER_BYTES);
/** In the place of an interface: the next packet lies at the beginning. */
const GO_BACK = -1;

export class PacketStore {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the packet that `take` gave. */
  interface = 0;
  length = 0;
  readonly #words: Int32Array;
  readonly #size: number;
  /** Where the oldest packet lies, and where the next one will. */
  #first = 0;
  #end = 0;
  #count = 0;

  /** `size` is a multiple of 4. */
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#words = new Int32Array(this.bytes.buffer);
    this.#size = size;
  }

  /**
   * Where in `bytes` the next packet's frame may be written; −1 without room. OFFLOAD_HEADER_BYTES before it
   * may be written, too, and are not kept.
   */
  place(length: number): number {
    const needed = HEAD_BYTES + aligned(length);
    // From the beginning, so that what holds little touches little memory.
    if (this.#count === 0) {
      this.#first = 0;
      this.#end = 0;
    }
    const hasWrapped = this.#count > 0 && this.#first >= this.#end;
    if (hasWrapped) return this.#first - this.#end < needed ? -1 : this.#end + HEAD_BYTES;
    // One word more, to say that it goes on at the beginning.
    if (this.#end + needed + 4 <= this.#size) return this.#end + HEAD_BYTES;
    if (this.#first < needed) return -1;
    this.#words[this.#end >> 2] = GO_BACK;
    this.#end = 0;
    return HEAD_BYTES;
  }

  /** What was written where `place` said, the last time, is a packet now. */
  put(interfaceIndex: number, length: number): void {
    const word = this.#end >> 2;
    this.#words[word + Word.interface] = interfaceIndex;
    this.#words[word + Word.length] = length;
    this.#end += HEAD_BYTES + aligned(length);
    this.#count++;
  }

  /** Where the oldest packet's frame is, which stays until the next `place`. There must be one. */
  take(): number {
    if (this.#words[this.#first >> 2] === GO_BACK) this.#first = 0;
    const word = this.#first >> 2;
    this.interface = this.#words[word + Word.interface]!;
    this.length = this.#words[word + Word.length]!;
    const at = this.#first + HEAD_BYTES;
    this.#first = at + aligned(this.length);
    this.#count--;
    return at;
  }
}

function aligned(bytes: number): number {
  return (bytes + 3) & ~3;
}
