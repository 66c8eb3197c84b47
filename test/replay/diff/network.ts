/**
 * A network for tests: packets go in, some are lost, late, doubled or damaged as told, and both ends are
 * captured. What `diff` finds has to be what was told.
 */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { little, MAGIC } from '../../support/capture-bytes.js';
import { ethernet } from '../../support/packets.js';

export interface Captured {
  readonly packet: Uint8Array;
  readonly timeNs: number;
}

/** What becomes of one packet. */
export interface Fate {
  /** One for each copy that arrives; empty: lost. */
  readonly delaysNs: readonly number[];
  /** As it arrives, where it is another. */
  readonly changed?: Uint8Array;
}

/** Some time in 2026. */
const EPOCH_NS = 1_790_000_000_000_000_000n;

export interface Transmission {
  readonly packet: Uint8Array;
  readonly timeNs: number;
  readonly fate: Fate;
  /** From the far end to the near one. */
  readonly isBack?: boolean;
}

/** The captures of the near end and of the far one. */
export interface Ends {
  readonly near: readonly Captured[];
  readonly far: readonly Captured[];
}

/** What both ends see, in the order of their clocks; the far one's is `aheadNs` ahead. */
export function transmit(packets: readonly Transmission[], aheadNs = 0): Ends {
  const near: Captured[] = [];
  const far: Captured[] = [];
  for (const { packet, timeNs, fate, isBack = false } of packets) {
    const [from, to] = isBack ? [far, near] : [near, far];
    from.push({ packet, timeNs });
    for (const delayNs of fate.delaysNs) {
      to.push({ packet: fate.changed ?? throughRouter(packet), timeNs: timeNs + delayNs });
    }
  }
  const byTime = (a: Captured, b: Captured) => a.timeNs - b.timeNs;
  const shifted = far.map(({ packet, timeNs }) => ({ packet, timeNs: timeNs + aheadNs }));
  return { near: near.sort(byTime), far: shifted.sort(byTime) };
}

/** One hop less. */
export function throughRouter(packet: Uint8Array): Uint8Array {
  const after = packet.slice();
  if (packet[0] >> 4 === 6) {
    after[7]--;
    return after;
  }
  after[8]--;
  // RFC 1624 for a word that is 0x100 less.
  const sum = (after[10] << 8) + after[11] + 0x100;
  const folded = (sum & 0xffff) + (sum >> 16);
  after[10] = folded >> 8;
  after[11] = folded & 0xff;
  return after;
}

export interface FileOptions {
  readonly snapLength?: number;
  /** LINKTYPE_: 1 Ethernet, 101 raw IP. */
  readonly link?: 1 | 101;
}

/** A classic capture with nanoseconds. */
export function captureBytes(packets: readonly Captured[], options: FileOptions = {}): Uint8Array {
  const { snapLength = 262_144, link = 1 } = options;
  const records = packets.map(({ packet, timeNs }) => {
    const frame = link === 1 ? ethernet(packet) : packet;
    const ns = EPOCH_NS + BigInt(Math.round(timeNs));
    const time: [number, number] = [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)];
    return { data: frame.subarray(0, snapLength), wireBytes: frame.length, time };
  });
  return little.classic({ magic: MAGIC.nanoseconds, snapLength, network: link }, records);
}

export function writeCapture(
  folder: string,
  name: string,
  packets: readonly Captured[],
  options: FileOptions = {},
): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, captureBytes(packets, options));
  return file;
}
