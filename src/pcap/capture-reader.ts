/**
 * Reads captures, classic pcap and pcapng, from a window of bytes that the caller fills: a pull parser
 * without I/O, in constant memory, that allocates nothing for a packet. It never throws for what the bytes
 * say: a file that ends early or makes no sense gives all items before the fault, then the fault with its
 * place and reason.
 */
import { type CapturedPacket, type CaptureInterface, type Fault, Item } from './capture-items.js';
import { ClassicReader, classicFormatOf } from './classic-reader.js';
import { BlockType } from './packet-blocks.js';
import { PcapngReader } from './pcapng-reader.js';
import { ReadState } from './read-state.js';
import type { CaptureSection } from './section.js';

export { type CapturedPacket, type CaptureInterface, Item } from './capture-items.js';
export type { CaptureSection } from './section.js';

/** The window to give: a few chunks of a file, so that moving what is unread costs next to nothing. */
export const READ_WINDOW_BYTES = 4 * 2 ** 20;

const MAGIC_BYTES = 4;

export class CaptureReader {
  /** Fields of the last packet, valid until the next call of `next` or `room`. */
  readonly packet: CapturedPacket;
  /** `[0]`: time of the last packet after the first one, in ns; negative where the file goes back. */
  readonly timeNs: Float64Array;
  readonly interfaces: readonly CaptureInterface[];
  /** Where in `blockBytes` the last Item.block is, with type and lengths; valid as long as `packet`. */
  readonly block: { readonly at: number; readonly bytes: number };
  format: 'pcap' | 'pcapng' | null = null;
  readonly #state: ReadState;
  #parser: ClassicReader | PcapngReader | null = null;

  /** Reads in `bytes` from `windowAt`, `windowBytes` long: READ_WINDOW_BYTES, or 512 KiB at least. */
  constructor(bytes: Uint8Array, windowAt: number, windowBytes: number) {
    const state = new ReadState(bytes, windowAt, windowBytes);
    this.packet = state.packet;
    this.timeNs = state.times.timeNs;
    this.interfaces = state.interfaces;
    this.block = state.block;
    this.#state = state;
  }

  /** The next item. After a fault it is the fault again, after the end the end. */
  next(): number {
    if (this.#state.fault !== null) return Item.fault;
    return this.#parser === null ? this.#begin() : this.#parser.next();
  }

  /**
   * How many bytes fit at `fillAt`; to be called when `next` said `more`, since it may move what is unread.
   */
  room(): number {
    return this.#state.makeRoom();
  }

  get fillAt(): number {
    return this.#state.end;
  }

  /** So many bytes were put at `fillAt`. */
  filled(count: number): void {
    this.#state.filled(count);
  }

  /** No more bytes will come. */
  finish(): void {
    this.#state.isFinished = true;
  }

  /** Absolute time of the first packet that has one, in ns since 1970; 0 before. */
  get baseNs(): bigint {
    return this.#state.times.baseNs;
  }

  /** The present one; null in a classic file. */
  get section(): CaptureSection | null {
    return this.#state.section;
  }

  /** The window's bytes, or others for a block that the window could not hold. */
  get blockBytes(): Uint8Array {
    return this.#state.blockBytes;
  }

  get fault(): Fault | null {
    return this.#state.fault;
  }

  #begin(): number {
    const state = this.#state;
    const { at, end, view } = state;
    if (end - at < MAGIC_BYTES) {
      if (!state.isFinished) return Item.more;
      return state.fail(at, at === end ? 'the file is empty' : 'this is no pcap or pcapng file');
    }
    const magic = view.getUint32(at);
    const classic = classicFormatOf(magic.toString(16).padStart(8, '0'));
    if (magic === BlockType.section) {
      this.format = 'pcapng';
      this.#parser = new PcapngReader(state);
    } else if (classic !== null) {
      this.format = 'pcap';
      this.#parser = new ClassicReader(state, classic);
    } else {
      return state.fail(at, 'this is no pcap or pcapng file');
    }
    return this.#parser.next();
  }
}
