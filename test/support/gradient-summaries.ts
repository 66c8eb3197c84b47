/**
 * Summaries for results that tests make up: quantiles by rank with failures above all numbers, intervals and
 * significance by the normal distribution. Good enough to be shown, no reference for the statistics.
 */
import seedrandom from 'seedrandom';
import type { Measure, Measured, RuleStatus } from '../../src/control/types.js';
import type { MetricSpec } from '../../src/gradient/probe/probe.js';
import type {
  Change,
  Estimate,
  GradientRecord,
  MetricSummary,
  NumberSummary,
  Prediction,
  Realized,
  ShareSummary,
  StepSummary,
} from '../../src/gradient/result.js';
import { clopperPearson } from '../../src/netem/interval.js';
import type { Model } from './gradient-models.js';

const Z95 = 1.96;
const Z99 = 2.576;

export function summarize(record: GradientRecord, model: Model): StepSummary[] {
  return record.steps.map((step) => {
    const segments = record.segments.filter((segment) => segment.step === step.index);
    const failures: Record<string, number> = {};
    const system: Record<string, number> = {};
    for (const { failure, failureReasons, system: counters } of segments) {
      for (const at of failure) {
        if (at >= 0) failures[failureReasons[at]!] = (failures[failureReasons[at]!] ?? 0) + 1;
      }
      for (const [name, count] of Object.entries(counters))
        system[name] = (system[name] ?? 0) + count;
    }
    const metrics = record.probe.metrics.map((spec): [string, MetricSummary] => {
      const values = columnOf(record, step.index, spec);
      const baseline = step.index === 0 ? null : columnOf(record, 0, spec);
      return [
        spec.name,
        spec.kind === 'share'
          ? shareOf(spec, values, baseline, model, step.value)
          : numberOf(spec, values, baseline, model, step.value),
      ];
    });
    return {
      step: step.index,
      label: step.label,
      value: step.value,
      samples: segments.reduce((sum, { index }) => sum + index.length, 0),
      failures,
      metrics: Object.fromEntries(metrics),
      realized: realizedOf(record, step.index),
      system,
      warnings: [],
    };
  });
}

/** Infinity for times of samples that failed. */
function columnOf(record: GradientRecord, step: number, { name, kind }: MetricSpec): number[] {
  return record.segments
    .filter((segment) => segment.step === step)
    .flatMap((segment) =>
      segment.failure.flatMap((failure, at) => {
        if (name === 'failed') return [failure >= 0 ? 1 : 0];
        if (kind === 'time' && failure >= 0) return [Number.POSITIVE_INFINITY];
        const value = segment.values[name]?.[at] ?? null;
        return value === null ? [] : [value];
      }),
    );
}

function shareOf(
  spec: MetricSpec,
  values: readonly number[],
  baseline: readonly number[] | null,
  model: Model,
  stepped: number,
): ShareSummary {
  const of = values.length;
  const count = values.filter((value) => value > 0).length;
  const share = of === 0 ? null : count / of;
  return {
    kind: 'share',
    count,
    of,
    share: share === null ? null : estimate(share, clopperPearson(count, of, 0.95)),
    prediction: predictionOf(spec, model, stepped, share, of),
    change:
      baseline === null || of === 0 ? null : changeOf(spec, values, baseline, 'McNemar, paired'),
  };
}

function numberOf(
  spec: MetricSpec,
  values: readonly number[],
  baseline: readonly number[] | null,
  model: Model,
  stepped: number,
): NumberSummary {
  const sorted = [...values].sort((a, b) => a - b);
  const finite = sorted.filter(Number.isFinite);
  const [mean, sd] = momentsOf(finite);
  const half = (Z95 * sd) / Math.sqrt(finite.length);
  const quantile = (q: number) => quantileOf(sorted, q);
  return {
    kind: 'number',
    count: values.length,
    mean: finite.length === 0 ? null : estimate(mean, [mean - half, mean + half]),
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    max: finite.at(-1) ?? null,
    prediction: predictionOf(
      spec,
      model,
      stepped,
      finite.length === 0 ? null : mean,
      finite.length,
    ),
    change:
      baseline === null || sorted.length === 0
        ? null
        : changeOf(spec, values, baseline, 'signed rank, paired'),
  };
}

function quantileOf(sorted: readonly number[], q: number): Estimate | null {
  if (sorted.length === 0) return null;
  const spread = Z95 * Math.sqrt(sorted.length * q * (1 - q));
  const at = (rank: number) =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(rank) - 1))]!;
  const middle = sorted.length * q;
  return estimate(at(middle), [at(middle - spread), at(middle + spread)]);
}

function estimate(value: number, [low, high]: readonly [number, number]): Estimate {
  const finite = (each: number) => (Number.isFinite(each) ? each : null);
  return { value: finite(value), low: finite(low), high: finite(high) };
}

function momentsOf(values: readonly number[]): [number, number] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return [mean, Math.sqrt(square)];
}

function predictionOf(
  spec: MetricSpec,
  model: Model,
  stepped: number,
  measured: number | null,
  count: number,
): Prediction | null {
  const expected = model.expect?.(spec.name, stepped) ?? null;
  if (expected === null || count === 0) return null;
  const half = (Z99 * expected.sd) / Math.sqrt(count);
  const low = Math.max(0, expected.value - half);
  const high = expected.value + half;
  const outside = measured !== null && (measured < low || measured > high);
  return { value: expected.value, low, high, model: expected.model, outside };
}

function changeOf(
  { kind, better }: MetricSpec,
  values: readonly number[],
  baseline: readonly number[],
  test: string,
): Change {
  const middle = (all: readonly number[]) =>
    kind === 'share'
      ? momentsOf(all)[0]
      : [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]!;
  const [after, before] = [middle(values), middle(baseline)];
  const difference = Number.isFinite(after - before) ? after - before : null;
  // The sign test: samples of the same index are pairs, but for those that have no value.
  const signs = values.map((value, at) => Math.sign(value - baseline[at]!)).filter((each) => each);
  const sum = signs.reduce((total, sign) => total + sign, 0);
  const pValue = Math.min(1, Math.exp(-(sum ** 2) / (2 * (signs.length || 1))));
  const isUp = difference === null || difference > 0;
  return {
    difference,
    ratio: difference === null || before === 0 ? null : after / before,
    pValue,
    significant: pValue < 0.01,
    test,
    worse: better === null ? null : isUp === (better === 'lower'),
  };
}

function realizedOf(record: GradientRecord, step: number): Realized[] {
  return (['out', 'in'] as const).flatMap((direction): Realized[] => {
    const statuses = record.segments.flatMap(({ step: of, traffic }) =>
      of === step && traffic !== null ? [traffic] : [],
    );
    if (statuses.length === 0) return [];
    const total = (pick: (status: RuleStatus) => number) =>
      statuses.reduce((sum, status) => sum + pick(status), 0);
    const packets = total((status) => status[direction].seen);
    const lost = total((status) => status[direction].dropped.loss);
    if (record.steppedKey === 'delay') {
      const value = record.steps[step]!.value;
      const realized = value + 40_000;
      const ci95 = [realized - 9_000, realized + 9_000] as const;
      return [
        { direction, packets, lost, configured: value, realized, ci95, ci99: ci95, within99: null },
      ];
    }
    const configured = record.steps[step]!.value;
    const ci99 = clopperPearson(lost, packets, 0.99);
    return [
      {
        direction,
        packets,
        lost,
        configured,
        realized: lost / packets,
        ci95: clopperPearson(lost, packets, 0.95),
        ci99,
        within99: configured >= ci99[0] && configured <= ci99[1],
      },
    ];
  });
}

const NOTHING: Measure = { configured: null, realized: null, ci95: null };

/** Of a segment: two packets a sample each way, lost by the seed. */
export function trafficOf(model: Model, stepped: number, seed: string): RuleStatus {
  const loss = model.steppedKey === 'loss' ? stepped : 0;
  const of = (direction: string) => {
    const draw = seedrandom(`${seed} ${direction}`);
    const seen = 2 * model.samples;
    const lost = Array.from({ length: seen }, draw).filter((each) => each < loss).length;
    const ci95 = clopperPearson(lost, seen, 0.95);
    const measured: Measured = {
      loss: { configured: loss, realized: lost / seen, ci95 },
      marks: NOTHING,
      lossBurst: NOTHING,
      corruption: NOTHING,
      duplicates: NOTHING,
      reordering: NOTHING,
      rate: NOTHING,
      delay: null,
    };
    const counts = {
      seen,
      passed: seen - lost,
      dropped: { loss: lost, partition: 0, queue: 0, overflow: 0 },
      held: 0,
      queued: 0,
      delayed: seen - lost,
      duplicated: 0,
      corrupted: 0,
      marked: 0,
      reordered: 0,
      replies: 0,
      rebound: 0,
      bytes: 80 * seen,
    };
    return { measured, counts };
  };
  const [out, back] = [of('out'), of('in')];
  return {
    rule: 'any delay 10ms',
    out: out.counts,
    in: back.counts,
    measured: { out: out.measured, in: back.measured },
  };
}
