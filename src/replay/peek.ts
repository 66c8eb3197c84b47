/**
 * What a capture says before its first packet, and the capture from its beginning all the same: a recording's
 * rules, seed and memory are needed before there is an engine, also where the bytes come only once.
 */
import { BLOCK_BYTES_MAX, WINDOW_BYTES_MIN } from '../pcap/capture-items.js';
import { type CaptureInterface, CaptureReader, Item } from '../pcap/capture-reader.js';
import { CaptureFault, type CaptureSource } from '../pcap/capture-source.js';
import { type RecordingHeader, readHeader } from '../pcap/recording/header.js';
import { classicResolutionNs } from './resolution.js';

export interface Peek {
  /** The same bytes from the start; to be closed in the place of the other. */
  readonly source: CaptureSource;
  /** Null: this is no recording. Errors: E_RECORDING. */
  readHeader(): RecordingHeader | null;
  /** Those that are there before the first packet. */
  readonly interfaces: readonly CaptureInterface[];
  /** Of a classic file, how finely it tells the time. */
  readonly classicResolutionNs: number;
}

/** Room for the largest section header; a file with more before its first packet is looked at no further. */
const PEEK_BYTES_MAX = BLOCK_BYTES_MAX + WINDOW_BYTES_MIN;

/** Errors: those of the source, but faults of the file, which come again from the source that is returned. */
export async function peek(source: CaptureSource): Promise<Peek> {
  const replayed = new PeekedSource(source);
  const window = new Uint8Array(WINDOW_BYTES_MIN);
  const reader = new CaptureReader(window, 0, window.length);
  let comments: readonly string[] | null = null;
  for (let isOver = false; !isOver; ) {
    switch (reader.next()) {
      case Item.more: {
        const room = reader.room();
        const count = await replayed.readAhead(window, reader.fillAt, room);
        isOver = count === 0 || replayed.aheadBytes > PEEK_BYTES_MAX;
        reader.filled(count);
        break;
      }
      case Item.section:
        comments ??= reader.section!.comments;
        break;
      case Item.interface:
      case Item.block:
        break;
      default:
        isOver = true;
    }
  }
  return {
    source: replayed,
    readHeader: () => (comments === null ? null : readHeader(comments)),
    interfaces: reader.interfaces,
    classicResolutionNs: classicResolutionNs(replayed.head),
  };
}

class PeekedSource implements CaptureSource {
  readonly name: string;
  /** The first bytes that were read. */
  head: Uint8Array = new Uint8Array(0);
  aheadBytes = 0;
  readonly #source: CaptureSource;
  /** What was read ahead and nobody has had yet. */
  #ahead: Uint8Array[] = [];
  #fault: CaptureFault | null = null;

  constructor(source: CaptureSource) {
    this.#source = source;
    this.name = source.name;
  }

  /** As `read`, which will give the same bytes again; 0 also at a fault. */
  async readAhead(into: Uint8Array, at: number, count: number): Promise<number> {
    try {
      const bytes = await this.#source.read(into, at, count);
      const part = into.slice(at, at + bytes);
      if (bytes > 0) this.#ahead.push(part);
      this.aheadBytes += bytes;
      if (this.head.length < HEAD_BYTES) this.head = joined(this.head, part).slice(0, HEAD_BYTES);
      return bytes;
    } catch (error) {
      if (!(error instanceof CaptureFault)) throw error;
      this.#fault = error;
      return 0;
    }
  }

  async read(into: Uint8Array, at: number, count: number): Promise<number> {
    const [first] = this.#ahead;
    if (first !== undefined) {
      const part = first.subarray(0, count);
      into.set(part, at);
      if (part.length === first.length) this.#ahead.shift();
      else this.#ahead[0] = first.subarray(part.length);
      return part.length;
    }
    if (this.#fault !== null) throw this.#fault;
    return this.#source.read(into, at, count);
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

/** Enough for the magic number. */
const HEAD_BYTES = 4;

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}
