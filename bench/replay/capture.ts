/**
 * The capture that is replayed: made anew for each run, the same bytes each time. Packets of 64, 576 and
 * 1500 bytes (IP) at 7:4:1, the simple IMIX, in flows of which half is UDP and half TCP and a quarter IPv6,
 * both ways, at a mean rate that is the same for every size of the file: 1 GB is a minute.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { ethernet, ip, tcp, udp } from '../../test/support/packets.js';

export const FORMATS = ['pcap', 'pcapng'] as const;
export type Format = (typeof FORMATS)[number];

export interface Capture {
  readonly path: string;
  readonly format: Format;
  readonly bytes: number;
  readonly packets: number;
}

const FLOWS = 2_048;
/** Nobody's protocol, or tshark would take it apart. */
const SERVER_PORT = 9_000;
const SIZES = [64, 576, 1500];
/** Which size comes how often. */
const MIX = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2];
const START_SECONDS = 1_767_225_600;
const SECOND_NS = 1_000_000_000;
/** Of uniform gaps: 23 µs in the mean, so 43,000 packets/s, of 368 bytes. */
const GAP_NS_MAX = 46_000;
const CHUNK_BYTES = 1 << 20;
const LINK_ETHERNET = 1;
const SNAP_LENGTH = 262_144;

/** Writes at least `bytesMin`, to the last whole packet. */
export function makeCapture(path: string, format: Format, bytesMin: number): Capture {
  const templates = makeTemplates();
  const random = xorshift(0x6e65);
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const file = openSync(path, 'wx');
  const putRecord = format === 'pcap' ? putPcapRecord : putPcapngBlock;
  let end = format === 'pcap' ? putPcapHeader(chunk) : putPcapngHeader(chunk);
  let bytes = 0;
  let packets = 0;
  let timeNs = 0;
  while (bytes + end < bytesMin) {
    const size = MIX[random() % MIX.length];
    const frame = templates[(random() % (2 * FLOWS)) * SIZES.length + size];
    end = putRecord(chunk, end, timeNs, frame);
    packets++;
    timeNs += random() % GAP_NS_MAX;
    if (end < CHUNK_BYTES - 2 * SIZES[2]) continue;
    bytes += writeSync(file, chunk, 0, end);
    end = 0;
  }
  bytes += writeSync(file, chunk, 0, end);
  // Else it would be on its way to the disk while the first of them read it.
  fsyncSync(file);
  closeSync(file);
  return { path, format, bytes, packets };
}

/** A frame for each flow, direction and size, in this order. */
function makeTemplates(): Uint8Array[] {
  const templates: Uint8Array[] = [];
  for (let flow = 0; flow < FLOWS; flow++) {
    const isTcp = (flow & 1) === 0;
    const client =
      (flow & 6) === 0 ? `fd00::1:${flow.toString(16)}` : `198.18.${flow >> 8}.${flow & 0xff}`;
    const server = (flow & 6) === 0 ? 'fd00::2' : '198.19.0.1';
    const port = 20_000 + flow;
    for (const bytes of SIZES)
      templates.push(frameOf(client, server, port, SERVER_PORT, isTcp, bytes));
    for (const bytes of SIZES)
      templates.push(frameOf(server, client, SERVER_PORT, port, isTcp, bytes));
  }
  return templates;
}

function frameOf(
  from: string,
  to: string,
  source: number,
  destination: number,
  isTcp: boolean,
  bytes: number,
): Uint8Array {
  const headerBytes = (from.includes(':') ? 40 : 20) + (isTcp ? 20 : 8);
  const payload = new Uint8Array(bytes - headerBytes).fill(bytes);
  const transport = isTcp
    ? tcp(source, destination, { payload })
    : udp(source, destination, payload);
  return ethernet(ip(from, to, transport));
}

/** Marsaglia's xorshift32; its numbers are not negative. */
function xorshift(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** The classic format with nanoseconds. Like all of these: returns where the next bytes go. */
function putPcapHeader(chunk: Buffer): number {
  chunk.writeUInt32LE(0xa1b23c4d, 0);
  chunk.writeUInt16LE(2, 4);
  chunk.writeUInt16LE(4, 6);
  chunk.writeUInt32LE(SNAP_LENGTH, 16);
  return chunk.writeUInt32LE(LINK_ETHERNET, 20);
}

function putPcapRecord(chunk: Buffer, at: number, timeNs: number, frame: Uint8Array): number {
  chunk.writeUInt32LE(START_SECONDS + Math.floor(timeNs / SECOND_NS), at);
  chunk.writeUInt32LE(timeNs % SECOND_NS, at + 4);
  chunk.writeUInt32LE(frame.length, at + 8);
  chunk.writeUInt32LE(frame.length, at + 12);
  chunk.set(frame, at + 16);
  return at + 16 + frame.length;
}

/** A section header, and an interface whose times are in nanoseconds (option if_tsresol, 9). */
function putPcapngHeader(chunk: Buffer): number {
  const section = [0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffff_ffff, 0xffff_ffff, 28];
  const tsresol = [0x0001_0009, 9, 0];
  const description = [1, 32, LINK_ETHERNET, SNAP_LENGTH, ...tsresol, 32];
  let at = 0;
  for (const word of [...section, ...description]) at = chunk.writeUInt32LE(word, at);
  return at;
}

function putPcapngBlock(chunk: Buffer, at: number, timeNs: number, frame: Uint8Array): number {
  const bytes = 32 + frame.length + (-frame.length & 3);
  const time = BigInt(START_SECONDS) * BigInt(SECOND_NS) + BigInt(timeNs);
  chunk.writeUInt32LE(6, at);
  chunk.writeUInt32LE(bytes, at + 4);
  chunk.writeUInt32LE(0, at + 8);
  chunk.writeUInt32LE(Number(time >> 32n), at + 12);
  chunk.writeUInt32LE(Number(time & 0xffff_ffffn), at + 16);
  chunk.writeUInt32LE(frame.length, at + 20);
  chunk.writeUInt32LE(frame.length, at + 24);
  chunk.set(frame, at + 28);
  chunk.fill(0, at + 28 + frame.length, at + bytes - 4);
  return chunk.writeUInt32LE(bytes, at + bytes - 4);
}
