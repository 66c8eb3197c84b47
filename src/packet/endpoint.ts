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
  const isIpv4 = view.version === 4;
  const words = isIpv4 ? 1 : 4;
  const from = view.l3Offset + (isIpv4 ? IPV4_SOURCE : IPV6_SOURCE) + end * words * 4;
  for (let word = 0; word < words; word++) {
    const value = address[at + 4 - words + word];
    writeAddressHalf(view, from + 4 * word, value >>> 16);
    writeAddressHalf(view, from + 4 * word + 2, value & 0xffff);
  }
  if (!view.isLaterFragment) writeHalf(view, view.l4Offset + 2 * end, port);
}

function writeAddressHalf(view: PacketView, at: number, after: number): void {
  const { bytes, l3Offset } = view;
  const before = readU16(bytes, at);
  if (view.version === 4) mendChecksum(bytes, l3Offset + IPV4_CHECKSUM, before, after);
  writeHalf(view, at, after);
}

/** Something that the transport's checksum covers. */
function writeHalf(view: PacketView, at: number, after: number): void {
  const { bytes, l4Offset, l4Length, protocol } = view;
  const before = readU16(bytes, at);
  writeU16(bytes, at, after);
  if (!view.isLaterFragment) {
    mendTransportChecksum(bytes, l4Offset, l4Length, protocol, before, after);
  }
}
