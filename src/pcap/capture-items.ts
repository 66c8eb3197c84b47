/**
 * The words that the capture reader and its parsers share: what `next` may find, the limits on what a file
 * may claim, and the shapes of what was read. A claim beyond a limit is a fault, and nothing is allocated
 * for it.
 */

export const Item = {
  /** The bytes that are there end inside an item: fill in more of them, or finish. */
  more: 0,
  packet: 1,
  section: 2,
  interface: 3,
  /** A block that the reader does not look into, to be kept as it is. */
  block: 4,
  end: 5,
  fault: 6,
} as const;

/** Captured bytes of one packet: what libpcap, too, takes for the most (MAXIMUM_SNAPLEN). */
export const PACKET_BYTES_MAX = 262_144;

/** A whole packet block, so that the options of a packet have 64 KiB. It fits the smallest window. */
export const PACKET_BLOCK_BYTES_MAX = PACKET_BYTES_MAX + 65_536;

export const BLOCK_BYTES_MAX = 32 * 2 ** 20;
export const INTERFACES_MAX = 65_536;

/** Options of all interfaces together, which are kept as long as the file is read. */
export const INTERFACE_OPTIONS_BYTES_MAX = 32 * 2 ** 20;

export const WINDOW_BYTES_MIN = 2 * PACKET_BYTES_MAX;

/** An interface description block, or the header of a classic file. */
export interface CaptureInterface {
  /** Over all sections, from 0. */
  readonly index: number;
  /** From 0. */
  readonly section: number;
  /** The file's LINKTYPE_ value. */
  readonly link: number;
  /** 0: no limit. */
  readonly snapLength: number;
  /** if_name, '' without one. */
  readonly name: string;
  /** As they are in the file, all of them; empty for a classic file. */
  readonly options: Uint8Array;
}

/** The last packet; offsets are those of the reader's bytes, and hold until the next call of the reader. */
export class CapturedPacket {
  dataAt = 0;
  capturedBytes = 0;
  /** What the packet had on the wire, as the file says: some files say less than they captured. */
  wireBytes = 0;
  /** Index over all sections. */
  interface = 0;
  optionsAt = 0;
  /** Raw options as they are in the file, with their end mark; 0 without any. */
  optionsBytes = 0;
  /** −1 unknown, 0 out, 1 in: from epb_flags. */
  direction = -1;
}

/** Why reading ended early; `offset` is that of the incomplete or wrong record in the (decompressed) file. */
export interface Fault {
  readonly offset: number;
  readonly reason: string;
}

/** `1,514`, for reasons. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1,514 bytes`. */
export function inBytes(count: number): string {
  return `${grouped(count)} ${count === 1 ? 'byte' : 'bytes'}`;
}
