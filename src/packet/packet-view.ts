/**
 * What the bytes of one packet say. A `PacketView` is made once and reused: `parse` checks every
 * length, and when it returns true all fields are right and all offsets inside the packet. It
 * never throws, whatever the bytes, and allocates nothing.
 */

import { ETHERNET_HEADER_BYTES, EtherType, readEtherType } from './ethernet.js';
import { ICMP_ECHO_BYTES, IcmpType, readIcmpIdentifier, readIcmpType } from './icmp.js';
import {
  IPV4_HEADER_BYTES_MIN,
  readIpVersion,
  readIpv4Destination,
  readIpv4FragmentOffset,
  readIpv4HeaderBytes,
  readIpv4Identification,
  readIpv4MoreFragments,
  readIpv4Protocol,
  readIpv4Source,
  readIpv4TotalLength,
  readIpv4TrafficClass,
} from './ipv4.js';
import {
  IPV6_EXTENSION_BYTES_MIN,
  IPV6_EXTENSIONS_MAX,
  IPV6_HEADER_BYTES,
  Ipv6Extension,
  isIpv6Extension,
  readIpv6DestinationWord,
  readIpv6ExtensionBytes,
  readIpv6ExtensionNext,
  readIpv6FragmentOffset,
  readIpv6Identification,
  readIpv6MoreFragments,
  readIpv6NextHeader,
  readIpv6PayloadLength,
  readIpv6SourceWord,
  readIpv6TrafficClass,
} from './ipv6.js';
import { LinkType, readLinkHeader } from './link-layer.js';
import { Protocol, protocolHasPorts } from './protocol.js';
import { readTcpFlags, TCP_FLAGS_BYTES } from './tcp.js';
import { PORTS_BYTES, readDestinationPort, readSourcePort } from './udp.js';

export { LinkType } from './link-layer.js';

const NO_BYTES = new Uint8Array(0);

export class PacketView {
  bytes: Uint8Array = NO_BYTES;
  frameOffset = 0;
  frameLength = 0;
  linkType: number = LinkType.rawIp;

  /** After `parse` returned false: an IP packet whose headers are cut short or contradict themselves. */
  malformed = false;

  version: 4 | 6 = 4;
  l3Offset = 0;
  /** What the IP header says, or less when the packet was cut short: then `truncated` is set. */
  l3Length = 0;
  /** What the IP header says, cut short or not: the packet's length on the wire. */
  wireLength = 0;
  /**
   * The IP header announces more bytes than there are, as in a capture with a snapshot length.
   * The headers that were read are whole, so such a packet can be classified.
   */
  truncated = false;
  /** DSCP in the upper six bits, ECN in the lower two. */
  trafficClass = 0;

  /** Addresses, most significant word first, as signed integers; IPv4 as ::ffff:a.b.c.d. */
  src0 = 0;
  src1 = 0;
  src2 = 0;
  src3 = 0;
  dst0 = 0;
  dst1 = 0;
  dst2 = 0;
  dst3 = 0;

  /** Part of a larger packet. An IPv6 atomic fragment (RFC 6946) is whole, hence none. */
  isFragment = false;
  isFirstFragment = false;
  isLaterFragment = false;
  /** IPv4: 16 bits. IPv6: 32 bits as a signed integer. */
  fragmentId = 0;
  /**
   * Belongs, with addresses and id, to what tells fragmented packets apart: IPv4's protocol
   * (RFC 791), and 44 for IPv6, whose fragments are told apart without it (RFC 8200, 4.5).
   */
  fragmentProtocol = 0;

  /**
   * The upper layer, after all IPv6 extension headers. In a later IPv6 fragment, what follows the
   * fragment header in the first one, which may be an extension header.
   */
  protocol = 0;
  l4Offset = 0;
  l4Length = 0;
  /** The ports can be read. False for a later fragment: its ports are its first fragment's. */
  hasPorts = false;
  sourcePort = 0;
  destinationPort = 0;
  /** 0 unless TCP. */
  tcpFlags = 0;
  isEchoRequest = false;
  isEchoReply = false;
  /** Of an echo message, else 0. */
  echoIdentifier = 0;

  /**
   * Looks at `length` bytes from `offset`. Returns false when they are no IP packet, or one that
   * cannot be understood (`malformed`); the other fields mean nothing then.
   */
  parse(bytes: Uint8Array, offset: number, length: number, linkType: number): boolean {
    this.bytes = bytes;
    this.frameOffset = offset;
    this.frameLength = length;
    this.linkType = linkType;
    this.malformed = false;
    this.isFragment = false;
    this.isFirstFragment = false;
    this.isLaterFragment = false;
    this.fragmentId = 0;
    this.fragmentProtocol = 0;
    this.hasPorts = false;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.tcpFlags = 0;
    this.isEchoRequest = false;
    this.isEchoReply = false;
    this.echoIdentifier = 0;
    if (offset < 0 || length < 1 || offset + length > bytes.length) return this.#fail();

    let at = offset + ETHERNET_HEADER_BYTES;
    let etherType = 0;
    // Nearly all live packets, and 25 ns less for them than by way of the general answer.
    if (linkType === LinkType.ethernet && length >= ETHERNET_HEADER_BYTES) {
      etherType = readEtherType(bytes, offset);
    }
    if (etherType !== EtherType.ipv4 && etherType !== EtherType.ipv6) {
      const header = readLinkHeader(bytes, offset, length, linkType);
      if (header < 0) return this.#fail();
      at = offset + (header & 0xff);
      etherType = header >> 8;
    }
    const end = offset + length;
    this.l3Offset = at;
    if (etherType === EtherType.ipv4) return this.#parseIpv4(bytes, at, end);
    if (etherType === EtherType.ipv6) return this.#parseIpv6(bytes, at, end);
    return false;
  }

  #fail(): false {
    this.malformed = true;
    return false;
  }

  #parseIpv4(bytes: Uint8Array, at: number, end: number): boolean {
    const captured = end - at;
    if (captured < IPV4_HEADER_BYTES_MIN || readIpVersion(bytes, at) !== 4) return this.#fail();
    const headerBytes = readIpv4HeaderBytes(bytes, at);
    if (headerBytes < IPV4_HEADER_BYTES_MIN || headerBytes > captured) return this.#fail();
    const totalLength = readIpv4TotalLength(bytes, at);
    if (totalLength < headerBytes) return this.#fail();

    this.version = 4;
    this.wireLength = totalLength;
    this.truncated = totalLength > captured;
    this.l3Length = this.truncated ? captured : totalLength; // What follows is Ethernet padding.
    this.trafficClass = readIpv4TrafficClass(bytes, at);
    this.src0 = 0;
    this.src1 = 0;
    this.src2 = 0xffff;
    this.src3 = readIpv4Source(bytes, at);
    this.dst0 = 0;
    this.dst1 = 0;
    this.dst2 = 0xffff;
    this.dst3 = readIpv4Destination(bytes, at);
    this.protocol = readIpv4Protocol(bytes, at);
    this.fragmentProtocol = this.protocol;
    this.#setFragment(readIpv4FragmentOffset(bytes, at), readIpv4MoreFragments(bytes, at));
    if (this.isFragment) this.fragmentId = readIpv4Identification(bytes, at);
    this.l4Offset = at + headerBytes;
    this.l4Length = this.l3Length - headerBytes;
    this.#parseTransport(bytes);
    return true;
  }

  #parseIpv6(bytes: Uint8Array, at: number, end: number): boolean {
    const captured = end - at;
    if (captured < IPV6_HEADER_BYTES || readIpVersion(bytes, at) !== 6) return this.#fail();
    // A jumbogram (RFC 2675) has length 0 here, so its hop-by-hop header is beyond the end and it
    // is malformed to us: it would not fit into a frame anyway.
    const totalLength = IPV6_HEADER_BYTES + readIpv6PayloadLength(bytes, at);

    this.version = 6;
    this.wireLength = totalLength;
    this.truncated = totalLength > captured;
    this.l3Length = this.truncated ? captured : totalLength;
    this.trafficClass = readIpv6TrafficClass(bytes, at);
    this.src0 = readIpv6SourceWord(bytes, at, 0);
    this.src1 = readIpv6SourceWord(bytes, at, 1);
    this.src2 = readIpv6SourceWord(bytes, at, 2);
    this.src3 = readIpv6SourceWord(bytes, at, 3);
    this.dst0 = readIpv6DestinationWord(bytes, at, 0);
    this.dst1 = readIpv6DestinationWord(bytes, at, 1);
    this.dst2 = readIpv6DestinationWord(bytes, at, 2);
    this.dst3 = readIpv6DestinationWord(bytes, at, 3);

    const l3End = at + this.l3Length;
    let next = readIpv6NextHeader(bytes, at);
    let header = at + IPV6_HEADER_BYTES;
    for (let count = 0; !this.isLaterFragment && isIpv6Extension(next); count++) {
      if (count === IPV6_EXTENSIONS_MAX) return this.#fail();
      if (l3End - header < IPV6_EXTENSION_BYTES_MIN) return this.#fail();
      const headerBytes = readIpv6ExtensionBytes(bytes, header, next);
      if (l3End - header < headerBytes) return this.#fail();
      if (next === Ipv6Extension.fragment) {
        this.#setFragment(
          readIpv6FragmentOffset(bytes, header),
          readIpv6MoreFragments(bytes, header),
        );
        this.fragmentId = readIpv6Identification(bytes, header);
        this.fragmentProtocol = Ipv6Extension.fragment;
      }
      next = readIpv6ExtensionNext(bytes, header);
      header += headerBytes;
    }
    this.protocol = next;
    this.l4Offset = header;
    this.l4Length = l3End - header;
    this.#parseTransport(bytes);
    return true;
  }

  #setFragment(fragmentOffset: number, more: boolean): void {
    this.isFragment = more || fragmentOffset !== 0;
    this.isFirstFragment = more && fragmentOffset === 0;
    this.isLaterFragment = fragmentOffset !== 0;
  }

  #parseTransport(bytes: Uint8Array): void {
    if (this.isLaterFragment) return;
    const at = this.l4Offset;
    const protocol = this.protocol;
    if (protocolHasPorts(protocol)) {
      if (this.l4Length < PORTS_BYTES) return;
      this.hasPorts = true;
      this.sourcePort = readSourcePort(bytes, at);
      this.destinationPort = readDestinationPort(bytes, at);
      if (protocol === Protocol.tcp && this.l4Length >= TCP_FLAGS_BYTES) {
        this.tcpFlags = readTcpFlags(bytes, at);
      }
    } else if (protocol === Protocol.icmp || protocol === Protocol.icmpv6) {
      if (this.l4Length < ICMP_ECHO_BYTES) return;
      const type = readIcmpType(bytes, at);
      const v4 = protocol === Protocol.icmp;
      this.isEchoRequest = type === (v4 ? IcmpType.echoRequest : IcmpType.v6EchoRequest);
      this.isEchoReply = type === (v4 ? IcmpType.echoReply : IcmpType.v6EchoReply);
      if (this.isEchoRequest || this.isEchoReply) {
        this.echoIdentifier = readIcmpIdentifier(bytes, at);
      }
    }
  }
}
