/** The IPv4 header (RFC 791): named offsets and readers for a header whose length was checked. */

import { readI32, readU16 } from './bytes.js';
import { writeU16 } from './write.js';

export const IPV4_HEADER_BYTES_MIN = 20;

const offset = {
  versionIhl: 0,
  trafficClass: 1,
  totalLength: 2,
  identification: 4,
  flagsFragmentOffset: 6,
  timeToLive: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
} as const;

const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET_MASK = 0x1fff;

/** The version of any IP header. */
export function readIpVersion(bytes: Uint8Array, at: number): number {
  return bytes[at + offset.versionIhl] >> 4;
}

/** With options; anything below 20 is a lie. */
export function readIpv4HeaderBytes(bytes: Uint8Array, at: number): number {
  return (bytes[at + offset.versionIhl] & 0x0f) << 2;
}

/** DSCP in the upper six bits, ECN in the lower two (RFC 2474, RFC 3168). */
export function readIpv4TrafficClass(bytes: Uint8Array, at: number): number {
  return bytes[at + offset.trafficClass];
}

export function readIpv4TotalLength(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + offset.totalLength);
}

export function readIpv4Identification(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + offset.identification);
}

export function readIpv4MoreFragments(bytes: Uint8Array, at: number): boolean {
  return (readU16(bytes, at + offset.flagsFragmentOffset) & MORE_FRAGMENTS) !== 0;
}

/** In units of 8 bytes. */
export function readIpv4FragmentOffset(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + offset.flagsFragmentOffset) & FRAGMENT_OFFSET_MASK;
}

export function readIpv4Protocol(bytes: Uint8Array, at: number): number {
  return bytes[at + offset.protocol];
}

export function readIpv4Source(bytes: Uint8Array, at: number): number {
  return readI32(bytes, at + offset.source);
}

export function readIpv4Destination(bytes: Uint8Array, at: number): number {
  return readI32(bytes, at + offset.destination);
}

/** Of header and payload; the checksum is the caller's. */
export function writeIpv4TotalLength(bytes: Uint8Array, at: number, length: number): void {
  writeU16(bytes, at + offset.totalLength, length);
}

/** Taken modulo 2^16; the checksum is the caller's. */
export function writeIpv4Identification(bytes: Uint8Array, at: number, value: number): void {
  writeU16(bytes, at + offset.identification, value);
}
