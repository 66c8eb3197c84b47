/**
 * What a capture file calls the kind of its packets (https://www.tcpdump.org/linktypes.html), as our packet
 * views know it. Packets of all others pass untouched.
 */
import { LinkType } from '../packet/link-layer.js';

const LINK_TYPES: ReadonlyMap<number, LinkType> = new Map([
  [0, LinkType.nullLoopback],
  [1, LinkType.ethernet],
  // DLT_RAW, which some files have instead of LINKTYPE_RAW; it is 14 on OpenBSD.
  [12, LinkType.rawIp],
  [14, LinkType.rawIp],
  [101, LinkType.rawIp],
  [108, LinkType.nullLoopback],
  [113, LinkType.linuxCooked],
  [228, LinkType.rawIp],
  [229, LinkType.rawIp],
  [276, LinkType.linuxCooked2],
]);

export const UNKNOWN_LINK = -1;

/** The link type for a LINKTYPE_ value, or UNKNOWN_LINK. */
export function linkTypeOf(link: number): number {
  return LINK_TYPES.get(link) ?? UNKNOWN_LINK;
}
