/**
 * Whether 99 of 100 means lie where theory expects them, by simulated steps and baselines: few samples and
 * many, of which few wait a little or very long.
 */
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import { baselineOf, predictionsOf } from '../../../src/gradient/analysis/predictions.js';
import { StepSamples } from '../../../src/gradient/analysis/samples.js';
import { FAILED, type ProbeKind, type ProbeSettings } from '../../../src/gradient/probe/probe.js';
import type { NumberSummary, Prediction, SegmentRecord } from '../../../src/gradient/result.js';
import { expectations } from '../../../src/gradient/theory/expectations.js';
import { parseRule } from '../../../src/rules/parse.js';
import { DNS, TCP } from '../theory/context.js';
import { EMULATOR, LATE, LATENCY, probe, record, segment, stepsOf } from './records.js';

const ROUND_TRIP_MS = 20;
const SD_MS = 1;

/** Of the mean of a step of `metric`, as it is when so many were answered, after that baseline. */
function predicted(
  probed: { kind: ProbeKind; settings: ProbeSettings; metric: string },
  loss: string,
  measured: { mean: number; count: number; baselineMs: number },
  segments: readonly SegmentRecord[] = [],
): Prediction | undefined {
  const { kind, settings, metric } = probed;
  const { mean, count, baselineMs } = measured;
  const rules = ['any', `any loss ${loss}`].map((text) => parseRule(text));
  const summary: NumberSummary = {
    ...{ kind: 'number', count, p50: null, p95: null, p99: null, max: null },
    mean: { value: mean, low: mean, high: mean },
    ...{ prediction: null, change: null },
  };
  const baseline = { meanMs: baselineMs, sdMs: SD_MS, count };
  const { probe: of } = probe([], { kind, settings });
  return predictionsOf({ probe: of, segments }, 1, rules, baseline, { [metric]: summary })[metric];
}

/** Normal by Box and Muller. */
function normalOf(draw: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

/** So often a thing of probability p happens in n trials; only those that do are drawn. */
function happened(n: number, p: number, draw: () => number): number {
  let count = 0;
  for (let at = -1; ; count++) {
    at += 1 + Math.floor(Math.log(1 - draw()) / Math.log(1 - p));
    if (at >= n) return count;
  }
}

const RUNS = 8_000;

/** The share of simulated measurements outside; null where nothing is expected. */
function outsideShare(
  probed: Parameters<typeof predicted>[0],
  loss: string,
  count: number,
  /** With their probabilities among the answered ones; the others do not wait. */
  waits: readonly { readonly ms: number; readonly probability: number }[],
): number | null {
  const limits = predicted(probed, loss, { mean: 0, count, baselineMs: ROUND_TRIP_MS });
  if (limits === undefined) return null;
  const draw = seedrandom.alea(`${loss} ${count} ${waits[0]!.ms}`);
  const noise = () => (SD_MS / Math.sqrt(count)) * normalOf(draw);
  let outside = 0;
  for (let i = 0; i < RUNS; i++) {
    let waited = 0;
    let [left, rest] = [count, 1];
    for (const { ms, probability } of waits) {
      const some = happened(left, probability / rest, draw);
      waited += some * ms;
      left -= some;
      rest -= probability;
    }
    // A baseline that is off by so much moves what is expected as much.
    const mean = ROUND_TRIP_MS + noise() - noise() + waited / count;
    if (mean < limits.low || mean > limits.high) outside++;
  }
  return outside / RUNS;
}

describe('99 of 100 means are where they are expected', () => {
  const COUNTS = [100, 250, 1_000, 4_000];
  const LOSSES = [0.001, 0.005, 0.01, 0.05];

  test.each([5, 50, 250])('of lookups whose retries wait %d round trips', (roundTrips) => {
    const ms = roundTrips * ROUND_TRIP_MS;
    const probed = { kind: 'dns', settings: { ...DNS, timeoutMs: ms }, metric: 'latency' } as const;
    const known: string[] = [];
    for (const loss of LOSSES) {
      const q = (1 - loss) ** 2;
      const probability = 1 - q / (1 - (1 - q) ** 2);
      for (const count of COUNTS) {
        const share = outsideShare(probed, `${100 * loss}%`, count, [{ ms, probability }]);
        if (share === null) continue;
        known.push(`${loss} ${count}`);
        expect({ loss, count, isRight: share > 0.005 && share < 0.015 }).toEqual({
          ...{ loss, count, isRight: true },
        });
      }
    }
    // Some ten late ones; fewer tell too little.
    expect(known).toEqual(expect.arrayContaining(['0.005 4000', '0.01 1000', '0.05 250']));
    for (const few of ['0.001 100', '0.001 1000', '0.01 100']) expect(known).not.toContain(few);
  });

  test('of connects, with a ladder of waits', () => {
    const { connect } = expectationsOf('5%');
    const shares = [200, 1_000, 4_000].map((count) =>
      outsideShare({ kind: 'tcp', settings: TCP, metric: 'connect' }, '5%', count, connect),
    );
    for (const share of shares) {
      expect(share).toBeGreaterThan(0.005);
      expect(share).toBeLessThan(0.015);
    }
  });
});

/** By the ladder's own rungs, as far as they matter: 1.022 s, twice and three times that. */
function expectationsOf(loss: string) {
  const share = Number.parseFloat(loss) / 100;
  const arrives = (1 - share) ** 2;
  // By hand: not heard, or not answered, and then both ends send; the third is the server's alone.
  const second = share * arrives + share * (1 - share) * (1 - share + share * arrives);
  const third = (share * (1 - share)) ** 2;
  const rest = 1 - arrives - second - third;
  return {
    connect: [
      { ms: 1_022, probability: second },
      { ms: 2 * 1_022, probability: third },
      { ms: 3 * 1_022, probability: rest },
    ],
  };
}

test('without losses there is no skew, and with one in a million samples no expectation', () => {
  const probed = { kind: 'dns', settings: DNS, metric: 'latency' } as const;
  const measured = { mean: 20, count: 200, baselineMs: ROUND_TRIP_MS };
  const { low, high } = predicted(probed, '0%', measured)!;
  // 2.576 · √2 · 1 ms / √200.
  expect([low, high]).toEqual([expect.closeTo(20 - 0.2576, 4), expect.closeTo(20 + 0.2576, 4)]);
  expect(predicted(probed, '0.0001%', measured)).toBeUndefined();
});

test('the third moment, by hand', () => {
  // q = 0.5: of three answered one waits 5 s, p(1 − p)(1 − 2p) w³ = 2/27 w³.
  const [rule, baseRule] = [parseRule('udp:53 loss out:50%'), parseRule('udp:53')];
  const baseline = { meanMs: 10, sdMs: 1, count: 1_000 };
  const { latency } = expectations({ kind: 'dns', settings: DNS, rule, baseRule, baseline });
  expect(latency).toMatchObject({ thirdMoment: expect.closeTo((2 / 27) * 5_000 ** 3, -3) });
});

test('what the tool itself was late is allowed for, as far as it moves a mean', () => {
  const emulator = { ...EMULATOR, latenessNs: { p50: 1e5, p99: 3e5, p999: 9e9, max: 9e9 } };
  const late = segment(1, [], { emulator, begunLateMs: { p50: 0.1, p99: 0.5, max: 900 } });
  const probed = { kind: 'dns', settings: DNS, metric: 'latency' } as const;
  const measured = { mean: 20, count: 200, baselineMs: ROUND_TRIP_MS };
  const [calm, busy] = [[], [late]].map((segments) => predicted(probed, '0%', measured, segments)!);
  // Twice (0.1 + 0.3)/2 ms, and (0.1 + 0.5)/2 ms.
  expect(busy!.high - calm!.high).toBeCloseTo(0.7, 9);
  expect(calm!.low - busy!.low).toBeCloseTo(0.7, 9);
});

test('the baseline is of those that were neither late nor failed', () => {
  const { steps } = stepsOf(['1%']);
  const values = { latency: [10, 30, 5_000, 7], late: [0, 0, 1, 0] };
  const baseline = segment(0, [10, 30, 5_000, null], { values });
  const of = record(steps, [baseline], probe([LATENCY, LATE, FAILED]));
  expect(baselineOf(of, new StepSamples(of, steps[0]!))).toEqual({
    ...{ meanMs: 20, count: 2 },
    sdMs: expect.closeTo(Math.SQRT2 * 10, 9),
  });
});
