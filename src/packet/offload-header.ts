/**
 * The header that the kernel puts before a frame when a device has offloads (`struct virtio_net_hdr`,
 * VIRTIO 1.2, 5.1.6): whether the transport's checksum is yet to be completed, and whether the frame
 * is a super-packet, and of which segment size. Ten bytes, little endian; offsets count from the frame.
 */

import { fold, sumWords } from './checksum.js';
import { writeU16 } from './write.js';

/** It lies directly before the frame. */
export const OFFLOAD_HEADER_BYTES = 10;

export const OffloadFlag = {
  /**
   * The checksum at checksumStart + checksumOffset holds the sum over the pseudo-header only, not
   * complemented, and is to be completed from checksumStart to the frame's end.
   */
  needsChecksum: 1,
  /** The checksum is whole, and was found good. */
  dataValid: 2,
} as const;

/** What the segments of a super-packet are. */
export const GsoType = {
  none: 0,
  tcp4: 1,
  tcp6: 4,
  udp: 5,
  /** A bit beside the TCP types: the first segment, and only that one, has CWR set. */
  ecn: 0x80,
} as const;

const offset = {
  flags: 0,
  gsoType: 1,
  headerBytes: 2,
  gsoSize: 4,
  checksumStart: 6,
  checksumOffset: 8,
} as const;

const UDP_CHECKSUM = 6;

/** A set of `OffloadFlag`. */
export function readOffloadFlags(bytes: Uint8Array, at: number): number {
  return bytes[at + offset.flags];
}

/** A `GsoType`, with its bit for ECN. */
export function readGsoType(bytes: Uint8Array, at: number): number {
  return bytes[at + offset.gsoType];
}

/** Bytes of payload in each segment but the last. */
export function readGsoSize(bytes: Uint8Array, at: number): number {
  return readLittleU16(bytes, at + offset.gsoSize);
}

/** From the frame's beginning to where the sum begins: the transport's header. */
export function readChecksumStart(bytes: Uint8Array, at: number): number {
  return readLittleU16(bytes, at + offset.checksumStart);
}

/** From checksumStart to the checksum. */
export function readChecksumOffset(bytes: Uint8Array, at: number): number {
  return readLittleU16(bytes, at + offset.checksumOffset);
}

/** `headerBytes` are all before the payload: link, IP and transport. */
export function writeOffloadHeader(
  bytes: Uint8Array,
  at: number,
  flags: number,
  gsoType: number,
  headerBytes: number,
  gsoSize: number,
  checksumStart: number,
  checksumOffset: number,
): void {
  bytes[at + offset.flags] = flags;
  bytes[at + offset.gsoType] = gsoType;
  writeLittleU16(bytes, at + offset.headerBytes, headerBytes);
  writeLittleU16(bytes, at + offset.gsoSize, gsoSize);
  writeLittleU16(bytes, at + offset.checksumStart, checksumStart);
  writeLittleU16(bytes, at + offset.checksumOffset, checksumOffset);
}

/** An ordinary frame, whose checksum is whole for all that is known. */
export function clearOffloadHeader(bytes: Uint8Array, at: number): void {
  bytes.fill(0, at, at + OFFLOAD_HEADER_BYTES);
}

/**
 * Completes the transport's checksum of the frame at `frameAt` when the offload header before it asks
 * for that, and clears the header. One whose offsets lie outside the frame is only cleared.
 */
export function settleChecksum(bytes: Uint8Array, frameAt: number, frameLength: number): void {
  const header = frameAt - OFFLOAD_HEADER_BYTES;
  if ((readOffloadFlags(bytes, header) & OffloadFlag.needsChecksum) !== 0) {
    const start = readChecksumStart(bytes, header);
    const checksumOffset = readChecksumOffset(bytes, header);
    if (start + checksumOffset + 2 <= frameLength) {
      const checksum = ~fold(sumWords(bytes, frameAt + start, frameLength - start)) & 0xffff;
      // RFC 768: a checksum that comes to 0 is sent as all ones. TCP has its own at 16.
      const written = checksum === 0 && checksumOffset === UDP_CHECKSUM ? 0xffff : checksum;
      writeU16(bytes, frameAt + start + checksumOffset, written);
    }
  }
  clearOffloadHeader(bytes, header);
}

function readLittleU16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

function writeLittleU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
}
