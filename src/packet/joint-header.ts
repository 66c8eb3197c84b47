/**
 * The header of a frame that others may be joined to (joint.ts): plain IPv4 or IPv6, TCP or UDP with a
 * payload, nothing behind it. Stricter than a PacketView, and it reads no further than the headers,
 * since the payload of a train's run lies elsewhere.
 */

import { readU16 } from './bytes.js';
import { IPV4_CHECKSUM, sumPseudoHeader, sumWords } from './checksum.js';
import {
  ETHERNET_HEADER_BYTES,
  EtherType,
  readEtherType,
  VLAN_TAG_BYTES,
  VLAN_TAGS_MAX,
} from './ethernet.js';
import {
  IPV4_HEADER_BYTES_MIN,
  readIpVersion,
  readIpv4FragmentOffset,
  readIpv4HeaderBytes,
  readIpv4Identification,
  readIpv4MoreFragments,
  readIpv4Protocol,
  readIpv4TotalLength,
} from './ipv4.js';
import { IPV6_HEADER_BYTES, readIpv6NextHeader, readIpv6PayloadLength } from './ipv6.js';
import { LinkType } from './link-layer.js';
import { Protocol } from './protocol.js';
import {
  readTcpFlags,
  readTcpHeaderBytes,
  readTcpUrgentPointer,
  TCP_HEADER_BYTES_MIN,
  TcpFlag,
} from './tcp.js';
import { readUdpLength, UDP_HEADER_BYTES } from './udp.js';

/** Such segments stay alone: they mean something at their place, or are no part of a stream. */
const LONE_FLAGS = TcpFlag.syn | TcpFlag.rst | TcpFlag.urg;

export class JointHeader {
  isIpv4 = false;
  /** TCP, or else UDP. */
  isTcp = false;
  /** From the frame's beginning, as is `headerBytes`, which ends where the payload begins. */
  l3At = 0;
  l4At = 0;
  headerBytes = 0;
  /** The pseudo-header's sum without the length. */
  pseudoSum = 0;
  /** The IPv4 header's sum without total length, id and checksum. */
  ipv4Sum = 0;

  /** False, and nothing changes, for a frame that is not of the kind above. */
  read(bytes: Uint8Array, at: number, length: number, linkType: number): boolean {
    const l3At = l3Start(bytes, at, linkType);
    const l3Length = length - l3At;
    if (l3At < 0 || l3Length < IPV4_HEADER_BYTES_MIN + UDP_HEADER_BYTES) return false;
    const l3 = at + l3At;
    const isIpv4 = readIpVersion(bytes, l3) === 4;
    if (!(isIpv4 ? isPlainIpv4(bytes, l3, l3Length) : isPlainIpv6(bytes, l3, l3Length))) {
      return false;
    }
    const protocol = isIpv4 ? readIpv4Protocol(bytes, l3) : readIpv6NextHeader(bytes, l3);
    const l4At = l3At + (isIpv4 ? IPV4_HEADER_BYTES_MIN : IPV6_HEADER_BYTES);
    const isTcp = protocol === Protocol.tcp;
    if (!isTcp && protocol !== Protocol.udp) return false;
    const transportBytes = isTcp
      ? plainTcpBytes(bytes, at + l4At)
      : plainUdpBytes(bytes, at + l4At, length - l4At);
    // A header that is cut short has no payload behind it either.
    if (transportBytes < 0 || length <= l4At + transportBytes) return false;

    this.isIpv4 = isIpv4;
    this.isTcp = isTcp;
    this.l3At = l3At;
    this.l4At = l4At;
    this.headerBytes = l4At + transportBytes;
    this.pseudoSum = sumPseudoHeader(bytes, l3, protocol, 0);
    if (isIpv4) {
      const varying =
        l3Length + readIpv4Identification(bytes, l3) + readU16(bytes, l3 + IPV4_CHECKSUM);
      this.ipv4Sum = sumWords(bytes, l3, IPV4_HEADER_BYTES_MIN) - varying;
    }
    return true;
  }
}

/**
 * Where the IP header begins, from the frame's beginning; -1 where there is none. Frames of other links
 * come from captures, where every packet stays what it is.
 */
function l3Start(bytes: Uint8Array, at: number, linkType: number): number {
  if (linkType !== LinkType.ethernet) return linkType === LinkType.rawIp ? 0 : -1;
  let l3At = ETHERNET_HEADER_BYTES;
  for (let tags = 0; tags <= VLAN_TAGS_MAX; tags++) {
    const type = readEtherType(bytes, at + l3At - ETHERNET_HEADER_BYTES);
    if (type !== EtherType.vlan && type !== EtherType.providerVlan) {
      const version = readIpVersion(bytes, at + l3At);
      return type === (version === 4 ? EtherType.ipv4 : EtherType.ipv6) ? l3At : -1;
    }
    l3At += VLAN_TAG_BYTES;
  }
  return -1;
}

/** No options, no fragment, no padding behind it. */
function isPlainIpv4(bytes: Uint8Array, l3: number, l3Length: number): boolean {
  return (
    readIpv4HeaderBytes(bytes, l3) === IPV4_HEADER_BYTES_MIN &&
    readIpv4TotalLength(bytes, l3) === l3Length &&
    !readIpv4MoreFragments(bytes, l3) &&
    readIpv4FragmentOffset(bytes, l3) === 0
  );
}

/** No extension headers follow when the next one is a transport's, which `read` asks for. */
function isPlainIpv6(bytes: Uint8Array, l3: number, l3Length: number): boolean {
  return (
    readIpVersion(bytes, l3) === 6 &&
    readIpv6PayloadLength(bytes, l3) === l3Length - IPV6_HEADER_BYTES
  );
}

/** The header's length, or -1 for a segment that stays alone. */
function plainTcpBytes(bytes: Uint8Array, l4: number): number {
  const headerBytes = readTcpHeaderBytes(bytes, l4);
  const isLone = (readTcpFlags(bytes, l4) & LONE_FLAGS) !== 0;
  if (isLone || readTcpUrgentPointer(bytes, l4) !== 0) return -1;
  return headerBytes < TCP_HEADER_BYTES_MIN ? -1 : headerBytes;
}

function plainUdpBytes(bytes: Uint8Array, l4: number, l4Length: number): number {
  return readUdpLength(bytes, l4) === l4Length ? UDP_HEADER_BYTES : -1;
}
