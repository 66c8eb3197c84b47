/**
 * The knee of simulated ladders with fixed seeds: how often one is found where there is none, and how often
 * the right one. The services are simple: each sample of a step is drawn independently.
 */
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { findKnees } from '../../../src/gradient/analysis/knee.js';
import type { MetricSpec } from '../../../src/gradient/probe/probe.js';
import type { Estimate, MetricSummary, StepSummary } from '../../../src/gradient/result.js';
import { meanOf, quantileOf, wilson } from '../../../src/gradient/statistics/intervals.js';
import { GOODPUT, LATE, LATENCY } from './records.js';

const LOSSES = [0, 0.001, 0.005, 0.01, 0.025, 0.05];

function step(at: number, value: number, name: string, summary: MetricSummary): StepSummary {
  const none = { failures: {}, realized: [], system: {}, warnings: [] };
  const label = at === 0 ? 'baseline' : `${value * 100}%`;
  return { step: at, label, value, samples: 100, metrics: { [name]: summary }, ...none };
}

const NONE = { prediction: null, change: null };

function shareOf(count: number, of: number): MetricSummary {
  const [low, high] = wilson(count, of, 0.95);
  const share = { value: count / of, low, high };
  return { kind: 'share', count, of, share, ...NONE };
}

function timesOf(values: Float64Array): MetricSummary {
  const sorted = values.sort();
  const at = (q: number) => quantileOf(sorted, q, 0.95);
  const mean = meanOf(sorted.filter(Number.isFinite), 0.95);
  const quantiles = { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  return { kind: 'number', count: sorted.length, mean, ...quantiles, max: null, ...NONE };
}

type Draw = () => number;

function normal(draw: Draw): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

/** `3 share` → how many of the ladders have their knee at step 3. */
function tally(ladders: number, spec: MetricSpec, make: (draw: Draw) => MetricSummary[]) {
  const counts: Record<string, number> = {};
  const draw = seedrandom.alea(`knee ${spec.name}`);
  for (let i = 0; i < ladders; i++) {
    const steps = make(draw).map((summary, at) => step(at, LOSSES[at]!, spec.name, summary));
    const [knee] = findKnees(steps, [spec], 'loss');
    const key = knee === undefined ? 'none' : `${knee.step} ${knee.figure}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** Ladders of shares, each of `count` samples. */
function shares(ladders: number, count: number, share: (loss: number) => number) {
  return tally(ladders, LATE, (draw) =>
    LOSSES.map((loss) => shareOf(metOf(count, share(loss), draw), count)),
  );
}

/** How many of `count` samples met what has this share: from one to the next is geometric. */
function metOf(count: number, share: number, draw: Draw): number {
  if (share === 0) return 0;
  const next = () => 1 + Math.floor(Math.log(1 - draw()) / Math.log(1 - share));
  let met = 0;
  for (let at = next(); at <= count; at += next()) met++;
  return met;
}

function times(ladders: number, count: number, time: (loss: number, draw: Draw) => number) {
  return tally(ladders, LATENCY, (draw) =>
    LOSSES.map((loss) => timesOf(Float64Array.from({ length: count }, () => time(loss, draw)))),
  );
}

describe('ladders without a knee get one in less than 1 %', () => {
  test.each([
    ['a share of 2p, 300 samples', 300, (loss: number) => 2 * loss],
    ['a share of 2p, 3,000 samples', 3_000, (loss: number) => 2 * loss],
    ['a share of 1 % at all steps', 1_000, () => 0.01],
    [
      'of late answers 2p(1−2p), which bends away',
      3_000,
      (loss: number) => 2 * loss * (1 - 2 * loss),
    ],
    ['of nothing at all', 1_000, () => 0],
  ])('%s', (_, count, share) => {
    expect(shares(2_000, count, share).none).toBeGreaterThan(1_980);
  });

  test.each([
    [
      'normal times that grow with loss',
      (loss: number, draw: Draw) => 20 + 100 * loss + 2 * normal(draw),
    ],
    ['exponential times', (_: number, draw: Draw) => 20 - 20 * Math.log(1 - draw())],
  ])('%s', (_, time) => {
    expect(times(200, 500, time).none).toBeGreaterThanOrEqual(199);
  });
});

describe('knees are found', () => {
  test('where a share begins to grow eight times as fast: in 95 % at the next step', () => {
    const hinge = (loss: number) => 0.01 + loss + 8 * Math.max(0, loss - 0.01);
    expect(shares(400, 1_000, hinge)['4 share']).toBeGreaterThan(380);
  });

  test('where a share jumps from 1 % to 20 %: in 95 % at that step, and never before', () => {
    for (const [at, label] of [
      [0.01, '3 share'],
      [0.025, '4 share'],
      [0.05, '5 share'],
    ] as const) {
      const counts = shares(200, 1_000, (loss) => (loss < at ? 0.01 : 0.2));
      expect(counts[label], label).toBeGreaterThan(190);
      expect((counts[label] ?? 0) + (counts.none ?? 0), label).toBeGreaterThan(198);
    }
  });

  test('where p95 jumps from 20 ms to 1 s, as 12 % of the answers are late', () => {
    const time = (loss: number, draw: Draw) =>
      20 + draw() + (draw() < (loss < 0.025 ? 0.002 : 0.12) ? 1_000 : 0);
    expect(times(200, 500, time)['4 p95']).toBeGreaterThan(190);
  });

  test('where they fail instead of being late', () => {
    const time = (loss: number, draw: Draw) =>
      draw() < (loss < 0.025 ? 0.002 : 0.12) ? Number.POSITIVE_INFINITY : 20 + draw();
    expect(times(200, 500, time)['4 p95']).toBeGreaterThan(190);
  });

  test('by the median where that jumps as well', () => {
    const time = (loss: number, draw: Draw) => 20 + draw() + (loss < 0.01 ? 0 : 60);
    expect(times(50, 400, time)['3 p50']).toBe(50);
  });
});

function points(
  spec: MetricSpec,
  values: readonly (Estimate | null)[],
  xs = LOSSES,
): StepSummary[] {
  return values.map((estimate, at) => {
    const figures = { mean: estimate, p50: estimate, p95: null, p99: null };
    const numbers = { kind: 'number', count: 9, ...figures, max: null, ...NONE } as const;
    const share = { kind: 'share', count: 1, of: 9, share: estimate, ...NONE } as const;
    return step(at, xs[at]!, spec.name, spec.kind === 'share' ? share : numbers);
  });
}

/** Known to ±1. */
function about(value: number): Estimate {
  return { value, low: value - 1, high: value + 1 };
}

describe('by hand', () => {
  const flat = [100, 100, 100, 100];

  test('what is left of the trend, and by how much', () => {
    const steps = points(LATENCY, [...flat, 150, 170].map(about));
    expect(findKnees(steps, [LATENCY], 'loss')).toEqual([
      {
        metric: 'latency',
        figure: 'p50',
        step: 4,
        expected: expect.closeTo(100, 6),
        measured: 150,
        says: 'latency p50 leaves its trend at 2.5%: 150ms, where the steps before lead to 100ms',
      },
    ]);
  });

  test('beyond every number is a departure, if the near end of its interval is', () => {
    const beyond = { value: null, low: 900, high: null };
    const [knee] = findKnees(
      points(LATENCY, [...flat.map(about), beyond, beyond]),
      [LATENCY],
      'loss',
    );
    expect(knee).toMatchObject({ step: 4, measured: null });
    expect(knee!.says).toContain('at 2.5%: failed');
    const perhaps = { value: null, low: 100, high: null };
    expect(findKnees(points(LATENCY, [...flat.map(about), perhaps]), [LATENCY], 'loss')).toEqual(
      [],
    );
  });

  test.each([
    ['comes back', [...flat, 150, 90]],
    ['is too small to matter', [100, 100, 100, 109, 109, 109]],
    ['is for the better', [...flat, 50, 40]],
  ])('what %s is no knee', (_, values) => {
    expect(findKnees(points(LATENCY, values.map(about)), [LATENCY], 'loss')).toEqual([]);
  });

  test('what shall be high has its knee where it falls', () => {
    const steps = points(GOODPUT, [...flat, 50, 40].map(about));
    expect(findKnees(steps, [GOODPUT], 'loss')).toMatchObject([{ figure: 'mean', step: 4 }]);
    // As 1/√p does: steep at first, then ever less so.
    const steep = points(GOODPUT, [100, 60, 40, 30, 20, 14].map(about));
    expect(findKnees(steep, [GOODPUT], 'loss')).toEqual([]);
  });

  test('neither direction is better: both are departures', () => {
    const spec: MetricSpec = { ...GOODPUT, better: null };
    for (const end of [50, 150]) {
      const steps = points(spec, [...flat, end, end].map(about));
      expect(findKnees(steps, [spec], 'loss')).toMatchObject([{ step: 4, measured: end }]);
    }
  });

  test('a figure that never changes has none, and one that has no error may', () => {
    const exactly = (value: number) => ({ value, low: value, high: value });
    expect(findKnees(points(GOODPUT, flat.map(exactly)), [GOODPUT], 'loss')).toEqual([]);
    const spec: MetricSpec = { ...GOODPUT, better: 'lower' };
    const zeros = [0, 0, 0, 0, 3, 5].map(exactly);
    expect(findKnees(points(spec, zeros), [spec], 'loss')).toMatchObject([{ step: 4 }]);
  });

  test('ladders that are too short, or go up and down, have no trend', () => {
    const values = [100, 100, 100, 500].map(about);
    expect(findKnees(points(LATENCY, values.slice(1), [0, 1, 2]), [LATENCY], 'loss')).toEqual([]);
    expect(findKnees(points(LATENCY, values, [0, 2, 1, 3]), [LATENCY], 'loss')).toEqual([]);
    expect(findKnees(points(LATENCY, [...values.slice(0, 3), null]), [LATENCY], 'loss')).toEqual(
      [],
    );
    expect(findKnees(points(LATENCY, values, [0, 1, 2, 3]), [LATENCY], 'loss')).toHaveLength(1);
  });

  test('times at rates go with 1/rate, and the baseline has none', () => {
    const rates = [0, 100e6, 50e6, 20e6, 10e6];
    const times = [1, 10, 20, 50, 100].map((value) => ({
      value,
      low: value * 0.99,
      high: value * 1.01,
    }));
    expect(findKnees(points(LATENCY, times, rates), [LATENCY], 'rate')).toEqual([]);
    const last = { value: 300, low: 297, high: 303 };
    expect(
      findKnees(points(LATENCY, [...times.slice(0, 4), last], rates), [LATENCY], 'rate'),
    ).toMatchObject([{ step: 4, expected: expect.closeTo(100, 6) }]);
  });
});
