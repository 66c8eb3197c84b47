/**
 * A walk over the options of a pcapng block (draft-ietf-opsawg-pcapng section 3.5), one object for all
 * walks so that a packet's options cost no allocation. It ends at the end mark, or where the block ends
 * without one.
 */
import { grouped, inBytes } from './capture-items.js';
import { OptionCode } from './options.js';

const HEADER_BYTES = 4;

/** Of a section or an interface: each may be made an object, and empty ones have 4 bytes. */
const OPTIONS_MAX = 65_536;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const NO_VIEW: DataView = new DataView(new ArrayBuffer(0));

export class OptionWalk {
  code = 0;
  valueAt = 0;
  valueBytes = 0;
  #view = NO_VIEW;
  #littleEndian = true;
  #at = 0;
  #end = 0;
  /** Whether the walk met an option that is longer than its block. */
  isBad = false;

  /** Walks from `at` to `end`; both are multiples of 4 from the block's start. */
  start(view: DataView, at: number, end: number, littleEndian: boolean): this {
    this.#view = view;
    this.#at = at;
    this.#end = end;
    this.#littleEndian = littleEndian;
    this.isBad = false;
    return this;
  }

  next(): boolean {
    const at = this.#at + HEADER_BYTES;
    if (at > this.#end) return false;
    this.code = this.#view.getUint16(at - 4, this.#littleEndian);
    this.valueBytes = this.#view.getUint16(at - 2, this.#littleEndian);
    this.valueAt = at;
    this.isBad = this.valueBytes > this.#end - at;
    if (this.code === OptionCode.end || this.isBad) {
      this.#at = this.#end;
      return false;
    }
    this.#at = at + ((this.valueBytes + 3) & ~3);
    return true;
  }

  text(): string {
    const { buffer, byteOffset } = this.#view;
    return utf8.decode(new Uint8Array(buffer, byteOffset + this.valueAt, this.valueBytes));
  }

  /** What was wrong, after the walk. */
  get problem(): string | null {
    if (!this.isBad) return null;
    const left = grouped(this.#end - this.valueAt);
    return `an option of ${inBytes(this.valueBytes)} where its block has ${left} left`;
  }
}

/** A walk over the options of a section or an interface. */
export function walkOptions(options: Uint8Array, littleEndian: boolean): OptionWalk {
  return new OptionWalk().start(viewOf(options), 0, options.length, littleEndian);
}

/** What is wrong with them, or null. */
export function problemOf(options: Uint8Array, littleEndian: boolean): string | null {
  const walk = walkOptions(options, littleEndian);
  let count = 0;
  while (walk.next()) count++;
  return count > OPTIONS_MAX
    ? `a block with ${grouped(count)} options, where the most is ${grouped(OPTIONS_MAX)}`
    : walk.problem;
}

export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
