/** The whole analysis: worked examples, what theory expects of simulated lookups, and any record at all. */
import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/gradient/analysis/analyse.js';
import { FAILED, type MetricSpec } from '../../../src/gradient/probe/probe.js';
import type {
  NumberSummary,
  SegmentRecord,
  ShareSummary,
  StepSummary,
} from '../../../src/gradient/result.js';
import { ANY_LADDER, anyRecord, strangeNumbers } from './any-record.js';
import {
  counts,
  GOODPUT,
  LATE,
  LATENCY,
  probe,
  record,
  segment,
  stepsOf,
  traffic,
  type Values,
} from './records.js';

const { steps, rules } = stepsOf(['1%']);

/** Of step 1, beside the baseline. */
function analysed(
  baseline: Values,
  step: Values,
  more: Parameters<typeof record>[2] = {},
): StepSummary {
  const segments = [segment(0, baseline), segment(1, step)];
  return analyse(record(steps, segments, more), rules).steps[1]!;
}

function latencyOf({ metrics }: StepSummary): NumberSummary {
  return metrics.latency as NumberSummary;
}

function failedOf({ metrics }: StepSummary): ShareSummary {
  return metrics.failed as ShareSummary;
}

/** n, n + 1 … */
function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

describe('figures', () => {
  test('of times count failed samples as longer than all others', () => {
    // 90 answers of 1 to 90 ms, 10 failures: p50 is the 50th, p95 is beyond all.
    const step = analysed([1], [...numbers(90), ...Array<null>(10).fill(null)]);
    const latency = latencyOf(step);
    expect(latency).toMatchObject({ count: 90, max: 90, mean: { value: 45.5 } });
    expect(latency.p50?.value).toBe(50);
    expect(latency.p95).toEqual({ value: null, low: 90, high: null });
    expect(step).toMatchObject({ samples: 100, failures: { timeout: 10 } });
    expect(failedOf(step)).toMatchObject({ count: 10, of: 100, share: { value: 0.1 } });
    // Wilson, by hand: (0.1 + 1.92/100 ± 1.96·√(0.09/100 + 0.96/10⁴))/(1 + 3.84/100).
    expect(failedOf(step).share!.low).toBeCloseTo(0.0552, 4);
    expect(failedOf(step).share!.high).toBeCloseTo(0.1744, 4);
  });

  test('of what should be high count failed samples as 0, but not in means', () => {
    const values = { goodput: [5, null, 7] };
    const segments = [segment(0, [1]), segment(1, [1, null, 1], { values })];
    const of = record(steps, segments, probe([GOODPUT, FAILED]));
    const goodput = analyse(of, rules).steps[1]!.metrics.goodput;
    expect(goodput).toMatchObject({
      count: 2,
      mean: { value: 6 },
      p50: { value: 5, low: 0 },
      max: 7,
    });
  });

  test('of shares count samples that have the value', () => {
    const values = { late: [1, 0, null, 0] };
    const segments = [segment(0, [1]), segment(1, [1, 1, null, 1], { values })];
    const of = record(steps, segments, probe([LATE]));
    const { metrics } = analyse(of, rules).steps[1]!;
    expect(metrics.late).toMatchObject({ count: 1, of: 3 });
    expect(metrics.failed, 'is in each result').toMatchObject({ count: 1, of: 4 });
  });

  test('are null without samples, and of one have no ends', () => {
    const none = { mean: null, p50: null, p95: null, p99: null, max: null, change: null };
    const empty = analysed([1], []);
    expect(latencyOf(empty)).toMatchObject({ count: 0, ...none });
    expect(failedOf(empty)).toMatchObject({ of: 0, share: null, change: null, prediction: null });
    expect(latencyOf(analysed([1], [7])).mean).toEqual({ value: 7, low: null, high: null });
    const failed = latencyOf(analysed([1], [null, null]));
    expect(failed).toMatchObject({ count: 0, mean: null, max: null });
    expect(failed.p50).toEqual({ value: null, low: expect.anything(), high: null });
  });
});

describe('changes', () => {
  const same = numbers(40, 20);

  test('of pairs: 12 that only failed in the step, 2 · 2⁻¹² by McNemar', () => {
    const step = analysed(same, [...same.slice(12), ...Array<null>(12).fill(null)]);
    expect(failedOf(step).change).toMatchObject({
      difference: 0.3,
      ratio: null,
      pValue: expect.closeTo(2 ** -11, 12),
      significant: true,
      test: 'McNemar, paired',
      worse: true,
    });
  });

  test('without pairs: the same by Fisher, 2·C(40, 12)/C(80, 12)', () => {
    const step = analysed(same, [...same.slice(12), ...Array<null>(12).fill(null)], {
      paired: false,
    });
    // All 12 on one side, or all on the other.
    const { change } = failedOf(step);
    expect(change).toMatchObject({ test: 'Fisher', worse: true, significant: true });
    expect(change!.pValue).toBeCloseTo(0.000185466, 9);
  });

  test('of pairs see what columns do not', () => {
    const step = same.map((value) => value + 1);
    expect(latencyOf(analysed(same, step)).change).toMatchObject({
      difference: 1,
      ratio: 40 / 39,
      significant: true,
      test: 'signed rank, paired',
      worse: true,
    });
    const apart = latencyOf(analysed(same, step, { paired: false })).change!;
    expect(apart).toMatchObject({ test: 'rank sum', significant: false });
  });

  test('a pair of which one failed is the largest difference, two failures are none', () => {
    // Quicker by 1 in 20 pairs, and the other 20 fail: W+ has the upper ranks, 610 of 820.
    const mixed = [...same.slice(0, 20).map((value) => value - 1), ...Array<null>(20).fill(null)];
    const { change } = latencyOf(analysed(same, mixed));
    expect(change).toMatchObject({ worse: true, difference: expect.any(Number) });
    expect(change!.pValue).toBeLessThan(0.01);
    const both = Array<null>(40).fill(null);
    expect(latencyOf(analysed(both, both)).change).toMatchObject({
      pValue: 1,
      difference: null,
      ratio: null,
      worse: null,
    });
  });

  test('pair by round and index, and a cut segment with what it has', () => {
    const cut = segment(1, numbers(5, 30), { index: numbers(5, 35), cut: true });
    const analysis = analyse(record(steps, [segment(0, same), cut]), rules);
    // 55 → 30 to 59 → 34: five pairs, all down, and two questions.
    const { change } = latencyOf(analysis.steps[1]!);
    expect(change).toMatchObject({ pValue: 0.125, worse: false });
    const other = segment(1, [30, 31], { round: 1 });
    const apart = analyse(record(steps, [segment(0, same), other], { rounds: 2 }), rules);
    expect(latencyOf(apart.steps[1]!).change).toBeNull();
  });

  test('are corrected for the number of steps', () => {
    const ladder = stepsOf(['1%', '2%']);
    const fails = (count: number): Values => [
      ...Array<null>(count).fill(null),
      ...same.slice(count),
    ];
    const segments = [segment(0, same), segment(1, fails(6)), segment(2, fails(9))];
    const summaries = analyse(record(ladder.steps, segments), ladder.rules).steps;
    // 2·2⁻⁹ times 2, and 2·2⁻⁶ once; alone the latter were below 5 % as well.
    expect(failedOf(summaries[2]!).change!.pValue).toBeCloseTo(2 ** -7, 12);
    expect(failedOf(summaries[1]!).change!.pValue).toBeCloseTo(2 ** -5, 12);
    expect(failedOf(summaries[0]!).change).toBeNull();
  });

  test('know no worse where neither direction is better', () => {
    const spec: MetricSpec = { ...LATENCY, better: null };
    const step = analysed(same, numbers(40, 50), probe([spec]));
    expect(latencyOf(step).change).toMatchObject({ significant: true, worse: null });
  });

  test('are not significant where there are none', () => {
    const draw = seedrandom.alea('no change');
    const ladder = stepsOf(['1%', '2%', '3%', '4%', '5%']);
    let found = 0;
    for (let i = 0; i < 150; i++) {
      const segments = ladder.steps.map(({ index }) =>
        segment(
          index,
          Array.from({ length: 60 }, () => (draw() < 0.1 ? null : 20 + draw())),
        ),
      );
      const { steps } = analyse(
        record(ladder.steps, segments, { paired: i % 2 === 0 }),
        ladder.rules,
      );
      if (steps.some((step) => latencyOf(step).change?.significant)) found++;
    }
    // 1 % are allowed: 7 or more of 150 have a probability of 0.1 %.
    expect(found).toBeLessThan(7);
  });
});

/** Lookups that ask twice, 100 ms apart, where each packet is lost with this probability. */
function lookups(
  loss: number,
  count: number,
  seed: string,
): Pick<SegmentRecord, 'values'> & { latencies: Values } {
  const draw = seedrandom.alea(seed);
  const latencies: (number | null)[] = [];
  const late: number[] = [];
  for (let i = 0; i < count; i++) {
    const isLost = [0, 1].map(() => [draw(), draw()].some((each) => each < loss));
    const tookMs = 20 + draw();
    late.push(isLost[0] ? 1 : 0);
    latencies.push(isLost[0] ? (isLost[1] ? null : 100 + tookMs) : tookMs);
  }
  return { latencies, values: { latency: latencies, late } };
}

describe('predictions', () => {
  const ladder = stepsOf(['5%', '20%']);

  function predicted(losses: readonly number[], count: number, seed: string) {
    const segments = losses.map((loss, step) => {
      const { latencies, values } = lookups(loss, count, `${seed} ${step}`);
      return segment(step, latencies, { values });
    });
    const of = record(ladder.steps, segments, probe([LATENCY, LATE, FAILED]));
    return analyse(of, ladder.rules).steps.map(({ metrics }) => metrics);
  }

  test('hold of what is as theory says', () => {
    const [baseline, five, twenty] = predicted([0, 0.05, 0.2], 5_000, 'theory');
    // q = 0.95² = 0.9025: late 1 − q, failed (1 − q)².
    expect(five!.late!.prediction).toMatchObject({
      value: expect.closeTo(0.0975, 9),
      outside: false,
    });
    expect(five!.failed!.prediction).toMatchObject({
      value: expect.closeTo(0.0975 ** 2, 9),
      outside: false,
    });
    expect(twenty!.late!.prediction).toMatchObject({
      value: expect.closeTo(0.36, 9),
      outside: false,
    });
    expect(twenty!.latency!.prediction).toMatchObject({ outside: false });
    // Of those answered q/(q + (1−q)q) = 0.7353 at once: 20.5 + 26.47.
    expect(twenty!.latency!.prediction!.value).toBeCloseTo(46.97, 1);
    expect(baseline!.failed!.prediction).toMatchObject({
      value: 0,
      low: 0,
      high: 0,
      outside: false,
    });
    expect(baseline!.latency!.prediction, 'theory begins with it').toBeNull();
  });

  test('are outside where the network loses more than it should', () => {
    const [, five, twenty] = predicted([0.01, 0.07, 0.25], 5_000, 'more');
    expect(five!.late!.prediction!.outside).toBe(true);
    expect(twenty!.failed!.prediction!.outside).toBe(true);
    expect(twenty!.latency!.prediction!.outside).toBe(true);
  });

  test('of means are no surer than the baseline is', () => {
    // 10, 20, 30 and 40 ms: 2.576 · 12.91/√4 = 16.6 ms.
    const latencies = [10, 20, 30, 40];
    const late = (of: Values) => ({ values: { latency: of, late: of.map(() => 0) } });
    const many = Array.from({ length: 2_000 }, (_, i) => latencies[i % 4]!);
    const segments = [segment(0, latencies, late(latencies)), segment(1, many, late(many))];
    const of = record(ladder.steps, segments, probe([LATENCY, LATE, FAILED]));
    const { value, high } = latencyOf(analyse(of, ladder.rules).steps[1]!).prediction!;
    expect(high - value).toBeGreaterThan(16.6);
    expect(high - value).toBeLessThan(18);
  });

  test('of true theory are outside in about 1 % of the measurements', () => {
    let outside = 0;
    for (let i = 0; i < 100; i++) {
      for (const metrics of predicted([0, 0.05, 0.2], 300, `seed ${i}`).slice(1)) {
        for (const name of ['late', 'failed', 'latency']) {
          if (metrics[name]!.prediction!.outside) outside++;
        }
      }
    }
    expect(outside).toBeLessThan(18);
  });
});

test('counters and realized losses are summed up over rounds', () => {
  const rounds = [0, 1].map((round) =>
    segment(1, [1, 2], {
      round,
      traffic: traffic(counts(100, 1 + round)),
      system: { 'Udp.RcvbufErrors': 2, 'Tcp.RetransSegs': round },
    }),
  );
  const of = record(steps, [segment(0, [1]), ...rounds], { rounds: 2 });
  const step = analyse(of, rules).steps[1]!;
  expect(step.system).toEqual({ 'Tcp.RetransSegs': 1, 'Udp.RcvbufErrors': 4 });
  expect(step.realized).toMatchObject([
    { packets: 200, lost: 3, configured: 0.01, within99: true },
  ]);
});

test('any record gives numbers that are finite, or null', () => {
  fc.assert(
    fc.property(anyRecord, (of) => {
      const analysis = analyse(of, ANY_LADDER.rules);
      expect(analysis.steps).toHaveLength(6);
      expect(strangeNumbers(analysis)).toEqual([]);
    }),
    { seed: 6, numRuns: 300 },
  );
});
