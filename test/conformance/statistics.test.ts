/** The statistics of logs that are small enough to count by hand. */
import { expect, test } from 'vitest';
import type { Log } from './measurement.js';
import {
  bunchesOf,
  burstsOf,
  fatesOf,
  lag1,
  meanAndSd,
  quantile,
  statisticsOf,
  wireBytes,
} from './statistics.js';

const MS = 1e6;

/** Sent one each millisecond; `[number, arrival in ms, flips]` in order of arrival. */
function logOf(sent: number, arrivals: readonly (readonly [number, number, number?])[]): Log {
  return {
    sentNs: Float64Array.from({ length: sent }, (_, i) => i * MS),
    sentBytes: new Uint32Array(sent).fill(86),
    arrivalNs: Float64Array.from(arrivals, ([, at]) => at * MS),
    arrivalNumber: Uint32Array.from(arrivals, ([number]) => number),
    arrivalFlips: Uint8Array.from(arrivals, ([, , flips = 0]) => flips),
  };
}

test('losses are counted with their runs', () => {
  const log = logOf(10, [
    [0, 10],
    [3, 13],
    [4, 14],
    [6, 16],
  ]);
  const { sent, lost, bursts, meanBurst } = statisticsOf(log, fatesOf(log), null);
  expect({ sent, lost, bursts, meanBurst }).toEqual({
    sent: 10,
    lost: 6,
    bursts: [0, 1, 1, 1],
    meanBurst: 2,
  });
});

test('duplicates, flipped bits and what went at once are counted', () => {
  const log = logOf(4, [
    [0, 1],
    [0, 1],
    [0, 2],
    [1, 12, 1],
    [2, 12, 2],
    [3, 13],
  ]);
  const statistics = statisticsOf(log, fatesOf(log), null);
  expect(statistics).toMatchObject({ duplicates: 2, corrupted: 2, corruptedPayload: 1, atOnce: 1 });
  expect([...fatesOf(log).duplicated]).toEqual([1, 0, 0, 0]);
  expect([...fatesOf(log).corrupted]).toEqual([0, 1, 1, 0]);
});

test('reordered are those that come after a higher number (RFC 4737)', () => {
  // 2 comes after 3 and 4; its duplicate is not counted.
  const log = logOf(
    6,
    [0, 1, 3, 4, 2, 2, 5].map((number, i) => [number, 10 + i]),
  );
  expect([...fatesOf(log).reordered]).toEqual([0, 0, 1, 0, 0, 0]);
  expect(statisticsOf(log, fatesOf(log), null).reordered).toBe(1);
});

test('delays are those of the first arrivals', () => {
  const log = logOf(5, [
    [0, 10],
    [1, 12],
    [1, 20],
    [2, 14],
    [4, 18],
  ]);
  const { delayMeanMs, delaySdMs, delayQuantilesMs } = statisticsOf(log, fatesOf(log), null);
  expect([...fatesOf(log).delayMs]).toEqual([10, 11, 12, Number.NaN, 14]);
  expect(delayMeanMs).toBeCloseTo(11.75, 12);
  expect(delaySdMs).toBeCloseTo(Math.sqrt(8.75 / 3), 12);
  expect(delayQuantilesMs[4]).toBe(11.5);
});

test('bunches are packets less than 1 ms apart', () => {
  const log = logOf(6, [
    [0, 10],
    [1, 10.5],
    [2, 11],
    [3, 30],
    [4, 30],
    [5, 52],
  ]);
  expect(bunchesOf(log)).toEqual({ everyMs: Float64Array.of(20, 22), sizes: [3, 2, 1] });
  const { bunchEveryMs, bunchMean, bunchMax } = statisticsOf(log, fatesOf(log), null);
  expect([bunchEveryMs.mean, bunchMean, bunchMax]).toEqual([21, 2, 3]);
});

test('the rate is that of the packets that found the link busy', () => {
  // 100 bytes take 2 ms: numbers 1, 2 and 4 wait for those before them, 3 comes to an idle link.
  const link = { overheadBytes: 14, cellBytes: 0, cellOverheadBytes: 0 };
  const log: Log = {
    ...logOf(
      5,
      [0, 1, 2, 3, 4].map((number, i) => [number, [2, 4, 6, 12, 14][i]]),
    ),
    sentNs: Float64Array.of(0, 1 * MS, 2 * MS, 10 * MS, 11 * MS),
  };
  expect(statisticsOf(log, fatesOf(log), link).bitsPerSecond).toBeCloseTo(400_000, 6);
});

test('a packet counts on the wire with overhead, in whole cells', () => {
  expect(wireBytes(86, { overheadBytes: 14, cellBytes: 0, cellOverheadBytes: 0 })).toBe(100);
  expect(wireBytes(86, { overheadBytes: 10, cellBytes: 48, cellOverheadBytes: 5 })).toBe(106);
  expect(wireBytes(86, { overheadBytes: 11, cellBytes: 48, cellOverheadBytes: 5 })).toBe(159);
});

test('runs, quantiles, means and autocorrelations', () => {
  expect(burstsOf(Uint8Array.of(1, 0, 1, 1, 0, 0, 1))).toEqual([0, 2, 1]);
  expect(burstsOf(new Uint8Array(3))).toEqual([0]);
  expect(quantile(Float64Array.of(1, 2, 4), 0.75)).toBe(3);
  expect(quantile(Float64Array.of(5), 0.99)).toBe(5);
  expect(meanAndSd([1, 2, 3, 4])).toEqual([2.5, Math.sqrt(5 / 3)]);
  expect(lag1(Float64Array.from({ length: 1000 }, (_, i) => i % 2))).toBeCloseTo(-1, 2);
  expect(lag1(Float64Array.from({ length: 1000 }, (_, i) => (i < 500 ? 0 : 1)))).toBeGreaterThan(
    0.99,
  );
  expect(lag1(Float64Array.of(1, Number.NaN, 1, 1))).toBe(0);
});
