/** Packets written down byte by byte, and views of them. */

import { expect } from 'vitest';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { hex } from '../support/packets.js';

export const MAC = '020000000002 020000000001';

// tos 0x0, ttl 64, id 0, proto UDP (17), length 57
// 192.0.2.1.40000 > 198.51.100.2.53: [udp sum ok] 4660+ A? example.org. (29)
export const DNS = `4500 0039 0000 0000 4011 8e7d c000 0201 c633 6402
  9c40 0035 0025 924f 1234 0100 0001 0000 0000 0000 0765 7861 6d70 6c65 036f 7267 0000 0100 01`;

// hlim 64, next-header UDP (17) payload length: 37
// 2001:db8::1.40000 > 2001:db8:ffff::2.53: [udp sum ok] 4660+ A? example.org. (29)
export const DNS6 = `6000 0000 0025 1140 2001 0db8 0000 0000 0000 0000 0000 0001
  2001 0db8 ffff 0000 0000 0000 0000 0002
  9c40 0035 0025 2312 1234 0100 0001 0000 0000 0000 0765 7861 6d70 6c65 036f 7267 0000 0100 01`;

export const IPV6_ADDRESSES = `2001 0db8 0000 0000 0000 0000 0000 0001
  2001 0db8 ffff 0000 0000 0000 0000 0002`;

/** The view after `parse`, which must succeed. */
export function viewOf(text: string, linkType: number = LinkType.rawIp): PacketView {
  const view = new PacketView();
  const bytes = hex(text);
  expect(view.parse(bytes, 0, bytes.length, linkType)).toBe(true);
  expect(view.malformed).toBe(false);
  return view;
}

/** What `parse` makes of bytes that it refuses. */
export function refusal(
  bytes: Uint8Array,
  linkType: number = LinkType.rawIp,
): 'malformed' | 'not IP' {
  const view = new PacketView();
  expect(view.parse(bytes, 0, bytes.length, linkType)).toBe(false);
  return view.malformed ? 'malformed' : 'not IP';
}
