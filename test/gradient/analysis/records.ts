/** Records of gradients for the tests of their analysis: what a test does not name is unremarkable. */
import type { DirectionCounts, Measure, Measured, RuleStatus } from '../../../src/control/types.js';
import { dnsRequest } from '../../../src/gradient/probe/dns-settings.js';
import { FAILED, type MetricSpec } from '../../../src/gradient/probe/probe.js';
import {
  type GradientRecord,
  RESULT_FORMAT,
  RESULT_VERSION,
  type SegmentRecord,
  type Step,
} from '../../../src/gradient/result.js';
import { parseRule } from '../../../src/rules/parse.js';
import type { Rule } from '../../../src/rules/rule.js';

export const LATENCY: MetricSpec = {
  name: 'latency',
  kind: 'time',
  better: 'lower',
  says: 'to the answer',
  main: true,
};
export const LATE: MetricSpec = { name: 'late', kind: 'share', better: 'lower', says: 'later' };
export const GOODPUT: MetricSpec = {
  name: 'goodput',
  kind: 'bitrate',
  better: 'higher',
  says: 'of the transfer',
};

/** Null: the sample failed. */
export type Values = readonly (number | null)[];

/** A segment whose samples have a latency or failed. */
export function segment(
  step: number,
  latencies: Values,
  more: Partial<SegmentRecord> = {},
): SegmentRecord {
  return {
    step,
    round: 0,
    startedAt: '2026-01-02T03:04:05.000Z',
    durationMs: 1_000,
    index: latencies.map((_, index) => index),
    atMs: latencies.map((_, index) => index),
    failure: latencies.map((value) => (value === null ? 0 : -1)),
    failureReasons: latencies.includes(null) ? ['timeout'] : [],
    values: { latency: latencies },
    series: [],
    traffic: null,
    emulator: null,
    system: {},
    begunLateMs: null,
    cut: false,
    error: null,
    notes: [],
    ...more,
  };
}

/** Steps of loss, `baseline` and these shares. */
export function stepsOf(labels: readonly string[], base = 'udp'): { steps: Step[]; rules: Rule[] } {
  const texts = [base, ...labels.map((label) => `${base} loss ${label}`)];
  const rules = texts.map((text) => parseRule(text));
  const steps = ['baseline', ...labels].map((label, index) => ({
    index,
    label,
    value: index === 0 ? 0 : Number((Number.parseFloat(label) / 100).toPrecision(12)),
    rule: rules[index]!.text,
  }));
  return { steps, rules };
}

export function record(
  steps: readonly Step[],
  segments: readonly SegmentRecord[],
  more: Partial<GradientRecord> = {},
): GradientRecord {
  return {
    format: RESULT_FORMAT,
    version: RESULT_VERSION,
    netemu: '0.1.0',
    startedAt: '2026-01-02T03:04:05.000Z',
    endedAt: '2026-01-02T03:05:05.000Z',
    complete: true,
    machine: { node: 'v20', kernel: '6.8', cpus: 2, cpuModel: 'Example', memoryBytes: 2 ** 33 },
    seed: 's',
    paired: true,
    order: 'interleaved',
    rounds: 1,
    place: { kind: 'demo', devices: [], netns: null, isPrivate: true },
    rule: 'udp',
    ladder: 'loss 1%',
    steppedKey: 'loss',
    ...probe([LATENCY, FAILED]),
    plan: { steps: [], totalMs: null },
    steps,
    segments,
    ...more,
  };
}

/** A try, and another one after 100 ms. */
const URL_TEXT = 'dns://198.18.0.2/example.com?timeout=100ms&attempts=2';
const DNS = dnsRequest(URL_TEXT, new URL(URL_TEXT));

/** With other metrics than `latency`, or of another probe. */
export function probe(
  metrics: readonly MetricSpec[],
  more: Partial<GradientRecord['probe']> = {},
): Pick<GradientRecord, 'probe'> {
  const { kind, text, settings } = DNS;
  return { probe: { kind, text, settings, metrics, program: null, ...more } };
}

const UNKNOWN: Measure = { configured: null, realized: null, ci95: null };

export const NOTHING_MEASURED: Measured = {
  loss: UNKNOWN,
  marks: UNKNOWN,
  lossBurst: UNKNOWN,
  corruption: UNKNOWN,
  duplicates: UNKNOWN,
  reordering: UNKNOWN,
  rate: UNKNOWN,
  delay: null,
};

/** A direction in which `seen` packets met the rule and `loss` of them were lost. */
export function counts(
  seen: number,
  loss = 0,
  more: Partial<DirectionCounts> = {},
): DirectionCounts {
  return {
    seen,
    passed: seen - loss,
    dropped: { loss, partition: 0, queue: 0, overflow: 0 },
    held: 0,
    queued: 0,
    delayed: 0,
    duplicated: 0,
    corrupted: 0,
    marked: 0,
    reordered: 0,
    replies: 0,
    rebound: 0,
    bytes: 100 * seen,
    ...more,
  };
}

export function traffic(
  out: DirectionCounts,
  inward: DirectionCounts = counts(0),
  measured: Partial<Measured> = {},
): RuleStatus {
  const ofOut = { ...NOTHING_MEASURED, ...measured };
  return { rule: 'udp', out, in: inward, measured: { out: ofOut, in: NOTHING_MEASURED } };
}

export const EMULATOR: NonNullable<SegmentRecord['emulator']> = {
  latenessNs: { p50: 0, p99: 0, p999: 0, max: 0 },
  stallNs: 0,
  overflow: 0,
  kernelDrops: 0,
  malformed: 0,
  distortions: [],
};
