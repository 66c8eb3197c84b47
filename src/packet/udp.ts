/** The UDP header (RFC 768). TCP, SCTP, DCCP and UDP-Lite have their ports at the same place. */

import { readU16 } from './bytes.js';
import { writeU16 } from './write.js';

/** As much of a transport header as the ports take. */
export const PORTS_BYTES = 4;

const offset = { sourcePort: 0, destinationPort: 2, length: 4, checksum: 6 } as const;

export function readSourcePort(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + offset.sourcePort);
}

export function readDestinationPort(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + offset.destinationPort);
}

export const UDP_HEADER_BYTES = 8;

/** Of header and payload. */
export function readUdpLength(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + offset.length);
}

/** Of header and payload; the checksum is the caller's. */
export function writeUdpLength(bytes: Uint8Array, at: number, length: number): void {
  writeU16(bytes, at + offset.length, length);
}
