/**
 * Broken captures through the reader: no crash, no hang, no growing memory, and every fault has a place and a
 * reason. `scripts/capture-mutants` runs the same with a hundred thousand of them.
 */
import { expect, test } from 'vitest';
import { type CaptureReader, Item } from '../../src/pcap/capture-reader.js';
import {
  type Outcome,
  plannedCampaign,
  runCampaign,
  type Subject,
  stepsMax,
  summaryOf,
} from '../support/capture-campaign.js';
import { type Random, randomOf } from '../support/capture-mutants.js';
import { allAtOnce, type Feed, feedReader, newReader } from '../support/capture-reading.js';
import { LARGE_SEED, SEEDS } from '../support/capture-seeds.js';

const campaign = plannedCampaign(3_000);
const { count, isLong, timeoutMs } = campaign;

const RSS_GROWTH_BYTES_MAX = 200 * 2 ** 20;

test(`${count} mutants are read to their end`, { timeout: timeoutMs }, async () => {
  const result = await runCampaign(campaign, readTwice);
  if (isLong) console.log(summaryOf(result));
  expect(result.crashes).toEqual([]);
  expect(result.rssGrowthBytes).toBeLessThan(RSS_GROWTH_BYTES_MAX);
  if (isLong) return;
  // The mutants reach what they are for.
  expect(result.endings.get('clean end')).toBeGreaterThan(count / 10);
  expect(result.endings.size).toBeGreaterThan(15);
  expect(result.items).toBeGreaterThan(5 * count);
});

test('the captures that mutants are made from are good ones', () => {
  for (const file of [...SEEDS, LARGE_SEED]) {
    const { fault, items } = readTwice(file, randomOf('good'));
    expect(fault).toBeNull();
    expect(items).toBeGreaterThan(0);
  }
});

test('a reader that fails is found out, with the number of the mutant', async () => {
  const faulty: Subject[] = [
    () => {
      throw new Error('crashed');
    },
    () => ({ items: 1_000_000, fault: null }),
    () => ({ items: 0, fault: { offset: -1, reason: 'the file ends inside its header' } }),
    () => ({ items: 0, fault: { offset: 10_000_000, reason: 'the file ends inside its header' } }),
    () => ({ items: 0, fault: { offset: 0, reason: 'RangeError: Offset is outside.' } }),
  ];
  for (const subject of faulty) {
    const { crashes, endings } = await runCampaign({ count: 2, seed: 'faulty', first: 7 }, subject);
    expect(endings.size).toBe(0);
    const numbers = crashes.map(
      (crash) => /^mutant (\d+) of seed faulty: Error: /.exec(crash)?.[1],
    );
    expect(numbers).toEqual(['7', '8']);
  }
});

/** All at once and in pieces, which must make no difference. */
function readTwice(file: Uint8Array, random: Random): Outcome {
  const whole = digest(file, allAtOnce);
  const bytesMax = [8, 100, 5000, 300_000][random(4)];
  const pieces = digest(file, () => 1 + random(bytesMax));
  if (JSON.stringify(whole) !== JSON.stringify(pieces)) {
    throw new Error(`${JSON.stringify(whole)}, in pieces ${JSON.stringify(pieces)}`);
  }
  return whole;
}

interface Digest extends Outcome {
  readonly sum: number;
}

/** Reads to the end, and sums up all that the reader said. */
function digest(file: Uint8Array, feed: Feed): Digest {
  const { reader, bytes } = newReader();
  let [items, sum, fed, isFinished] = [0, 0, 0, false];
  for (;;) {
    const item = reader.next();
    if (item === Item.end || item === Item.fault) {
      return { items, sum, fault: reader.fault };
    }
    if (item === Item.more) {
      if (isFinished) throw new Error('wants more after the end');
      isFinished = fed === file.length;
      fed = feedReader(reader, bytes, file, fed, feed);
      continue;
    }
    if (++items > stepsMax(file)) throw new Error(`${items} items from ${file.length} bytes`);
    sum = mix(sum, item);
    if (item === Item.packet) sum = packetSum(sum, reader, bytes);
    if (item === Item.block) {
      const { at, bytes: length } = reader.block;
      sum = bytesSum(sum, reader.blockBytes, at, length);
    }
    if (item === Item.section) sum = bytesSum(sum, reader.section!.options);
    if (item === Item.interface) {
      const { link, snapLength, options } = reader.interfaces.at(-1)!;
      sum = bytesSum(mix(mix(sum, link), snapLength), options);
    }
  }
}

function packetSum(sum: number, reader: CaptureReader, bytes: Uint8Array): number {
  const { dataAt, capturedBytes, wireBytes, optionsAt, optionsBytes, direction } = reader.packet;
  const index = reader.packet.interface;
  const timeNs = reader.timeNs[0];
  if (!(index >= 0 && index < reader.interfaces.length)) throw new Error(`interface ${index}`);
  if (!Number.isSafeInteger(timeNs)) throw new Error(`time ${timeNs}`);
  if (!Number.isInteger(wireBytes) || wireBytes < 0) throw new Error(`wire bytes ${wireBytes}`);
  if (![-1, 0, 1].includes(direction)) throw new Error(`direction ${direction}`);
  const fields = [index, timeNs % 2 ** 31, Math.floor(timeNs / 2 ** 31), wireBytes, direction];
  const data = bytesSum(fields.reduce(mix, sum), bytes, dataAt, capturedBytes);
  return bytesSum(data, bytes, optionsAt, optionsBytes);
}

function bytesSum(sum: number, bytes: Uint8Array, at = 0, count = bytes.length): number {
  const end = at + count;
  if (!(at >= 0 && count >= 0 && end <= bytes.length)) throw new Error(`${count} bytes at ${at}`);
  let result = mix(sum, count);
  for (let i = at; i < end; i++) result = mix(result, bytes[i]);
  return result;
}

function mix(sum: number, value: number): number {
  return Math.imul(sum ^ value, 0x0100_0193) + (value >>> 15);
}
