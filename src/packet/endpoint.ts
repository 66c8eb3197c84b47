/**
 * Gives a packet another source or destination, as a NAT does: address and port are written, and the
 * checksums that cover them mended (RFC 3022, section 4.2), so that a wrong checksum stays wrong.
 */

import { readU16 } from './bytes.js';
import { IPV4_CHECKSUM, mendChecksum, mendTransportChecksum } from './checksum.js';
import type { PacketView } from './packet-view.js';
import { writeU16 } from './write.js';

/** Which end of a packet. */
export const End = { source: 0, destination: 1 } as const;
export type End = (typeof End)[keyof typeof End];

const IPV4_SOURCE = 12;
const IPV6_SOURCE = 8;

/**
 * `address` has four words from `at` on, as a view has them; of a packet of TCP or UDP. Later
 * fragments have neither port nor checksum, their address alone changes. The view stays as it is.
 */
export function writeEndpoint(
  view: PacketView,
  end: End,
  address: Int32Array,
  at: number,
  port: number,
): void {
  const { bytes, l3Offset, l4Offset } = view;
  const isIpv4 = view.version === 4;
  const words = isIpv4 ? 1 : 4;
  const from = l3Offset + (isIpv4 ? IPV4_SOURCE : IPV6_SOURCE) + end * words * 4;
  let change = 0;
  for (let word = 0; word < words; word++) {
    const value = address[at + 4 - words + word];
    change += replaceHalf(bytes, from + 4 * word, value >>> 16);
    change += replaceHalf(bytes, from + 4 * word + 2, value & 0xffff);
  }
  // The sum of ~m + m' is all that a checksum has to be told; ~0xffff is nothing.
  if (isIpv4 && change !== 0) mendChecksum(bytes, l3Offset + IPV4_CHECKSUM, 0xffff, change);
  if (view.isLaterFragment) return;
  change += replaceHalf(bytes, l4Offset + 2 * end, port);
  if (change === 0) return;
  mendTransportChecksum(bytes, l4Offset, view.l4Length, view.protocol, 0xffff, change);
}

/** Writes a word of 16 bits and returns ~m + m' (RFC 1624), or 0 when it stays. */
function replaceHalf(bytes: Uint8Array, at: number, after: number): number {
  const before = readU16(bytes, at);
  if (before === after) return 0;
  writeU16(bytes, at, after);
  return (~before & 0xffff) + after;
}
