/** The TCP header (RFC 9293), as far as rules look at it; its ports are read as UDP's are. */

import { readI32, readU16 } from './bytes.js';
import { writeI32 } from './write.js';

const offset = {
  sourcePort: 0,
  destinationPort: 2,
  sequence: 4,
  acknowledgement: 8,
  dataOffset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
  urgent: 18,
} as const;

/** As much of the header as has to be there for the flags to be readable. */
export const TCP_FLAGS_BYTES = offset.flags + 1;

export const TCP_HEADER_BYTES_MIN = 20;

/** The bits of the flags byte, by their names in rules. */
export const TcpFlag = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
  ece: 64,
  cwr: 128,
} as const;

/** A set of `TcpFlag`. */
export function readTcpFlags(bytes: Uint8Array, at: number): number {
  return bytes[at + offset.flags];
}

/** The number of the segment's first byte (of the SYN itself, if it has one), as a signed integer. */
export function readTcpSequence(bytes: Uint8Array, at: number): number {
  return readI32(bytes, at + offset.sequence);
}

/** With options; anything below 20 is a lie. */
export function readTcpHeaderBytes(bytes: Uint8Array, at: number): number {
  return (bytes[at + offset.dataOffset] >> 4) << 2;
}

/** Points behind urgent data where the URG flag is set; otherwise 0, if the sender is tidy. */
export function readTcpUrgentPointer(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + offset.urgent);
}

/** A set of `TcpFlag`; the checksum is the caller's. */
export function writeTcpFlags(bytes: Uint8Array, at: number, flags: number): void {
  bytes[at + offset.flags] = flags;
}

/** Taken modulo 2^32; the checksum is the caller's. */
export function writeTcpSequence(bytes: Uint8Array, at: number, sequence: number): void {
  writeI32(bytes, at + offset.sequence, sequence);
}
