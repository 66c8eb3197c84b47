import { describe, expect, test } from 'vitest';
import type { Rate } from '../../../src/rules/rule.js';
import {
  type Advance,
  type Arrival,
  fates,
  LinkDriver,
  poisson,
  queue,
  rate,
} from '../../support/link-driver.js';
import { dropTail, modelFates, RateModel } from './link-model.js';

const UNLIMITED = queue({});

function departures(values: Partial<Rate>, arrivals: readonly Arrival[], startNs = 0) {
  const driver = new LinkDriver({ rate: rate(values), queue: UNLIMITED }, 'seldom', startNs);
  driver.sendAll(arrivals);
  driver.runOut();
  return driver.departuresNs;
}

/** So many packets at once. */
function train(atNs: number, count: number, bytes: number): Arrival[] {
  return Array.from({ length: count }, () => ({ atNs, bytes }));
}

describe('a serial link', () => {
  test('sends one after the other, 8n / rate each', () => {
    expect(departures({}, train(500, 3, 1000))).toEqual([1_000_500, 2_000_500, 3_000_500]);
    const idle = [...train(0, 1, 1000), ...train(5_000_000, 1, 500)];
    expect(departures({}, idle)).toEqual([1_000_000, 5_500_000]);
  });

  test('begins at the end of the last packet when one comes at that time, or just before', () => {
    const ends = [0, 999_999, 2_000_000].map((atNs) => ({ atNs, bytes: 1000 }));
    expect(departures({}, ends)).toEqual([1_000_000, 2_000_000, 3_000_000]);
  });

  test('loses no fraction of a nanosecond', () => {
    // 1,000 bytes at 3 Mbit/s take 2,666,666.67 ns; three of them 8 ms.
    const three = departures({ bitsPerSecond: 3e6 }, train(0, 3, 1000));
    expect(three).toEqual([2_666_667, 5_333_334, 8_000_000]);
    // 7 bytes at 999,999,999 bit/s take 56.000000056 ns: a million of them 56,000,000.056.
    const many = [];
    for (let i = 0; i < 1000; i++) many.push(...train(i * 56_000, 1000, 7));
    const departed = departures({ bitsPerSecond: 999_999_999 }, many);
    expect(departed[999_999]).toBe(56_000_001);
    expect(departed[499_999]).toBe(28_000_001);
    expect(departed[0]).toBe(57);
  });

  test('counts overhead, never below zero', () => {
    expect(departures({ overheadBytes: 38 }, train(0, 1, 1000))).toEqual([1_038_000]);
    expect(departures({ overheadBytes: -14 }, train(0, 1, 1000))).toEqual([986_000]);
    expect(departures({ overheadBytes: -100 }, train(7, 2, 60))).toEqual([7, 7]);
  });

  test('counts begun cells whole', () => {
    // ATM: 48 of 53 bytes are payload. 1,000 bytes are 21 cells, 960 are 20.
    const atm = { cellBytes: 48, cellOverheadBytes: 5 };
    expect(departures(atm, train(0, 1, 1000))).toEqual([21 * 53 * 1000]);
    expect(departures(atm, train(0, 1, 960))).toEqual([20 * 53 * 1000]);
    expect(departures({ ...atm, overheadBytes: 8 }, train(0, 1, 953))).toEqual([21 * 53 * 1000]);
    expect(departures({ cellBytes: 100, cellOverheadBytes: -10 }, train(0, 1, 101))).toEqual([
      180_000,
    ]);
  });

  test('holds at rates from 1 bit/s to 1 Tbit/s', () => {
    expect(departures({ bitsPerSecond: 1 }, train(0, 2, 1))).toEqual([8e9, 16e9]);
    expect(departures({ bitsPerSecond: 1e12 }, train(0, 3, 1500))).toEqual([12, 24, 36]);
    // 65,535 cells of 1,501 bytes each: more than fits into one product.
    const cells = { bitsPerSecond: 7001, cellBytes: 1, cellOverheadBytes: 1500 };
    const bits = 65_535n * 1501n * 8n;
    const ends = [1n, 2n].map((n) => Number((n * bits * 1_000_000_000n + 7000n) / 7001n));
    expect(departures(cells, train(0, 2, 65_535))).toEqual(ends);
  });
});

describe('a token bucket', () => {
  test('is full at the start, and then gives what flows in', () => {
    const bucket = { burstBytes: 2500 };
    const later = 10_000_000;
    const expected = [0, 0, 500_000, 1_500_000].map((ns) => later + ns);
    expect(departures(bucket, train(later, 4, 1000))).toEqual(expected);
    expect(departures(bucket, train(later, 4, 1000), later)).toEqual(expected);
    expect(departures(bucket, train(0, 4, 1000))).toEqual([0, 0, 500_000, 1_500_000]);
  });

  test('fills in idleness, but not above its size', () => {
    const bucket = { burstBytes: 2000 };
    const refilled = [...train(0, 2, 1000), ...train(500_000, 1, 1000)];
    expect(departures(bucket, refilled)).toEqual([0, 0, 1_000_000]);
    const idle = [...train(0, 2, 1000), ...train(1e9, 3, 1000)];
    expect(departures(bucket, idle)).toEqual([0, 0, 1e9, 1e9, 1e9 + 1_000_000]);
  });

  test('lets a packet larger than itself wait for the rest', () => {
    const larger = [...train(0, 1, 1500), ...train(0, 1, 100), ...train(1e9, 1, 1500)];
    expect(departures({ burstBytes: 600 }, larger)).toEqual([900_000, 1_000_000, 1e9 + 900_000]);
  });

  test('of more bytes than fit into one product', () => {
    const bucket = { bitsPerSecond: 1e9 + 7, burstBytes: 3e9 };
    const [first, second] = departures(bucket, [
      ...train(100e9, 1, 1500),
      ...train(100e9, 1, 1500),
    ]);
    expect([first, second]).toEqual([100e9, 100e9]);
  });
});

const RATES: [string, Partial<Rate>][] = [
  ['8 Mbit/s', {}],
  ['an odd rate', { bitsPerSecond: 7_654_321 }],
  ['100 Gbit/s', { bitsPerSecond: 99_999_999_977 }],
  ['overhead', { bitsPerSecond: 9_999_991, overheadBytes: -28 }],
  ['cells', { bitsPerSecond: 12_345_679, overheadBytes: 8, cellBytes: 48, cellOverheadBytes: 5 }],
  ['a bucket', { bitsPerSecond: 7_654_321, burstBytes: 3333 }],
  ['a small bucket', { bitsPerSecond: 7_654_321, burstBytes: 777 }],
  ['a large bucket with cells', { burstBytes: 40_000, cellBytes: 48, cellOverheadBytes: 5 }],
];

describe.each(RATES)('random packets at %s', (_name, values) => {
  const line = rate(values);
  const byteNs = 8e9 / line.bitsPerSecond;
  const sizes = [1, 20, 40, 576, 999, 1000, 1500, 9000];

  test.each([0.7, 1, 1.4])('leave when the definition says, at %d of its load', (load) => {
    const meanGapNs = (1642 * byteNs) / load;
    const arrivals = poisson(`rate ${load}`, { count: 3000, meanGapNs, sizes });
    const expected = modelFates(arrivals, new RateModel(line, 0), UNLIMITED, dropTail);
    expect(new Set(expected).size).toBeGreaterThan(2000);
    const modes: Advance[] = ['at its deadlines', 'seldom', 'often'];
    for (const mode of modes) {
      const driver = new LinkDriver({ rate: line, queue: UNLIMITED }, mode);
      driver.sendAll(arrivals);
      driver.runOut();
      expect(fates(driver.outcomes)).toEqual(expected);
      expect(driver.left).toEqual(arrivals.map((_, number) => number));
    }
  });
});
