/**
 * What the guest measured, as it lies in the cache: for each case NAME.json, which says how it was made,
 * and the two logs of guest/numbered.c, NAME.sent and NAME.received. A case is measured anew when what it
 * asks for is no longer what it was made with.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Traffic } from './cases.js';

export const SENT = 'sent';
export const RECEIVED = 'received';

export interface Versions {
  readonly kernel: string;
  readonly iproute2: string;
}

export interface Measurement {
  readonly name: string;
  readonly netem: string | null;
  readonly traffic: Traffic;
  readonly packets: number;
  readonly seed: number;
  readonly versions: Versions;
  /** `tc -s qdisc show` afterwards. */
  readonly qdisc: string;
  /** Of the day, as 2026-11-22. */
  readonly date: string;
}

/** What was sent, by number, and what arrived of it, in order of arrival; times in nanoseconds. */
export interface Log {
  readonly sentNs: Float64Array;
  /** IP length. */
  readonly sentBytes: Uint32Array;
  readonly arrivalNs: Float64Array;
  readonly arrivalNumber: Uint32Array;
  /** Bits of `Flipped`. */
  readonly arrivalFlips: Uint8Array;
}

/** Where a packet had a flipped bit. */
export const Flipped = { header: 1, payload: 2 } as const;

const RECORD_BYTES = 16;

export function writeMeasurement(cache: string, file: string, measurement: Measurement): void {
  writeFileSync(join(cache, `${file}.json`), `${JSON.stringify(measurement, null, 2)}\n`);
}

/** What the logs and the engine's runs came to, as NAME.statistics.json. */
export function writeStatistics(cache: string, file: string, statistics: object): void {
  const path = join(cache, `${file}.statistics.json`);
  writeFileSync(path, `${JSON.stringify(statistics, null, 2)}\n`);
}

/** Null when the cache has none, or one that was made otherwise. */
export function readMeasurement(
  cache: string,
  file: string,
  asked: Pick<Measurement, 'netem' | 'traffic' | 'packets' | 'seed'>,
): Measurement | null {
  const path = join(cache, `${file}.json`);
  if (!existsSync(path)) return null;
  const found = JSON.parse(readFileSync(path, 'utf8')) as Measurement;
  const { netem, traffic, packets, seed } = found;
  return isDeepStrictEqual({ netem, traffic, packets, seed }, asked) ? found : null;
}

/** The logs, with times since the first packet was sent. */
export function readLog(cache: string, file: string): Log {
  const sent = recordsOf(join(cache, `${file}.${SENT}`));
  const received = recordsOf(join(cache, `${file}.${RECEIVED}`));
  const startNs = sent.times[0];
  const since = (times: BigInt64Array) => Float64Array.from(times, (t) => Number(t - startNs));
  return {
    sentNs: since(sent.times),
    sentBytes: sent.first,
    arrivalNs: since(received.times),
    arrivalNumber: received.first,
    arrivalFlips: Uint8Array.from(received.second),
  };
}

interface Records {
  readonly times: BigInt64Array;
  readonly first: Uint32Array;
  readonly second: Uint32Array;
}

/** Records of a 64-bit time and two 32-bit words, little-endian as User-Mode Linux (x86) writes them. */
function recordsOf(path: string): Records {
  const bytes = readFileSync(path);
  const count = Math.floor(bytes.length / RECORD_BYTES);
  const records: Records = {
    times: new BigInt64Array(count),
    first: new Uint32Array(count),
    second: new Uint32Array(count),
  };
  for (let i = 0; i < count; i++) {
    records.times[i] = bytes.readBigInt64LE(i * RECORD_BYTES);
    records.first[i] = bytes.readUInt32LE(i * RECORD_BYTES + 8);
    records.second[i] = bytes.readUInt32LE(i * RECORD_BYTES + 12);
  }
  return records;
}
