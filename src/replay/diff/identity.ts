/**
 * What a packet keeps on its way through a network, as two hashes of 32 bits. Left out is what networks
 * change: link header, hop limit, traffic class, IPv4 options and don't-fragment bit, extension headers
 * of IPv6, TCP's options in a SYN (routers lower the MSS), and every checksum, which the sender's capture
 * often does not have yet because the network card writes it.
 */

import { readI32, readU16 } from '../../packet/bytes.js';
import { readIcmpType } from '../../packet/icmp.js';
import {
  readIpv4FragmentOffset,
  readIpv4Identification,
  readIpv4MoreFragments,
} from '../../packet/ipv4.js';
import { readIpv6FragmentOffset, readIpv6MoreFragments } from '../../packet/ipv6.js';
import type { PacketView } from '../../packet/packet-view.js';
import { Protocol, protocolHasPorts } from '../../packet/protocol.js';
import { readTcpHeaderBytes, TCP_HEADER_BYTES_MIN, TcpFlag } from '../../packet/tcp.js';
import { WordViews } from '../../packet/word-views.js';

/** Of the transport header: its length, and where its checksum lies; −1 where it has none. */
const CHECKSUM_AT: Readonly<Record<number, number>> = {
  [Protocol.tcp]: 16,
  [Protocol.udp]: 6,
  [Protocol.udpLite]: 6,
  [Protocol.dccp]: 6,
  [Protocol.icmp]: 2,
  [Protocol.icmpv6]: 2,
  [Protocol.sctp]: 8,
};
const SCTP_HEADER_BYTES = 12;
const HEADER_BYTES = 8;
const PORTS_BYTES = 4;
const TCP_OFFSET_AT = 12;
const FRAGMENT_HEADER_BYTES = 8;
/** Unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792). */
const ICMP_ERRORS: readonly number[] = [3, 4, 5, 11, 12];
const FLOW_LABEL_MASK = 0x000f_ffff;

export class Identity {
  /** Of the headers alone: the same for a packet whose payload was damaged on the way. */
  header = 0;
  /** Of headers and payload, mixed in another way: both together tell packets apart. */
  whole = 0;

  readonly #nat: boolean;
  readonly #views = new WordViews();

  /** `nat`: addresses, ports and the identifier of echo messages are left out, too. */
  constructor(nat: boolean) {
    this.#nat = nat;
  }

  /**
   * Of the packet in `view`, of which only the first `bytesMax` bytes from the IP header on are looked
   * at.
   */
  read(view: PacketView, bytesMax: number): void {
    this.header = 0x5a17_3c01;
    this.whole = 0x2f6b_91d5;
    const { bytes, l3Offset, l4Offset } = view;
    const end = l3Offset + Math.min(view.l3Length, bytesMax);
    this.#take((view.version << 8) | view.protocol);
    this.#take(view.wireLength - (l4Offset - l3Offset));
    if (!this.#nat) this.#takeAddresses(view);
    if (view.version === 4) {
      this.#take(readIpv4Identification(bytes, l3Offset));
      const place = readIpv4FragmentOffset(bytes, l3Offset);
      this.#take(2 * place + Number(readIpv4MoreFragments(bytes, l3Offset)));
    } else {
      this.#take(readI32(bytes, l3Offset) & FLOW_LABEL_MASK);
      if (view.isFragment) this.#takeIpv6Fragment(view);
    }
    const payloadAt = view.isLaterFragment ? l4Offset : this.#takeTransport(view, end);
    this.#takePayload(bytes, payloadAt, end);
    this.header = settled(this.header);
    this.whole = settled(this.whole);
  }

  #takeAddresses(view: PacketView): void {
    this.#take(view.src0);
    this.#take(view.src1);
    this.#take(view.src2);
    this.#take(view.src3);
    this.#take(view.dst0);
    this.#take(view.dst1);
    this.#take(view.dst2);
    this.#take(view.dst3);
  }

  #takeIpv6Fragment(view: PacketView): void {
    this.#take(view.fragmentId);
    if (!view.isLaterFragment) return;
    // Nothing follows the fragment header of a later fragment but its payload.
    const at = view.l4Offset - FRAGMENT_HEADER_BYTES;
    const place = readIpv6FragmentOffset(view.bytes, at);
    this.#take(2 * place + Number(readIpv6MoreFragments(view.bytes, at)));
  }

  /** Returns where the payload begins. */
  #takeTransport(view: PacketView, end: number): number {
    const { bytes, l4Offset, protocol } = view;
    const checksumAt = CHECKSUM_AT[protocol];
    if (checksumAt === undefined) return l4Offset;
    let from = 0;
    let to = HEADER_BYTES;
    let payload = HEADER_BYTES;
    if (protocol === Protocol.sctp) {
      to = SCTP_HEADER_BYTES;
      payload = to;
    } else if (protocol === Protocol.tcp && end - l4Offset > TCP_OFFSET_AT) {
      payload = Math.max(TCP_HEADER_BYTES_MIN, readTcpHeaderBytes(bytes, l4Offset));
      to = (view.tcpFlags & TcpFlag.syn) === 0 ? payload : TCP_HEADER_BYTES_MIN;
    }
    if (this.#nat && protocolHasPorts(protocol)) from = PORTS_BYTES;
    const echo = view.isEchoRequest || view.isEchoReply;
    const without = echo && this.#nat ? checksumAt + 2 : -1;
    const room = end - l4Offset;
    for (let at = from; at < to && at + 2 <= room; at += 2) {
      if (at === checksumAt || at === without) continue;
      if (protocol === Protocol.sctp && at === checksumAt + 2) continue;
      this.#take(readU16(bytes, l4Offset + at));
    }
    // What an ICMP error quotes, a NAT changes as it does the packet.
    const quotes = this.#nat && room > 0 && isIcmpError(protocol, readIcmpType(bytes, l4Offset));
    return quotes ? end : l4Offset + Math.min(payload, room);
  }

  #takePayload(bytes: Uint8Array, from: number, end: number): void {
    const view = this.#views.of(bytes);
    let whole = this.whole;
    let at = from;
    for (; at + 4 <= end; at += 4) {
      whole = Math.imul(whole ^ view.getInt32(at, true), 0x2c1b_3c6d);
      whole = (whole << 15) | (whole >>> 17);
    }
    for (; at < end; at++) {
      whole = Math.imul(whole ^ bytes[at], 0x2c1b_3c6d);
      whole = (whole << 15) | (whole >>> 17);
    }
    this.whole = whole;
  }

  #take(word: number): void {
    const header = Math.imul(this.header ^ word, 0x9e37_79b1);
    this.header = ((header << 13) | (header >>> 19)) ^ 0x1656_67b1;
    const whole = Math.imul(this.whole ^ word, 0x85eb_ca77);
    this.whole = (whole << 17) | (whole >>> 15);
  }
}

function isIcmpError(protocol: number, type: number): boolean {
  if (protocol === Protocol.icmpv6) return type < 128;
  return protocol === Protocol.icmp && ICMP_ERRORS.includes(type);
}

/** Spreads the last words over all bits: a hash table looks at the lowest. */
function settled(hash: number): number {
  let mixed = hash ^ (hash >>> 15);
  mixed = Math.imul(mixed, 0x7feb_352d);
  mixed ^= mixed >>> 14;
  mixed = Math.imul(mixed, 0x31f8_48b5);
  return mixed ^ (mixed >>> 16);
}
