/**
 * ICMP (RFC 792) and ICMPv6 (RFC 4443): the echo messages, whose identifier tells one ping from
 * another as a port would.
 */

import { readU16 } from './bytes.js';

const offset = { type: 0, code: 1, checksum: 2, identifier: 4, sequence: 6 } as const;

/** As much of an echo message as has to be there for the identifier to be readable. */
export const ICMP_ECHO_BYTES = offset.identifier + 2;

export const IcmpType = {
  echoReply: 0,
  echoRequest: 8,
  v6EchoRequest: 128,
  v6EchoReply: 129,
} as const;

export function readIcmpType(bytes: Uint8Array, at: number): number {
  return bytes[at + offset.type];
}

export function readIcmpIdentifier(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + offset.identifier);
}
