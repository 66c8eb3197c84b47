/** Reads a whole capture with the reader under test and keeps everything it says, for comparisons. */
import { WINDOW_BYTES_MIN } from '../../src/pcap/capture-items.js';
import {
  type CaptureInterface,
  CaptureReader,
  Item,
  READ_WINDOW_BYTES,
} from '../../src/pcap/capture-reader.js';

export const LEAST_WINDOW_BYTES = WINDOW_BYTES_MIN;

export interface ReadPacket {
  readonly timeNs: number;
  readonly data: Uint8Array;
  readonly wireBytes: number;
  readonly interface: number;
  readonly direction: number;
  readonly options: Uint8Array;
}

export interface ReadSection {
  readonly littleEndian: boolean;
  readonly comments: readonly string[];
  readonly application: string;
}

export interface Reading {
  readonly format: string | null;
  /** One letter for each item, in their order: S, I, P, B. */
  readonly order: string;
  readonly baseNs: bigint;
  readonly packets: readonly ReadPacket[];
  readonly interfaces: readonly CaptureInterface[];
  readonly sections: readonly ReadSection[];
  readonly blocks: readonly Uint8Array[];
  readonly fault: { readonly offset: number; readonly reason: string } | null;
}

const LETTERS = {
  [Item.packet]: 'P',
  [Item.section]: 'S',
  [Item.interface]: 'I',
  [Item.block]: 'B',
};

/** How the bytes come: the number of the next ones, at least 1, of which as many as fit are given. */
export type Feed = () => number;

export const allAtOnce: Feed = () => Number.MAX_SAFE_INTEGER;

const WINDOW_AT = 100;
const buffer = new Uint8Array(READ_WINDOW_BYTES + 2 * WINDOW_AT);

/** One buffer serves all readers, and what earlier ones left in it must not matter. */
export function newReader(windowBytes = LEAST_WINDOW_BYTES) {
  return { reader: new CaptureReader(buffer, WINDOW_AT, windowBytes), bytes: buffer };
}

/** Gives the reader the next bytes of the file from `from`, or its end; returns where it goes on. */
export function feedReader(
  reader: CaptureReader,
  into: Uint8Array,
  file: Uint8Array,
  from: number,
  feed: Feed,
): number {
  if (from === file.length) {
    reader.finish();
    return from;
  }
  const room = reader.room();
  const count = Math.min(feed(), room, file.length - from);
  if (count < 1) throw new Error(`no room at ${from}`);
  if (reader.fillAt < WINDOW_AT) throw new Error('room before the window');
  into.set(file.subarray(from, from + count), reader.fillAt);
  reader.filled(count);
  return from + count;
}

export function readCapture(file: Uint8Array, feed = allAtOnce, windowBytes?: number): Reading {
  const { reader, bytes } = newReader(windowBytes);
  const packets: ReadPacket[] = [];
  const sections: ReadSection[] = [];
  const blocks: Uint8Array[] = [];
  let order = '';
  let fed = 0;
  for (;;) {
    const item = reader.next();
    if (item === Item.more) {
      fed = feedReader(reader, bytes, file, fed, feed);
      continue;
    }
    if (item === Item.end || item === Item.fault) {
      // And so for ever.
      for (let i = 0; i < 3; i++) if (reader.next() !== item) throw new Error('no end of the end');
      break;
    }
    order += LETTERS[item as keyof typeof LETTERS];
    if (item === Item.packet) packets.push(packetOf(reader, bytes));
    if (item === Item.section) {
      const { littleEndian, comments, application } = reader.section!;
      sections.push({ littleEndian, comments, application });
    }
    if (item === Item.block) {
      const { at, bytes: count } = reader.block;
      blocks.push(reader.blockBytes.slice(at, at + count));
    }
  }
  const { format, baseNs, interfaces, fault } = reader;
  return { format, order, baseNs, packets, interfaces, sections, blocks, fault };
}

function packetOf({ packet, timeNs }: CaptureReader, bytes: Uint8Array): ReadPacket {
  const { dataAt, capturedBytes, optionsAt, optionsBytes } = packet;
  return {
    timeNs: timeNs[0],
    data: bytes.slice(dataAt, dataAt + capturedBytes),
    wireBytes: packet.wireBytes,
    interface: packet.interface,
    direction: packet.direction,
    options: bytes.slice(optionsAt, optionsAt + optionsBytes),
  };
}

/** Absolute times in ns since 1970. */
export function absoluteTimes({ baseNs, packets }: Reading): bigint[] {
  return packets.map(({ timeNs }) => baseNs + BigInt(timeNs));
}
