/**
 * A super-packet taken apart: several segments of one flow that the kernel hands over as one, and
 * the headers of any run of them. What comes out is what Linux's own segmentation gives
 * (`tcp_gso_segment`, `__udp_gso_segment`, `inet_gso_segment`, `ipv6_gso_segment`): IPv4 ids count up,
 * CWR is on the first segment only, FIN and PSH on the last only, and the last may be short.
 */

import { readU16 } from './bytes.js';
import { checksumOffset, fold, sumPseudoHeader } from './checksum.js';
import { IPV4_HEADER_BYTES_MIN, readIpv4Identification, writeIpv4Identification } from './ipv4.js';
import { IPV6_HEADER_BYTES } from './ipv6.js';
import type { PacketView } from './packet-view.js';
import { Protocol } from './protocol.js';
import {
  readTcpHeaderBytes,
  readTcpSequence,
  TCP_HEADER_BYTES_MIN,
  TcpFlag,
  writeTcpFlags,
  writeTcpSequence,
} from './tcp.js';
import { writeTrainLengths, writeTrainOffload } from './train-header.js';
import { readUdpLength, UDP_HEADER_BYTES } from './udp.js';
import { copyBytes, WordViews } from './word-views.js';

/** Flags that only one end of a train has. */
const LAST_ONLY = TcpFlag.fin | TcpFlag.psh;
const FIRST_ONLY = TcpFlag.cwr;

const NO_BYTES = new Uint8Array(0);

/** All that differs between segments is kept here, so headers may be written over the train's own. */
export class Train {
  /** Link, IP and transport headers. */
  headerBytes = 0;
  /** Payload of each segment but the last. */
  segmentBytes = 0;
  segments = 0;
  /** Of all segments. */
  payloadBytes = 0;
  /** TCP, or else UDP. */
  isTcp = false;

  readonly #views = new WordViews();
  #bytes: Uint8Array = NO_BYTES;
  #frameAt = 0;
  #isIpv4 = false;
  /** From the frame's beginning. */
  #l3At = 0;
  #l4At = 0;
  #identification = 0;
  #sequence = 0;
  #flags = 0;
  /** The pseudo-header's sum without the length. */
  #pseudoSum = 0;

  /**
   * Takes in the train that `view` shows, `segmentBytes` being the GSO size that came with it. False
   * (and nothing changes) for what cannot be taken apart: neither TCP nor UDP, a fragment, cut short, no
   * payload, headers that contradict themselves.
   */
  read(view: PacketView, segmentBytes: number): boolean {
    const { bytes, protocol, l3Offset, l4Offset, l4Length } = view;
    if (segmentBytes < 1 || view.truncated || view.isFragment || !view.hasPorts) return false;
    const isTcp = protocol === Protocol.tcp;
    if (!isTcp && protocol !== Protocol.udp) return false;
    const transportBytes = isTcp ? readTcpHeaderBytes(bytes, l4Offset) : UDP_HEADER_BYTES;
    const payloadBytes = l4Length - transportBytes; // Below 0 for a header that is cut short.
    if (payloadBytes < 1) return false;
    if (isTcp && transportBytes < TCP_HEADER_BYTES_MIN) return false;
    if (!isTcp && readUdpLength(bytes, l4Offset) !== l4Length) return false;

    this.isTcp = isTcp;
    this.headerBytes = l4Offset + transportBytes - view.frameOffset;
    this.segmentBytes = segmentBytes;
    this.segments = Math.ceil(payloadBytes / segmentBytes);
    this.payloadBytes = payloadBytes;
    this.#bytes = bytes;
    this.#frameAt = view.frameOffset;
    this.#isIpv4 = view.version === 4;
    this.#l3At = l3Offset - view.frameOffset;
    this.#l4At = l4Offset - view.frameOffset;
    this.#identification = this.#isIpv4 ? readIpv4Identification(bytes, l3Offset) : 0;
    this.#sequence = isTcp ? readTcpSequence(bytes, l4Offset) : 0;
    this.#flags = view.tcpFlags;
    this.#pseudoSum = pseudoSumOf(view);
    return true;
  }

  /** The IP length of segment `i`. */
  segmentL3Bytes(i: number): number {
    return this.headerBytes - this.#l3At + this.runPayloadBytes(i, 1);
  }

  /** Of the segments from `first` to `first + count - 1`, which exist. */
  runPayloadBytes(first: number, count: number): number {
    return Math.min(count * this.segmentBytes, this.payloadBytes - first * this.segmentBytes);
  }

  /** Where the payload of segment `first` lies in the bytes of the view. */
  payloadAt(first: number): number {
    return this.#frameAt + this.headerBytes + first * this.segmentBytes;
  }

  /** The `TcpFlag`s that segment `i` has on the wire; 0 for UDP. */
  tcpFlagsOf(i: number): number {
    return this.#runFlags(i, 1);
  }

  /**
   * Writes the `headerBytes` bytes of a run of `count` segments: its lengths, id, sequence number and
   * flags, and the IPv4 header's checksum; the transport's is to be completed (`OffloadFlag.needsChecksum`).
   */
  writeHeader(to: Uint8Array, at: number, first: number, count: number): void {
    this.#copyHeader(to, at);
    const l3 = at + this.#l3At;
    const l4 = at + this.#l4At;
    const l4Length = this.headerBytes - this.#l4At + this.runPayloadBytes(first, count);
    if (this.#isIpv4) writeIpv4Identification(to, l3, this.#identification + first);
    if (this.isTcp) {
      writeTcpSequence(to, l4, this.#sequence + first * this.segmentBytes);
      writeTcpFlags(to, l4, this.#runFlags(first, count));
    }
    writeTrainLengths(to, l3, l4, l4Length, this.#isIpv4, this.isTcp, this.#pseudoSum);
  }

  /** Writes the offload header (the 10 bytes from `at`) that belongs before what `writeHeader` writes. */
  writeOffload(to: Uint8Array, at: number, first: number, count: number): void {
    const segmentBytes = count === 1 ? 0 : this.segmentBytes;
    const flags = this.#runFlags(first, count);
    const { headerBytes, isTcp } = this;
    writeTrainOffload(to, at, this.#isIpv4, isTcp, flags, headerBytes, this.#l4At, segmentBytes);
  }

  #runFlags(first: number, count: number): number {
    let flags = this.#flags;
    if (first > 0) flags &= ~FIRST_ONLY;
    if (first + count < this.segments) flags &= ~LAST_ONLY;
    return flags;
  }

  #copyHeader(to: Uint8Array, at: number): void {
    const from = this.#frameAt;
    const count = this.headerBytes;
    const views = this.#views;
    if (to === this.#bytes) to.copyWithin(at, from, from + count);
    else copyBytes(views.of(this.#bytes), from, count, views.of(to), at);
  }
}

/**
 * The pseudo-header has the final destination, which a routing header or source route keeps elsewhere.
 * So behind options the sum is taken from the checksum, which holds it as yet; else from the addresses.
 */
function pseudoSumOf(view: PacketView): number {
  const { bytes, protocol, l3Offset, l4Offset, l4Length } = view;
  const plainBytes = view.version === 4 ? IPV4_HEADER_BYTES_MIN : IPV6_HEADER_BYTES;
  if (l4Offset - l3Offset === plainBytes) return sumPseudoHeader(bytes, l3Offset, protocol, 0);
  return fold(readU16(bytes, l4Offset + checksumOffset(protocol)) + (~l4Length & 0xffff));
}
