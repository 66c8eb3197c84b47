import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TcpSeries } from '../../../src/gradient/probe/tcp-series.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('looks at its pace, and has a column of each name', () => {
  let seen: number | null = 0;
  const series = new TcpSeries(performance.now(), 50, () => ({ cwndBytes: ++seen!, rttMs: null }));
  vi.advanceTimersByTime(199);
  expect(series.stop()).toEqual({
    atMs: [50, 100, 150],
    columns: { cwndBytes: [1, 2, 3], rttMs: [null, null, null] },
  });
  vi.advanceTimersByTime(1_000);
  expect(seen).toBe(3);
});

test('covers all of a long transfer with at most 400 points, evenly', () => {
  const series = new TcpSeries(performance.now(), 10, () => ({ x: 1 }));
  vi.advanceTimersByTime(60_000);
  const { atMs, columns } = series.stop()!;
  expect(atMs.length).toBeGreaterThan(180);
  expect(atMs.length).toBeLessThanOrEqual(400);
  expect(columns.x).toHaveLength(atMs.length);
  const steps = new Set(atMs.slice(1).map((ms, i) => ms - atMs[i]!));
  expect([...steps]).toEqual([160]);
  expect(atMs.at(-1)).toBeGreaterThan(59_800);
});

test('where there is nothing to see there is no series', () => {
  const series = new TcpSeries(performance.now(), 10, () => null);
  vi.advanceTimersByTime(100);
  expect(series.stop()).toBeNull();
});
