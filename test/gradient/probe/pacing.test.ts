/** The probes' clock, by a clock of its own: what is due begins, in order, whatever held it up. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { paced } from '../../../src/gradient/probe/pacing.js';
import type { SampleSink, SegmentRequest } from '../../../src/gradient/probe/probe.js';

interface Run {
  readonly begun: { readonly index: number; readonly atMs: number }[];
  readonly lateMs: number[];
  readonly control: AbortController;
  isOver: boolean;
}

/** Time that has passed while nothing else could happen. */
let stalledMs = 0;

function stall(ms: number): void {
  stalledMs += ms;
}

beforeEach(() => {
  stalledMs = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date'], now: 0 });
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now() + stalledMs);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function start(
  request: Partial<SegmentRequest>,
  ratePerSecond: number,
  onBegin = (_index: number, _run: Run) => {},
): Run {
  const segment = { count: null, durationMs: null, step: 0, label: 'x', round: 0, ...request };
  const run: Run = { begun: [], lateMs: [], control: new AbortController(), isOver: false };
  const sink: SampleSink = {
    add: () => {},
    series: () => {},
    begunLate: (ms) => run.lateMs.push(ms),
    metric: () => {},
    note: () => {},
  };
  const begin = (index: number, atMs: number) => {
    run.begun.push({ index, atMs });
    onBegin(index, run);
  };
  void paced(segment, ratePerSecond, begin, sink, run.control.signal).then(() => {
    run.isOver = true;
  });
  return run;
}

const indexesOf = ({ begun }: Run) => begun.map(({ index }) => index);
const firstOnes = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('paced', () => {
  test.each([1, 40, 100, 333, 1_000, 5_000])(
    'begins samples when they are due, at %d/s',
    async (rate) => {
      const run = start({ count: 50 }, rate);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(run.isOver).toBe(true);
      expect(indexesOf(run)).toEqual(firstOnes(50));
      const { begun, lateMs } = run;
      expect(lateMs).toHaveLength(50);
      begun.forEach(({ index, atMs }) => {
        expect(lateMs[index]).toBeCloseTo(atMs - (index * 1_000) / rate, 9);
        expect(lateMs[index]).toBeGreaterThanOrEqual(0);
        // What a timer of whole milliseconds allows, and nothing adds up.
        expect(lateMs[index]).toBeLessThanOrEqual(2);
      });
    },
  );

  test('ends with the last that begins within the time', async () => {
    const run = start({ durationMs: 100 }, 50);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(indexesOf(run)).toEqual([0, 1, 2, 3, 4]);
    expect(run.isOver).toBe(true);
    const longer = start({ durationMs: 100.1 }, 50);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(indexesOf(longer)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('resolves with the beginning of the last, and at once for none', async () => {
    const run = start({ count: 3 }, 10);
    await vi.advanceTimersByTimeAsync(190);
    expect(run.isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(11);
    expect(run.isOver).toBe(true);
    const none = start({ count: 0 }, 10);
    await vi.advanceTimersByTimeAsync(0);
    expect([none.isOver, none.begun]).toEqual([true, []]);
  });

  test('catches up with all that are overdue, in order, and says how late they are', async () => {
    const run = start({ count: 40 }, 100);
    await vi.advanceTimersByTimeAsync(95);
    expect(indexesOf(run)).toEqual(firstOnes(10));
    stall(155);
    await vi.advanceTimersByTimeAsync(5);
    expect(indexesOf(run)).toEqual(firstOnes(26));
    expect(run.lateMs[10]).toBeGreaterThanOrEqual(150);
    expect(run.lateMs[25]).toBeLessThanOrEqual(5);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(indexesOf(run)).toEqual(firstOnes(40));
    expect(Math.max(...run.lateMs.slice(26))).toBeLessThanOrEqual(2);
  });

  test('lets others have their turn though it cannot keep up', async () => {
    let turns = 0;
    // Each takes longer than the next is away.
    const run = start({ count: 30 }, 1_000, () => stall(3));
    const others = () => {
      turns++;
      if (!run.isOver) setImmediate(others);
    };
    setImmediate(others);
    await vi.advanceTimersByTimeAsync(200);
    expect(indexesOf(run)).toEqual(firstOnes(30));
    // Between those that were due at a look at the clock and those that became due meanwhile.
    expect(turns).toBeGreaterThan(1);
  });

  test('stops when it is told to, while it waits and while it begins', async () => {
    const waiting = start({ count: 10 }, 1);
    await vi.advanceTimersByTimeAsync(1_500);
    waiting.control.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect([waiting.isOver, indexesOf(waiting)]).toEqual([true, [0, 1]]);
    const beginning = start({ count: 10 }, 100, (index, run) => {
      if (index === 2) run.control.abort();
    });
    stall(100);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([beginning.isOver, indexesOf(beginning)]).toEqual([true, [0, 1, 2]]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
