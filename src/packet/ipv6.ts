/**
 * The IPv6 header (RFC 8200) and its extension headers: named offsets and readers for headers
 * whose length was checked. All extension headers begin with the next header's type; all but two
 * have their length in the second byte, in units of 8 bytes without the first 8.
 */

import { readI32, readU16 } from './bytes.js';
import { writeU16 } from './write.js';

export const IPV6_HEADER_BYTES = 40;

/** Every extension header is at least this long. */
export const IPV6_EXTENSION_BYTES_MIN = 8;

/**
 * RFC 8200 section 4.1 has seven at most in a well-formed packet; a chain longer than this only
 * exists to make parsers work.
 */
export const IPV6_EXTENSIONS_MAX = 16;

const offset = {
  versionClassLabel: 0,
  payloadLength: 4,
  nextHeader: 6,
  hopLimit: 7,
  source: 8,
  destination: 24,
} as const;

const extensionOffset = {
  nextHeader: 0,
  length: 1,
  fragmentOffset: 2,
  fragmentIdentification: 4,
} as const;

export const Ipv6Extension = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  destination: 60,
  mobility: 135,
  hostIdentity: 139,
  shim6: 140,
} as const;

/** Whether another header follows this one. ESP (50) hides what follows, 59 says that nothing does. */
export function isIpv6Extension(nextHeader: number): boolean {
  switch (nextHeader) {
    case Ipv6Extension.hopByHop:
    case Ipv6Extension.routing:
    case Ipv6Extension.fragment:
    case Ipv6Extension.authentication:
    case Ipv6Extension.destination:
    case Ipv6Extension.mobility:
    case Ipv6Extension.hostIdentity:
    case Ipv6Extension.shim6:
      return true;
    default:
      return false;
  }
}

/** The length of the extension header at `at`, which is of the type `kind`. */
export function readIpv6ExtensionBytes(bytes: Uint8Array, at: number, kind: number): number {
  if (kind === Ipv6Extension.fragment) return 8; // The length byte is reserved there.
  const length = bytes[at + extensionOffset.length];
  // RFC 4302 section 2.2: in units of 4 bytes, without the first 8.
  if (kind === Ipv6Extension.authentication) return (length + 2) << 2;
  return (length + 1) << 3;
}

export function readIpv6ExtensionNext(bytes: Uint8Array, at: number): number {
  return bytes[at + extensionOffset.nextHeader];
}

/** In units of 8 bytes; `at` is the fragment header. */
export function readIpv6FragmentOffset(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + extensionOffset.fragmentOffset) >> 3;
}

export function readIpv6MoreFragments(bytes: Uint8Array, at: number): boolean {
  return (readU16(bytes, at + extensionOffset.fragmentOffset) & 1) !== 0;
}

export function readIpv6Identification(bytes: Uint8Array, at: number): number {
  return readI32(bytes, at + extensionOffset.fragmentIdentification);
}

/** DSCP in the upper six bits, ECN in the lower two. */
export function readIpv6TrafficClass(bytes: Uint8Array, at: number): number {
  return (readU16(bytes, at + offset.versionClassLabel) >> 4) & 0xff;
}

/** Without the 40 bytes of the header, with the extension headers. */
export function readIpv6PayloadLength(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + offset.payloadLength);
}

export function readIpv6NextHeader(bytes: Uint8Array, at: number): number {
  return bytes[at + offset.nextHeader];
}

/** Word 0 (most significant) to 3. */
export function readIpv6SourceWord(bytes: Uint8Array, at: number, word: number): number {
  return readI32(bytes, at + offset.source + 4 * word);
}

export function readIpv6DestinationWord(bytes: Uint8Array, at: number, word: number): number {
  return readI32(bytes, at + offset.destination + 4 * word);
}

/** Without the 40 bytes of the header. */
export function writeIpv6PayloadLength(bytes: Uint8Array, at: number, length: number): void {
  writeU16(bytes, at + offset.payloadLength, length);
}
