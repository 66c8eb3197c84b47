/**
 * Super-packets put together: frames of one flow that leave one after the other become one, when the
 * kernel's segmentation of it gives back exactly the bytes that went in. The first frame's header
 * heads them all; whoever writes gathers the payloads. What may not be joined stays a frame of its own.
 */

import { readU16 } from './bytes.js';
import { fold, IPV4_CHECKSUM } from './checksum.js';
import { readIpv4Identification, readIpv4TotalLength } from './ipv4.js';
import { IPV6_HEADER_BYTES, readIpv6PayloadLength } from './ipv6.js';
import { JointHeader } from './joint-header.js';
import {
  OFFLOAD_HEADER_BYTES,
  OffloadFlag,
  readChecksumOffset,
  readChecksumStart,
  readOffloadFlags,
} from './offload-header.js';
import { PacketView } from './packet-view.js';
import { readTcpFlags, readTcpSequence, TcpFlag, writeTcpFlags } from './tcp.js';
import { Train } from './train.js';
import { trainChecksumOffset, writeTrainLengths, writeTrainOffload } from './train-header.js';
import { readUdpLength } from './udp.js';
import { isSame, WordViews } from './word-views.js';

/** Of the IP packet, as its length field allows. */
const L3_BYTES_MAX = 65_535;

/** Linux's UDP_MAX_SEGMENTS, which is 128 since 6.9. */
const UDP_SEGMENTS_MAX = 64;

/** A segment with one of these is the last of its train. */
const ENDING = TcpFlag.fin | TcpFlag.psh;

const NO_BYTES = new Uint8Array(0);

/**
 * One group of frames that leave as one super-packet. Of a frame, only the headers are looked at, and the
 * offload header before it: so a run of a train may be given by a header of its own (`Train.writeHeader`,
 * `Train.writeOffload`) whose payload lies elsewhere, with the length of both.
 */
export class Joint {
  /** Wire packets; 0: empty. */
  segments = 0;
  /** Payload of each segment but the last. */
  segmentBytes = 0;
  headerBytes = 0;
  /** Of all segments. */
  payloadBytes = 0;
  /** Whether a frame might be appended. */
  isOpen = false;
  /** For whoever knows that the kernel takes no UDP super-packets, as before Linux 6.2: off. */
  joinsUdp = true;

  readonly #header = new JointHeader();
  readonly #views = new WordViews();
  readonly #view = new PacketView();
  readonly #train = new Train();
  #bytes: Uint8Array = NO_BYTES;
  #at = 0;
  #frames = 0;
  /** Of the first frame. */
  #identification = 0;
  #sequence = 0;
  /** Of the first frame with FIN and PSH of the last. */
  #flags = 0;

  /**
   * Begins a group with a frame: one wire packet (`trainSegmentBytes` 0) or a train of that GSO size. All
   * frames of a group have the same link type.
   */
  begin(
    bytes: Uint8Array,
    at: number,
    length: number,
    linkType: number,
    trainSegmentBytes: number,
  ): void {
    const header = this.#header;
    this.#frames = 1;
    this.isOpen = header.read(bytes, at, length, linkType);
    if (!this.isOpen) {
      this.segments = this.#countSegments(bytes, at, length, linkType, trainSegmentBytes);
      this.headerBytes = length;
      this.segmentBytes = 0;
      this.payloadBytes = 0;
      return;
    }
    const payloadBytes = length - header.headerBytes;
    this.#bytes = bytes;
    this.#at = at;
    this.headerBytes = header.headerBytes;
    this.segmentBytes = isTrain(payloadBytes, trainSegmentBytes) ? trainSegmentBytes : payloadBytes;
    this.#identification = header.isIpv4 ? readIpv4Identification(bytes, at + header.l3At) : 0;
    this.#sequence = header.isTcp ? readTcpSequence(bytes, at + header.l4At) : 0;
    this.#flags = header.isTcp ? readTcpFlags(bytes, at + header.l4At) : 0;
    this.segments = 0;
    this.payloadBytes = 0;
    this.#take(payloadBytes, Math.ceil(payloadBytes / this.segmentBytes));
    if (!this.#checksumsAreGood(bytes, at, length)) this.isOpen = false;
    if (!header.isTcp && !this.joinsUdp) this.isOpen = false;
  }

  /**
   * Whether the frame continues the group; then it is taken in: `length - headerBytes` bytes of payload, at
   * `at + headerBytes` if the frame is whole.
   */
  tryAppend(bytes: Uint8Array, at: number, length: number, trainSegmentBytes: number): boolean {
    if (!this.isOpen) return false;
    const payloadBytes = length - this.headerBytes;
    let segments = 1;
    if (isTrain(payloadBytes, trainSegmentBytes)) {
      if (trainSegmentBytes !== this.segmentBytes) return false;
      segments = Math.ceil(payloadBytes / trainSegmentBytes);
    } else if (payloadBytes < 1 || payloadBytes > this.segmentBytes) {
      return false;
    }
    if (!this.#hasRoom(payloadBytes, segments)) return false;
    if (!this.#isNext(bytes, at, length) || !this.#checksumsAreGood(bytes, at, length))
      return false;
    this.#frames++;
    if (this.#header.isTcp) this.#flags |= readTcpFlags(bytes, at + this.#header.l4At) & ENDING;
    this.#take(payloadBytes, segments);
    return true;
  }

  /**
   * Makes the first frame's header that of the whole group, and the ten bytes before it the group's offload
   * header. Changes nothing when the group is one frame.
   */
  finish(): void {
    if (this.#frames < 2) return;
    const { isIpv4, isTcp, l3At, l4At, pseudoSum } = this.#header;
    const { headerBytes, segmentBytes } = this;
    const bytes = this.#bytes;
    const at = this.#at;
    const flags = this.#flags;
    if (isTcp) writeTcpFlags(bytes, at + l4At, flags);
    const l4Length = headerBytes - l4At + this.payloadBytes;
    writeTrainLengths(bytes, at + l3At, at + l4At, l4Length, isIpv4, isTcp, pseudoSum);
    const offloadAt = at - OFFLOAD_HEADER_BYTES;
    writeTrainOffload(bytes, offloadAt, isIpv4, isTcp, flags, headerBytes, l4At, segmentBytes);
  }

  /** Of a frame that cannot be joined; such trains are rare (IPv4 options, IPv6 extension headers). */
  #countSegments(
    bytes: Uint8Array,
    at: number,
    length: number,
    linkType: number,
    trainSegmentBytes: number,
  ): number {
    const isTrain =
      trainSegmentBytes > 0 &&
      this.#view.parse(bytes, at, length, linkType) &&
      this.#train.read(this.#view, trainSegmentBytes);
    return isTrain ? this.#train.segments : 1;
  }

  /** Nothing follows a short segment, nor FIN or PSH. */
  #take(payloadBytes: number, segments: number): void {
    this.segments += segments;
    this.payloadBytes += payloadBytes;
    this.isOpen =
      payloadBytes % this.segmentBytes === 0 && (this.#flags & ENDING) === 0 && this.#hasRoom(1, 1);
  }

  #hasRoom(payloadBytes: number, segments: number): boolean {
    const l3Length = this.headerBytes - this.#header.l3At + this.payloadBytes + payloadBytes;
    if (l3Length > L3_BYTES_MAX) return false;
    return this.#header.isTcp || this.segments + segments <= UDP_SEGMENTS_MAX;
  }

  /** Whether the headers are the first frame's, but for what the kernel gives each segment anew. */
  #isNext(bytes: Uint8Array, at: number, length: number): boolean {
    const { isIpv4, isTcp, l3At, l4At } = this.#header;
    const l3 = at + l3At;
    const l4 = at + l4At;
    // First what tells most frames apart.
    if (isTcp) {
      if (readTcpSequence(bytes, l4) !== ((this.#sequence + this.payloadBytes) | 0)) return false;
      const flags = readTcpFlags(bytes, l4);
      if (((flags ^ this.#flags) & ~(ENDING | TcpFlag.cwr)) !== 0) return false;
      if ((flags & TcpFlag.cwr) !== 0) return false;
    } else if (readUdpLength(bytes, l4) !== length - l4At) {
      return false;
    }
    const view = this.#views.of(bytes);
    const ours = this.#views.of(this.#bytes);
    const shift = this.#at - at;
    if (isIpv4) {
      if (readIpv4TotalLength(bytes, l3) !== length - l3At) return false;
      const identification = (this.#identification + this.segments) & 0xffff;
      if (readIpv4Identification(bytes, l3) !== identification) return false;
      if (!isSame(view, at, l3 + 2, ours, shift)) return false; // Version, class
      if (!isSame(view, l3 + 6, l3 + 10, ours, shift)) return false; // Fragment, time to live, protocol
      if (!isSame(view, l3 + 12, l4 + 4, ours, shift)) return false; // Addresses, ports
    } else {
      if (readIpv6PayloadLength(bytes, l3) !== length - l3At - IPV6_HEADER_BYTES) return false;
      if (!isSame(view, at, l3 + 4, ours, shift)) return false; // Version, class, flow label
      if (!isSame(view, l3 + 6, l4 + 4, ours, shift)) return false; // Next header to ports
    }
    return (
      !isTcp ||
      (isSame(view, l4 + 8, l4 + 13, ours, shift) && // Acknowledgement, header length
        isSame(view, l4 + 14, l4 + 16, ours, shift) && // Window
        isSame(view, l4 + 18, at + this.headerBytes, ours, shift)) // Urgent pointer, options
    );
  }

  /**
   * The IPv4 header's as Linux writes it; the transport's as the kernel vouches for it. A UDP checksum of 0
   * is none. TCP's is never 0xffff when it is computed anew, so such a one would not come back.
   */
  #checksumsAreGood(bytes: Uint8Array, at: number, length: number): boolean {
    const { isIpv4, isTcp, l3At, l4At, ipv4Sum, pseudoSum } = this.#header;
    if (isIpv4) {
      const varying = length - l3At + readIpv4Identification(bytes, at + l3At);
      const checksum = ~fold(ipv4Sum + varying) & 0xffff;
      if (readU16(bytes, at + l3At + IPV4_CHECKSUM) !== checksum) return false;
    }
    const offloadAt = at - OFFLOAD_HEADER_BYTES;
    const flags = readOffloadFlags(bytes, offloadAt);
    const offset = trainChecksumOffset(isTcp);
    const checksum = readU16(bytes, at + l4At + offset);
    if ((flags & OffloadFlag.needsChecksum) !== 0) {
      if (readChecksumStart(bytes, offloadAt) !== l4At) return false;
      return (
        readChecksumOffset(bytes, offloadAt) === offset &&
        checksum === fold(pseudoSum + length - l4At)
      );
    }
    return (flags & OffloadFlag.dataValid) !== 0 && checksum !== (isTcp ? 0xffff : 0);
  }
}

/** One segment with a GSO size is a packet like any other (Linux takes it for one too). */
function isTrain(payloadBytes: number, trainSegmentBytes: number): boolean {
  return trainSegmentBytes > 0 && payloadBytes > trainSegmentBytes;
}
