/**
 * Explicit Congestion Notification in the IP header (RFC 3168, section 5): the two lower bits of the
 * traffic class, in which a router tells of congestion to those who said that they understand it.
 */

import { IPV4_CHECKSUM, mendChecksum } from './checksum.js';
import { readIpVersion, readIpv4TrafficClass } from './ipv4.js';
import { readIpv6TrafficClass } from './ipv6.js';

/** Congestion experienced: both bits. Either one alone says that the transport is capable. */
const CE = 3;

/** The packet is of an ECN-capable transport: ECT(0), ECT(1), or CE already. */
export function isEct(bytes: Uint8Array, l3Offset: number): boolean {
  const ipv4 = readIpVersion(bytes, l3Offset) === 4;
  const trafficClass = ipv4
    ? readIpv4TrafficClass(bytes, l3Offset)
    : readIpv6TrafficClass(bytes, l3Offset);
  return (trafficClass & CE) !== 0;
}

/**
 * Marks the packet CE, its IPv4 header checksum mended. Returns false, and changes nothing, when it
 * is Not-ECT: then the router may only drop it.
 */
export function markCe(bytes: Uint8Array, l3Offset: number): boolean {
  if (!isEct(bytes, l3Offset)) return false;
  if (readIpVersion(bytes, l3Offset) === 4) {
    const before = bytes[l3Offset + 1];
    bytes[l3Offset + 1] = before | CE;
    // The class is the lower byte of its 16-bit word; the upper one is the same before and after.
    mendChecksum(bytes, l3Offset + IPV4_CHECKSUM, before, before | CE);
  } else {
    // Version, class and flow label share a word: the class's lower half is the second byte's upper.
    bytes[l3Offset + 1] |= CE << 4;
  }
  return true;
}
