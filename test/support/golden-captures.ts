/**
 * The captures of test/golden, each a page of text, as the bytes of a pcapng or a pcap file. What writes
 * them here is small and the tests' own, so that it is no part of what is tested.
 */
import { readFileSync } from 'node:fs';

export const GOLDEN_CAPTURES = ['dns', 'quic', 'tcp'] as const;
export type GoldenCapture = (typeof GOLDEN_CAPTURES)[number];

export interface GoldenPacket {
  /** As the client sees it. */
  readonly direction: 'out' | 'in';
  /** Since 1970. */
  readonly timeNs: bigint;
  /** An Ethernet frame, whole. */
  readonly frame: Uint8Array;
}

const LINE = /^([io]) (\d+)\.(\d{9}) ((?:[0-9a-f]{2})+)$/;

export function goldenPackets(name: GoldenCapture): GoldenPacket[] {
  const lines = readFileSync(`test/golden/${name}.txt`, 'latin1').trimEnd().split('\n');
  const packets = lines.filter((line) => !line.startsWith('#'));
  return packets.map((line) => {
    const [, direction, seconds, nanoseconds, hex] = LINE.exec(line)!;
    return {
      direction: direction === 'o' ? 'out' : 'in',
      timeNs: BigInt(seconds + nanoseconds),
      frame: Buffer.from(hex, 'hex'),
    };
  });
}

const LINK_ETHERNET = 1;
const SNAP_LENGTH = 262_144;
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const IF_TSRESOL = 9;
const EPB_FLAGS = 2;
const NANOSECONDS = 9;
const DIRECTION_FLAGS = { in: 1, out: 2 } as const;

/** One section of one interface; times in nanoseconds, directions in each packet's flags. */
export function pcapngOf(packets: readonly GoldenPacket[]): Buffer {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(0x1a2b3c4d, 0);
  section.writeUInt16LE(1, 4);
  section.writeBigInt64LE(-1n, 8);
  const description = Buffer.alloc(8);
  description.writeUInt16LE(LINK_ETHERNET, 0);
  description.writeUInt32LE(SNAP_LENGTH, 4);
  const resolution = option(IF_TSRESOL, Buffer.of(NANOSECONDS));
  return Buffer.concat([
    block(SECTION_HEADER, section),
    block(INTERFACE_DESCRIPTION, Buffer.concat([description, resolution])),
    ...packets.map(enhancedPacket),
  ]);
}

function enhancedPacket({ direction, timeNs, frame }: GoldenPacket): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(Number(timeNs >> 32n), 4);
  head.writeUInt32LE(Number(timeNs & 0xffff_ffffn), 8);
  head.writeUInt32LE(frame.length, 12);
  head.writeUInt32LE(frame.length, 16);
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(DIRECTION_FLAGS[direction]);
  return block(ENHANCED_PACKET, Buffer.concat([head, padded(frame), option(EPB_FLAGS, flags)]));
}

function block(type: number, body: Buffer): Buffer {
  const edges = Buffer.alloc(12);
  edges.writeUInt32LE(type, 0);
  edges.writeUInt32LE(body.length + 12, 4);
  edges.writeUInt32LE(body.length + 12, 8);
  return Buffer.concat([edges.subarray(0, 8), body, edges.subarray(8)]);
}

/** The option, and the one that ends the list. */
function option(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value), Buffer.alloc(4)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

/** Classic, with nanoseconds; directions are lost. */
export function pcapOf(packets: readonly GoldenPacket[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b23c4d, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_LENGTH, 16);
  header.writeUInt32LE(LINK_ETHERNET, 20);
  const records = packets.map(({ timeNs, frame }) => {
    const head = Buffer.alloc(16);
    head.writeUInt32LE(Number(timeNs / 1_000_000_000n), 0);
    head.writeUInt32LE(Number(timeNs % 1_000_000_000n), 4);
    head.writeUInt32LE(frame.length, 8);
    head.writeUInt32LE(frame.length, 12);
    return Buffer.concat([head, frame]);
  });
  return Buffer.concat([header, ...records]);
}
