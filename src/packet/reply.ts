/**
 * Frames that answer a packet in the name of the one it was sent to: TCP's reset, and ICMP's word
 * that a firewall refused it. They go back the way the packet came: addresses, ports and Ethernet
 * addresses changed over, VLAN tags as they were. Whether an answer is due is not asked here.
 */

import { readI32 } from './bytes.js';
import { writeIpv4Checksum, writeTransportChecksum } from './checksum.js';
import { IPV4_HEADER_BYTES_MIN } from './ipv4.js';
import { IPV6_HEADER_BYTES } from './ipv6.js';
import { LINK_HEADER_BYTES_MAX, writeLinkAnswer } from './link-layer.js';
import type { PacketView } from './packet-view.js';
import { Protocol } from './protocol.js';
import { readTcpHeaderBytes, TCP_HEADER_BYTES_MIN, TcpFlag } from './tcp.js';
import { writeI32, writeU16 } from './write.js';

/** RFC 1812, 4.3.2.3: an IPv4 error quotes what fits into 576 bytes; RFC 4443, 2.4 (c): IPv6, 1,280. */
const IPV4_ERROR_BYTES_MAX = 576;
const IPV6_ERROR_BYTES_MAX = 1_280;

const ICMP_HEADER_BYTES = 8;
const TIME_TO_LIVE = 64;
const DONT_FRAGMENT = 0x4000;

/** RFC 1812, 4.3.2.5: errors are "internetwork control". Linux sends IPv6's without a class. */
const ERROR_TRAFFIC_CLASS = 0xc0;

/** Communication administratively prohibited: RFC 1812, 5.2.7.1, and RFC 4443, 3.1. */
const PROHIBITED = { v4: { type: 3, code: 13 }, v6: { type: 1, code: 1 } } as const;

/** No answer is longer. */
export const REPLY_BYTES_MAX = LINK_HEADER_BYTES_MAX + IPV6_ERROR_BYTES_MAX;

/**
 * Answers a TCP segment as a closed port does (RFC 9293, 3.10.7.1), into `bytes` from `at`. Returns
 * the frame's length, or 0 when the segment's header is cut short or lies about its length.
 */
export function writeReset(view: PacketView, bytes: Uint8Array, at: number): number {
  if (view.l4Length < TCP_HEADER_BYTES_MIN) return 0;
  const headerBytes = readTcpHeaderBytes(view.bytes, view.l4Offset);
  const payloadBytes = announcedL4Length(view) - headerBytes;
  if (headerBytes < TCP_HEADER_BYTES_MIN || payloadBytes < 0) return 0;
  const { tcpFlags } = view;
  const linkBytes = writeLinkHeader(view, bytes, at);
  const l3 = at + linkBytes;
  const l4 = l3 + writeIpHeader(view, bytes, l3, Protocol.tcp, TCP_HEADER_BYTES_MIN, 0);
  const from = view.l4Offset;
  writeU16(bytes, l4, view.destinationPort);
  writeU16(bytes, l4 + 2, view.sourcePort);
  if ((tcpFlags & TcpFlag.ack) !== 0) {
    writeI32(bytes, l4 + 4, readI32(view.bytes, from + 8));
    writeI32(bytes, l4 + 8, 0);
    writeU16(bytes, l4 + 12, ((TCP_HEADER_BYTES_MIN / 4) << 12) | TcpFlag.rst);
  } else {
    const control = (tcpFlags & TcpFlag.syn ? 1 : 0) + (tcpFlags & TcpFlag.fin ? 1 : 0);
    writeI32(bytes, l4 + 4, 0);
    writeI32(bytes, l4 + 8, readI32(view.bytes, from + 4) + payloadBytes + control);
    writeU16(bytes, l4 + 12, ((TCP_HEADER_BYTES_MIN / 4) << 12) | TcpFlag.rst | TcpFlag.ack);
  }
  writeU16(bytes, l4 + 14, 0); // Window
  writeU16(bytes, l4 + 18, 0); // Urgent pointer
  writeTransportChecksum(bytes, l3, l4, TCP_HEADER_BYTES_MIN, Protocol.tcp);
  return l4 + TCP_HEADER_BYTES_MIN - at;
}

/**
 * Answers a packet by ICMP's "administratively prohibited", from the address that it was sent to,
 * into `bytes` from `at`. Returns the frame's length.
 */
export function writeProhibited(view: PacketView, bytes: Uint8Array, at: number): number {
  const isIpv4 = view.version === 4;
  const headers = (isIpv4 ? IPV4_HEADER_BYTES_MIN : IPV6_HEADER_BYTES) + ICMP_HEADER_BYTES;
  const room = (isIpv4 ? IPV4_ERROR_BYTES_MAX : IPV6_ERROR_BYTES_MAX) - headers;
  const quoteBytes = Math.min(view.l3Length, room);
  const { type, code } = isIpv4 ? PROHIBITED.v4 : PROHIBITED.v6;
  const protocol = isIpv4 ? Protocol.icmp : Protocol.icmpv6;
  const trafficClass = isIpv4 ? ERROR_TRAFFIC_CLASS : 0;

  const l4Length = ICMP_HEADER_BYTES + quoteBytes;
  const l3 = at + writeLinkHeader(view, bytes, at);
  const l4 = l3 + writeIpHeader(view, bytes, l3, protocol, l4Length, trafficClass);
  writeU16(bytes, l4, (type << 8) | code);
  writeI32(bytes, l4 + 4, 0);
  const quote = l4 + ICMP_HEADER_BYTES;
  for (let i = 0; i < quoteBytes; i++) bytes[quote + i] = view.bytes[view.l3Offset + i];
  writeTransportChecksum(bytes, l3, l4, l4Length, protocol);
  return l4 + l4Length - at;
}

/** Nothing for a raw IP packet. Returns the header's length. */
function writeLinkHeader(view: PacketView, bytes: Uint8Array, at: number): number {
  const length = view.l3Offset - view.frameOffset;
  if (length > 0) {
    writeLinkAnswer(view.bytes, view.frameOffset, length, view.linkType, bytes, at);
  }
  return length;
}

/** Back to the view's source, without options. Returns the header's length. */
function writeIpHeader(
  view: PacketView,
  bytes: Uint8Array,
  at: number,
  protocol: number,
  l4Length: number,
  trafficClass: number,
): number {
  if (view.version === 4) {
    writeU16(bytes, at, 0x4500 | trafficClass);
    writeU16(bytes, at + 2, IPV4_HEADER_BYTES_MIN + l4Length);
    // RFC 6864, section 4.1: what is not to be fragmented needs no identification.
    writeU16(bytes, at + 4, 0);
    writeU16(bytes, at + 6, DONT_FRAGMENT);
    writeU16(bytes, at + 8, (TIME_TO_LIVE << 8) | protocol);
    writeI32(bytes, at + 12, view.dst3);
    writeI32(bytes, at + 16, view.src3);
    writeIpv4Checksum(bytes, at);
    return IPV4_HEADER_BYTES_MIN;
  }
  writeI32(bytes, at, 0x6000_0000 | (trafficClass << 20));
  writeU16(bytes, at + 4, l4Length);
  writeU16(bytes, at + 6, (protocol << 8) | TIME_TO_LIVE);
  writeI32(bytes, at + 8, view.dst0);
  writeI32(bytes, at + 12, view.dst1);
  writeI32(bytes, at + 16, view.dst2);
  writeI32(bytes, at + 20, view.dst3);
  writeI32(bytes, at + 24, view.src0);
  writeI32(bytes, at + 28, view.src1);
  writeI32(bytes, at + 32, view.src2);
  writeI32(bytes, at + 36, view.src3);
  return IPV6_HEADER_BYTES;
}

/** On the wire: a capture may have cut the packet short. */
function announcedL4Length({ wireLength, l3Offset, l4Offset }: PacketView): number {
  return wireLength - (l4Offset - l3Offset);
}
