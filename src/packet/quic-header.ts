/**
 * What a QUIC packet shows without its keys: whether its header is long or short, and of a long one
 * version, type, connection IDs and length (RFC 8999, RFC 9000 section 17, RFC 9369). Several packets
 * can share a datagram; `quicKind` tells of the first.
 */

import { readI32 } from './bytes.js';
import type { PacketView } from './packet-view.js';
import { payloadBegin, payloadEnd } from './payload.js';
import { Protocol } from './protocol.js';

export const QuicVersion = { v1: 0x0000_0001, v2: 0x6b33_43cf } as const;

export const QuicKind = {
  /** Version negotiation, an unknown version, or no QUIC at all. */
  none: -1,
  initial: 0,
  zeroRtt: 1,
  handshake: 2,
  retry: 3,
  short: 4,
} as const;

const LONG_HEADER = 0x80;

/** RFC 9000, 17.2: longer ones are no packet of these versions. */
export const CONNECTION_ID_BYTES_MAX = 20;

/**
 * A short header without connection ID, and as much behind it as header protection samples (RFC 9001,
 * 5.4.2). Whatever is shorter is no QUIC packet that anyone can read.
 */
const SHORT_BYTES_MIN = 1 + 4 + 16;

/** Of the UDP datagram's first packet: a `QuicKind`. */
export function quicKind(view: PacketView): number {
  if (view.protocol !== Protocol.udp) return QuicKind.none;
  const at = payloadBegin(view);
  if (at < 0) return QuicKind.none;
  const end = payloadEnd(view);
  const { bytes } = view;
  if (end - at < 7) return QuicKind.none; // The least long header: two empty connection IDs.
  const first = bytes[at];
  if ((first & LONG_HEADER) === 0) {
    return end - at >= SHORT_BYTES_MIN ? QuicKind.short : QuicKind.none;
  }
  const destinationBytes = bytes[at + 5];
  if (destinationBytes > CONNECTION_ID_BYTES_MAX || at + 6 + destinationBytes >= end) {
    return QuicKind.none;
  }
  if (bytes[at + 6 + destinationBytes] > CONNECTION_ID_BYTES_MAX) return QuicKind.none;
  return longKind(first, readI32(bytes, at + 1));
}

/** The fixed bit does not count, here and in short headers: RFC 9287 lets it be anything. */
function longKind(first: number, version: number): number {
  const type = (first >> 4) & 3;
  if (version === QuicVersion.v1) return type;
  // RFC 9369, 3.2: retry, initial, 0-RTT, handshake.
  if (version === QuicVersion.v2) return (type + 3) & 3;
  return QuicKind.none;
}

/** A packet with a long header. Made once and reused; fields hold after `read` returned true. */
export class QuicLongHeader {
  kind: number = QuicKind.none;
  version = 0;
  at = 0;
  destinationIdAt = 0;
  destinationIdBytes = 0;
  /** The protected packet number; 0 for Retry, which has none. */
  numberAt = 0;
  /** Behind the packet, where the next of the datagram begins. */
  end = 0;

  #at = 0;

  /** Looks at the packet at `at` of a datagram that ends at `end`. */
  read(bytes: Uint8Array, at: number, end: number): boolean {
    if (end - at < 7 || (bytes[at] & LONG_HEADER) === 0) return false;
    this.at = at;
    this.version = readI32(bytes, at + 1);
    this.kind = longKind(bytes[at], this.version);
    if (this.kind === QuicKind.none) return false;
    this.destinationIdBytes = bytes[at + 5];
    this.destinationIdAt = at + 6;
    this.#at = this.destinationIdAt + this.destinationIdBytes;
    if (this.destinationIdBytes > CONNECTION_ID_BYTES_MAX || this.#at >= end) return false;
    const sourceIdBytes = bytes[this.#at];
    this.#at += 1 + sourceIdBytes;
    if (sourceIdBytes > CONNECTION_ID_BYTES_MAX || this.#at > end) return false;
    if (this.kind === QuicKind.retry) {
      this.numberAt = 0;
      this.end = end;
      return true;
    }
    if (this.kind === QuicKind.initial) {
      const tokenBytes = this.#varint(bytes, end);
      if (tokenBytes < 0 || tokenBytes > end - this.#at) return false;
      this.#at += tokenBytes;
    }
    const length = this.#varint(bytes, end);
    if (length < 0 || length > end - this.#at) return false;
    this.numberAt = this.#at;
    this.end = this.#at + length;
    return true;
  }

  #varint(bytes: Uint8Array, end: number): number {
    const value = readVarint(bytes, this.#at, end);
    if (value >= 0) this.#at += varintBytes(bytes[this.#at]);
    return value;
  }
}

/** The length of a variable-length integer (RFC 9000, 16) by its first byte. */
export function varintBytes(first: number): number {
  return 1 << (first >> 6);
}

/** Its value, or −1 where it goes beyond `end`. Above 2^53 it is not exact, only too large. */
export function readVarint(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const length = varintBytes(bytes[at]);
  if (length > end - at) return -1;
  let value = bytes[at] & 0x3f;
  for (let i = 1; i < length; i++) value = value * 256 + bytes[at + i];
  return value;
}
