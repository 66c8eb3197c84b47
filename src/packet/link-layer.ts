/**
 * What a frame begins with, and where its IP header is. Ethernet and raw IP come from devices; the
 * headers of loopback captures and Linux's "cooked" ones (tcpdump -i any) come from capture files only.
 * Fields as in tcpdump.org's list of link-layer header types.
 */

import { readI32, readU16 } from './bytes.js';
import {
  ETHERNET_HEADER_BYTES,
  EtherType,
  readEtherType,
  VLAN_TAG_BYTES,
  VLAN_TAGS_MAX,
} from './ethernet.js';
import { readIpVersion } from './ipv4.js';

/** The driver knows the kind; the bytes do not tell. */
export const LinkType = {
  ethernet: 0,
  rawIp: 1,
  /** LINKTYPE_NULL and LINKTYPE_LOOP: the protocol family in 4 bytes. */
  nullLoopback: 2,
  /** LINKTYPE_LINUX_SLL. */
  linuxCooked: 3,
  /** LINKTYPE_LINUX_SLL2. */
  linuxCooked2: 4,
} as const;
export type LinkType = (typeof LinkType)[keyof typeof LinkType];

const NULL_HEADER_BYTES = 4;
const COOKED_HEADER_BYTES = 16;
const COOKED2_HEADER_BYTES = 20;

/** No link header is longer, VLAN tags included. */
export const LINK_HEADER_BYTES_MAX = COOKED2_HEADER_BYTES + VLAN_TAGS_MAX * VLAN_TAG_BYTES;

/** Of cooked headers: whose packet it is, seen from the capturing host. */
const CookedType = { toUs: 0, broadcast: 1, multicast: 2, fromUs: 4 } as const;

const cooked = { packetType: 0, address: 6, protocol: 14 } as const;
const cooked2 = { protocol: 0, packetType: 10, address: 12 } as const;
const COOKED_ADDRESS_BYTES = 8;

/** AF_INET has one number everywhere; AF_INET6: Linux 10, NetBSD 24, FreeBSD 28, Darwin 30. */
const FAMILY_IPV4 = 2;
const FAMILIES_IPV6: readonly number[] = [10, 24, 28, 30];

/**
 * The length of the link header, VLAN tags included, in the lower 8 bits, above them the EtherType of
 * what follows it (0 where it is known to be no IP). −1 when the header is cut short. One number, so
 * that nothing is allocated; `length` is at least 1.
 */
export function readLinkHeader(
  bytes: Uint8Array,
  at: number,
  length: number,
  linkType: number,
): number {
  if (linkType === LinkType.ethernet) {
    if (length < ETHERNET_HEADER_BYTES) return -1;
    return skipTags(bytes, at, length, ETHERNET_HEADER_BYTES, readEtherType(bytes, at));
  }
  if (linkType === LinkType.rawIp) {
    return (readIpVersion(bytes, at) === 6 ? EtherType.ipv6 : EtherType.ipv4) << 8;
  }
  if (linkType === LinkType.linuxCooked) {
    if (length < COOKED_HEADER_BYTES) return -1;
    const type = readU16(bytes, at + cooked.protocol);
    return skipTags(bytes, at, length, COOKED_HEADER_BYTES, type);
  }
  if (linkType === LinkType.linuxCooked2) {
    if (length < COOKED2_HEADER_BYTES) return -1;
    const type = readU16(bytes, at + cooked2.protocol);
    return skipTags(bytes, at, length, COOKED2_HEADER_BYTES, type);
  }
  if (linkType !== LinkType.nullLoopback) return 0;
  if (length < NULL_HEADER_BYTES) return -1;
  return (familyEtherType(bytes, at) << 8) | NULL_HEADER_BYTES;
}

/** A tag is the TCI and the EtherType of what follows it. */
function skipTags(
  bytes: Uint8Array,
  at: number,
  length: number,
  headerBytes: number,
  firstType: number,
): number {
  let type = firstType;
  let end = headerBytes;
  for (let tags = 0; tags < VLAN_TAGS_MAX; tags++) {
    if (type !== EtherType.vlan && type !== EtherType.providerVlan) break;
    if (length - end < VLAN_TAG_BYTES) return -1;
    type = readU16(bytes, at + end + 2);
    end += VLAN_TAG_BYTES;
  }
  return (type << 8) | end;
}

/** In the byte order of the capturing host, which the file need not have. */
function familyEtherType(bytes: Uint8Array, at: number): number {
  let family = readI32(bytes, at);
  if ((family & 0xffff) === 0) family = bytes[at] | (bytes[at + 1] << 8);
  if (family === FAMILY_IPV4) return EtherType.ipv4;
  return FAMILIES_IPV6.includes(family) ? EtherType.ipv6 : 0;
}

/** Whether the link header says that the frame is for more than one station. */
export function isLinkBroadcast(bytes: Uint8Array, at: number, linkType: number): boolean {
  if (linkType === LinkType.ethernet) return (bytes[at] & 1) !== 0;
  const type = cookedPacketType(bytes, at, linkType);
  return type === CookedType.broadcast || type === CookedType.multicast;
}

/** The direction that a cooked header tells: 0 out, 1 in, −1 unknown (and for other link types). */
export function directionOfCooked(bytes: Uint8Array, at: number, linkType: number): number {
  const type = cookedPacketType(bytes, at, linkType);
  if (type === CookedType.fromUs) return 0;
  return type >= CookedType.toUs && type <= CookedType.multicast ? 1 : -1;
}

/** −1 where there is no cooked header. */
function cookedPacketType(bytes: Uint8Array, at: number, linkType: number): number {
  if (linkType === LinkType.linuxCooked) return readU16(bytes, at + cooked.packetType);
  return linkType === LinkType.linuxCooked2 ? bytes[at + cooked2.packetType] : -1;
}

const MAC_BYTES = 6;

/**
 * Writes the link header of an answer to the frame at `from`, whose link header is `length` bytes long,
 * to `at`: Ethernet addresses change over, what was sent by the capturing host was now sent to it, and
 * VLAN tags stay.
 */
export function writeLinkAnswer(
  source: Uint8Array,
  from: number,
  length: number,
  linkType: number,
  bytes: Uint8Array,
  at: number,
): void {
  for (let i = 0; i < length; i++) bytes[at + i] = source[from + i];
  if (linkType === LinkType.ethernet) {
    for (let i = 0; i < MAC_BYTES; i++) {
      bytes[at + i] = source[from + MAC_BYTES + i];
      bytes[at + MAC_BYTES + i] = source[from + i];
    }
    return;
  }
  const type = cookedPacketType(source, from, linkType);
  if (type < 0) return;
  const isFirst = linkType === LinkType.linuxCooked;
  const typeAt = at + (isFirst ? cooked.packetType + 1 : cooked2.packetType);
  if (type === CookedType.toUs) bytes[typeAt] = CookedType.fromUs;
  else if (type === CookedType.fromUs) bytes[typeAt] = CookedType.toUs;
  // The header names the sender, and the address of the one who answers is not known.
  const addressAt = at + (isFirst ? cooked.address : cooked2.address);
  bytes.fill(0, addressAt, addressAt + COOKED_ADDRESS_BYTES);
}
