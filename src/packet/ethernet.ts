/** The Ethernet II header with its VLAN tags (IEEE 802.3, 802.1Q, 802.1ad). */

import { readU16 } from './bytes.js';

export const ETHERNET_HEADER_BYTES = 14;
export const VLAN_TAG_BYTES = 4;

/** One tag (802.1Q) or two (802.1ad, "QinQ"); frames with more are not looked into. */
export const VLAN_TAGS_MAX = 2;

export const EtherType = {
  ipv4: 0x0800,
  ipv6: 0x86dd,
  /** 802.1Q, the customer's tag. */
  vlan: 0x8100,
  /** 802.1ad, the provider's tag. */
  providerVlan: 0x88a8,
} as const;

const offset = { destination: 0, source: 6, type: 12 } as const;

/** The EtherType at a frame's start, or in a VLAN tag when `at` is 4 bytes further for each tag. */
export function readEtherType(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + offset.type);
}
