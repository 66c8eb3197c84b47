/**
 * Trains: super-packets as the kernel hands them over, the wire packets that they stand for, and a slow,
 * obvious segmenter, written from scratch, that shares no code with the fast one. A `TrainShape` says
 * what a train is; `wirePackets` builds each of its packets from that, `superPacket` the one frame.
 */
import fc from 'fast-check';
import { LinkType } from '../../src/packet/packet-view.js';
import { checksum, concat, u16 } from './packet-bytes.js';
import { ethernet, extension, ipv4, ipv6, type Transport, tcp, udp } from './packets.js';

export const V4 = ['192.0.2.1', '198.51.100.2'] as const;
export const V6 = ['2001:db8::1', 'fd00:6e65::ffff:2'] as const;

export const Flag = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
  urg: 32,
  ece: 64,
  cwr: 128,
} as const;

export interface TrainShape {
  readonly isTcp: boolean;
  readonly addresses: readonly [string, string];
  /** Null: no Ethernet header. Else its tags, outer first. */
  readonly tags: readonly (readonly [number, number])[] | null;
  readonly destinationMac: string;
  readonly ports: readonly [number, number];
  readonly trafficClass: number;
  readonly timeToLive: number;
  /** IPv4: of the first segment. */
  readonly identification: number;
  readonly flagsFragmentOffset: number;
  readonly flowLabel: number;
  /** IPv4 options, or an IPv6 destination options header of that many units. */
  readonly ipOptions: Uint8Array;
  readonly extensions: number;
  /** TCP's. */
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly window: number;
  readonly flags: number;
  readonly options: Uint8Array;
  readonly segmentBytes: number;
  readonly payload: Uint8Array;
}

/** What every train here is, but for what a test says. */
export const PLAIN: TrainShape = {
  isTcp: true,
  addresses: V4,
  tags: null,
  destinationMac: '02:00:00:00:00:02',
  ports: [40_000, 443],
  trafficClass: 0,
  timeToLive: 64,
  identification: 1_000,
  flagsFragmentOffset: 0x4000,
  flowLabel: 0x12345,
  ipOptions: new Uint8Array(0),
  extensions: 0,
  sequence: 1_000_000,
  acknowledgement: 77,
  window: 501,
  flags: Flag.ack,
  options: Uint8Array.of(1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8),
  segmentBytes: 100,
  payload: payloadOf(100),
};

/** Bytes of which no two neighbouring segments have the same. */
export function payloadOf(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => ((first + i) * 31 + ((first + i) >> 8) * 7) & 0xff);
}

export function linkTypeOf({ tags }: TrainShape): number {
  return tags === null ? LinkType.rawIp : LinkType.ethernet;
}

export function segmentCount({ payload, segmentBytes }: TrainShape): number {
  return Math.ceil(payload.length / segmentBytes);
}

/** Segment `i` as it is on the wire, with whole checksums. */
function wirePacket(shape: TrainShape, i: number): Uint8Array {
  const { segmentBytes, flags, sequence, identification, payload } = shape;
  const last = segmentCount(shape) - 1;
  return frameOf({
    ...shape,
    identification: (identification + i) % 0x1_0000,
    sequence: (sequence + i * segmentBytes) % 2 ** 32,
    flags:
      flags & (i === 0 ? 0xff : 0xff - Flag.cwr) & (i === last ? 0xff : 0xff - Flag.fin - Flag.psh),
    payload: payload.slice(i * segmentBytes, (i + 1) * segmentBytes),
  });
}

export function wirePackets(shape: TrainShape): Uint8Array[] {
  return Array.from({ length: segmentCount(shape) }, (_, i) => wirePacket(shape, i));
}

/** One frame with all of the payload, whatever its length, and whole checksums. */
export function frameOf(shape: TrainShape): Uint8Array {
  const packet = packetOf(shape);
  const { tags, destinationMac: destination } = shape;
  return tags === null ? packet : ethernet(packet, { tags, destination });
}

function packetOf(shape: TrainShape): Uint8Array {
  const [from, to] = shape.addresses;
  const transport = transportOf(shape);
  if (!from.includes(':')) {
    return ipv4(from, to, transport, { ...shape, options: shape.ipOptions });
  }
  const extensions = shape.extensions === 0 ? [] : [extension(60, shape.extensions)];
  return ipv6(from, to, transport, { ...shape, hopLimit: shape.timeToLive, extensions });
}

function transportOf(shape: TrainShape): Transport {
  const [source, destination] = shape.ports;
  return shape.isTcp ? tcp(source, destination, shape) : udp(source, destination, shape.payload);
}

/** A frame as a device with offloads has it: the offload header and what follows it. */
export interface OffloadFrame {
  readonly offload: Uint8Array;
  readonly frame: Uint8Array;
}

/** The frame with its transport's checksum yet to be completed, as Linux gives it to a TUN. */
export function superPacket(shape: TrainShape): OffloadFrame {
  return partial(frameOf(shape), linkTypeOf(shape), shape.segmentBytes);
}

/** Takes a whole checksum back to the sum over the pseudo-header; a train if it has so much payload. */
export function partial(whole: Uint8Array, linkType: number, segmentBytes = 0): OffloadFrame {
  const frame = whole.slice();
  const { l3, l4, isIpv4, isTcp, headerBytes } = headersOf(frame, linkType);
  const l4Bytes = frame.length - l4;
  const addresses = isIpv4 ? frame.slice(l3 + 12, l3 + 20) : frame.slice(l3 + 8, l3 + 40);
  const checksumAt = isTcp ? 16 : 6;
  const pseudo = ~checksum(addresses, u16(isTcp ? 6 : 17, l4Bytes)) & 0xffff;
  frame.set(u16(pseudo), l4 + checksumAt);
  const isTrain = segmentBytes > 0 && frame.length - headerBytes > segmentBytes;
  const ecn = isTcp && (frame[l4 + 13]! & Flag.cwr) !== 0 ? 0x80 : 0;
  const gsoType = isTrain ? (isTcp ? (isIpv4 ? 1 : 4) + ecn : 5) : 0;
  const gsoSize = isTrain ? segmentBytes : 0;
  return { offload: offloadBytes(1, gsoType, headerBytes, gsoSize, l4, checksumAt), frame };
}

/** The ten bytes, by hand. */
export function offloadBytes(flags: number, gsoType: number, ...words: number[]): Uint8Array {
  return Uint8Array.from([flags, gsoType, ...words.flatMap((word) => [word & 0xff, word >> 8])]);
}

/** Where a good frame's headers are; of IPv6's extension headers, those that trains may have. */
export function headersOf(frame: Uint8Array, linkType: number) {
  let l3 = 0;
  if (linkType === LinkType.ethernet) {
    l3 = 14;
    while ([0x8100, 0x88a8].includes(wordAt(frame, l3 - 2))) l3 += 4;
  }
  const isIpv4 = frame[l3]! >> 4 === 4;
  let l4 = l3 + (isIpv4 ? (frame[l3]! & 15) * 4 : 40);
  let protocol = frame[l3 + (isIpv4 ? 9 : 6)]!;
  while (!isIpv4 && (protocol === 60 || protocol === 43)) {
    protocol = frame[l4]!;
    l4 += 8 + 8 * frame[l4 + 1]!;
  }
  const isTcp = protocol === 6;
  const headerBytes = l4 + (isTcp ? (frame[l4 + 12]! >> 4) * 4 : 8);
  return { l3, l4, isIpv4, isTcp, headerBytes };
}

/**
 * The wire packets of what a device is given, as the kernel makes them: it believes the offload header
 * and the sum that the checksum holds, and computes all else for each segment.
 */
export function segment({ offload, frame }: OffloadFrame, linkType: number): Uint8Array[] {
  const [flags, type] = offload;
  const [headerBytes, gsoSize, start, offset] = [2, 4, 6, 8].map(
    (at) => offload[at]! + offload[at + 1]! * 256,
  ) as [number, number, number, number];
  if (flags !== 1) {
    if (type !== 0) throw new Error('a super-packet without a checksum to complete');
    return [frame];
  }
  if (type === 0) return [completed(frame, start, offset, wordAt(frame, start + offset))];
  const { l3, l4, isIpv4, isTcp, headerBytes: expected } = headersOf(frame, linkType);
  const hasCwr = isTcp && (frame[l4 + 13]! & Flag.cwr) !== 0;
  const fitting = [
    expected,
    l4,
    isTcp ? 16 : 6,
    isTcp ? (isIpv4 ? 1 : 4) + (hasCwr ? 0x80 : 0) : 5,
  ];
  if ([headerBytes, start, offset, type].some((value, i) => value !== fitting[i])) {
    throw new Error(`offload header ${offload.join(' ')} does not fit`);
  }
  const payload = frame.slice(headerBytes);
  const count = Math.ceil(payload.length / gsoSize);
  return Array.from({ length: count }, (_, i) => {
    const part = payload.slice(i * gsoSize, (i + 1) * gsoSize);
    const packet = concat(frame.slice(0, headerBytes), part);
    if (isIpv4) {
      packet.set(u16(packet.length - l3), l3 + 2);
      packet.set(u16((wordAt(frame, l3 + 4) + i) % 0x1_0000), l3 + 4);
      packet.set([0, 0], l3 + 10);
      packet.set(u16(checksum(packet.slice(l3, l3 + (frame[l3]! & 15) * 4))), l3 + 10);
    } else {
      packet.set(u16(packet.length - l3 - 40), l3 + 4);
    }
    if (isTcp) {
      const sequence = new DataView(packet.buffer).getUint32(l4 + 4) + i * gsoSize;
      new DataView(packet.buffer).setUint32(l4 + 4, sequence % 2 ** 32);
      if (i > 0) packet[l4 + 13]! &= 0xff - Flag.cwr;
      if (i < count - 1) packet[l4 + 13]! &= 0xff - Flag.fin - Flag.psh;
    } else {
      packet.set(u16(packet.length - l4), l4 + 4);
    }
    // The sum was over the length of all.
    const difference = u16(0xffff - (frame.length - l4), packet.length - l4);
    const sum = ~checksum(u16(wordAt(frame, l4 + offset)), difference) & 0xffff;
    return completed(packet, start, offset, sum);
  });
}

function completed(frame: Uint8Array, start: number, offset: number, pseudo: number): Uint8Array {
  const packet = frame.slice();
  packet.set(u16(pseudo), start + offset);
  const sum = checksum(packet.slice(start));
  packet.set(u16(sum === 0 && offset === 6 ? 0xffff : sum), start + offset);
  return packet;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}

/** For comparing, which is ten times as fast with strings. */
export function dump(packets: readonly Uint8Array[]): string[] {
  return packets.map((packet) => Buffer.from(packet).toString('hex'));
}

/** Where both wrap, and 32 bits change their sign. */
const identification = fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xffe0, max: 0xffff }));
const sequence = fc.oneof(
  fc.nat(0xffff_ffff),
  fc.integer({ min: 0xffff_0000, max: 0xffff_ffff }),
  fc.integer({ min: 0x7fff_0000, max: 0x7fff_ffff }),
);
/** ACK and any of the others that a train has one of or all. */
const flags = fc
  .subarray([Flag.fin, Flag.psh, Flag.ece, Flag.cwr])
  .map((more) => more.reduce((sum, flag) => sum + flag, Flag.ack as number));

const fourTimes = (unitsMax: number) =>
  fc
    .tuple(fc.nat(unitsMax), fc.nat(0xff))
    .map(([units, first]) => Uint8Array.from({ length: 4 * units }, (_, i) => first + 3 * i));

/** Trains of one segment up to `segmentsMax`, by default as many as fit into an IP packet. */
export function trains(segmentsMax = 60, payloadBytesMax = 65_000): fc.Arbitrary<TrainShape> {
  return fc
    .record({
      isTcp: fc.boolean(),
      addresses: fc.constantFrom(V4, V6),
      tags: fc.constantFrom(null, [], [[0x8100, 10]], [
        [0x88a8, 10],
        [0x8100, 20],
      ] as const),
      trafficClass: fc.nat(0xff),
      timeToLive: fc.integer({ min: 1, max: 255 }),
      identification,
      flagsFragmentOffset: fc.constantFrom(0, 0x4000),
      flowLabel: fc.nat(0xfffff),
      ipOptions: fc.oneof(fc.constant(new Uint8Array(0)), fourTimes(10)),
      extensions: fc.constantFrom(0, 0, 1, 3),
      sequence,
      acknowledgement: fc.nat(0xffff_ffff),
      window: fc.nat(0xffff),
      flags,
      options: fourTimes(10),
      segmentBytes: fc.oneof(fc.integer({ min: 1, max: 1_460 }), fc.integer({ min: 1, max: 9 })),
      count: fc.integer({ min: 1, max: segmentsMax }),
      last: fc.nat(),
      firstByte: fc.nat(0xff),
    })
    .map(({ count, last, firstByte, tags, ...rest }) => {
      const { segmentBytes } = rest;
      const length = Math.min(
        (count - 1) * segmentBytes + 1 + (last % segmentBytes),
        payloadBytesMax,
      );
      const payload = payloadOf(length, firstByte);
      return { ...PLAIN, ...rest, tags: tags as TrainShape['tags'], payload };
    });
}

/** One buffer with frames and their offload headers before them, margins around, as packets lie in memory. */
export class FrameMemory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  #end = 3; // So that frames are not aligned.

  constructor(size: number) {
    this.bytes = new Uint8Array(size).fill(0xee);
  }

  /** Where the frame begins. */
  put({ offload, frame }: OffloadFrame): number {
    const at = this.#end + offload.length;
    this.bytes.set(offload, this.#end);
    this.bytes.set(frame, at);
    this.#end = at + frame.length + 1;
    return at;
  }

  /** The frame of `length` bytes at `at`, with its offload header. */
  get(at: number, length: number): OffloadFrame {
    return { offload: this.bytes.slice(at - 10, at), frame: this.bytes.slice(at, at + length) };
  }
}
