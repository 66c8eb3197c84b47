/**
 * The classic format (draft-ietf-opsawg-pcap): a file header of 24 bytes, then each packet behind a header
 * of its own. Microseconds or nanoseconds, either byte order, and the longer packet headers of Kuznetzov's
 * libpcap.
 */
import { grouped, Item, inBytes, PACKET_BYTES_MAX } from './capture-items.js';
import { NO_OPTIONS } from './options.js';
import type { ReadState } from './read-state.js';
import { clampNs } from './timestamps.js';

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const MAJOR = 2;
/** Older files have the two lengths of a packet the other way round. */
const MINOR = 4;

/** Above are the length of the frame check sequence, and whether there is one. */
const LINK_MASK = 0x3ff_ffff;

interface ClassicFormat {
  readonly littleEndian: boolean;
  /** Nanoseconds in the unit of a packet's second word of time. */
  readonly unitNs: number;
  readonly recordHeaderBytes: number;
}

/** By the file's first four bytes in hexadecimal. */
const FORMATS: Record<string, ClassicFormat> = {
  ...bothOrders('a1b2c3d4', 1000, RECORD_HEADER_BYTES),
  ...bothOrders('a1b23c4d', 1, RECORD_HEADER_BYTES),
  ...bothOrders('a1b2cd34', 1000, RECORD_HEADER_BYTES + 8),
};

/** The format that a file's first four bytes stand for. */
export function classicFormatOf(magic: string): ClassicFormat | null {
  return FORMATS[magic] ?? null;
}

function bothOrders(magic: string, unitNs: number, recordHeaderBytes: number) {
  const swapped = Buffer.from(magic, 'hex').reverse().toString('hex');
  return {
    [magic]: { littleEndian: false, unitNs, recordHeaderBytes },
    [swapped]: { littleEndian: true, unitNs, recordHeaderBytes },
  };
}

export class ClassicReader {
  readonly #state: ReadState;
  readonly #littleEndian: boolean;
  readonly #unitNs: number;
  readonly #headerBytes: number;
  /** Seconds and nanoseconds of the first packet. */
  readonly #base = new Float64Array(2);
  #isInside = false;

  constructor(state: ReadState, { littleEndian, unitNs, recordHeaderBytes }: ClassicFormat) {
    this.#state = state;
    this.#littleEndian = littleEndian;
    this.#unitNs = unitNs;
    this.#headerBytes = recordHeaderBytes;
    state.packet.interface = 0;
  }

  next(): number {
    if (!this.#isInside) return this.#fileHeader();
    const state = this.#state;
    const { at, view } = state;
    const available = state.end - at;
    const headerBytes = this.#headerBytes;
    if (available < headerBytes) return state.withoutHeader('the header of a packet');
    const capturedBytes = view.getInt32(at + 8, this.#littleEndian);
    if (capturedBytes < 0 || capturedBytes > PACKET_BYTES_MAX) return this.#tooLong(capturedBytes);
    if (available < headerBytes + capturedBytes) {
      return state.incomplete(at, `a packet of ${inBytes(capturedBytes)}`);
    }
    const { packet } = state;
    packet.dataAt = at + headerBytes;
    packet.capturedBytes = capturedBytes;
    packet.wireBytes = view.getUint32(at + 12, this.#littleEndian);
    this.#readTime(
      view.getInt32(at, this.#littleEndian),
      view.getInt32(at + 4, this.#littleEndian),
    );
    state.at = at + headerBytes + capturedBytes;
    return Item.packet;
  }

  /** A fraction of a second or more counts as it is. */
  #readTime(seconds: number, units: number): void {
    const { times } = this.#state;
    const base = this.#base;
    const ns = (units >>> 0) * this.#unitNs;
    if (!times.hasBase) {
      base[0] = seconds >>> 0;
      base[1] = ns;
      times.begin(BigInt(seconds >>> 0) * 1_000_000_000n + BigInt(ns));
    }
    times.timeNs[0] = clampNs(((seconds >>> 0) - base[0]) * 1e9 + (ns - base[1]));
  }

  #tooLong(capturedBytes: number): number {
    const [is, max] = [inBytes(capturedBytes >>> 0), grouped(PACKET_BYTES_MAX)];
    return this.#state.fail(this.#state.at, `a packet of ${is}, where the most is ${max}`);
  }

  #fileHeader(): number {
    const state = this.#state;
    const { at, view } = state;
    if (state.end - at < FILE_HEADER_BYTES) return state.incomplete(at, 'its header');
    const major = view.getUint16(at + 4, this.#littleEndian);
    const minor = view.getUint16(at + 6, this.#littleEndian);
    if (major !== MAJOR || minor !== MINOR) {
      const known = `${MAJOR}.${MINOR}`;
      return state.fail(at, `a pcap file of version ${major}.${minor}, where ${known} is known`);
    }
    const snapLength = view.getUint32(at + 16, this.#littleEndian);
    const link = view.getUint32(at + 20, this.#littleEndian) & LINK_MASK;
    state.addInterface(link, snapLength, '', NO_OPTIONS);
    state.at = at + FILE_HEADER_BYTES;
    this.#isInside = true;
    return Item.interface;
  }
}
