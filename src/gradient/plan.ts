/**
 * How many samples each step needs, and how long all of it will take; said before the first of them. A share
 * P is known to ± r of itself (95 %) from n = (1.96 / r)² (1 − P) / P samples: at 0.5 % loss each way
 * that are 38,100 lookups for ± 10 % of those that are late.
 */
import { usageError } from '../errors.js';
import type { Rule } from '../rules/rule.js';
import { firstWaitMs } from './probe/dns-retry.js';
import type { DnsSettings } from './probe/dns-settings.js';
import type { ProbeKind, ProbeSettings } from './probe/probe.js';
import { formatCount } from './report/format.js';
import type { Plan, PlannedStep, Step } from './result.js';
import { zOf } from './statistics/intervals.js';
import { expectations } from './theory/expectations.js';

/** Of a segment, when nothing says how long. */
export const PLAN_DURATION_MS = 10_000;

/** What is asked for unless told; `needed` is about it. */
const DEFAULT_PRECISION = 0.1;
/** With fewer there are no quantiles worth a look, however sure the share is. */
const SAMPLES_MIN = 100;
/** Of a segment that a precision asks for: half of what is kept of one. */
const SEGMENT_MAX = 1_000_000;
/** What --repeat allows. */
const ROUNDS_MAX = 1_000;
const Z_95 = zOf(0.95);

/** The first wait of a handshake that met a loss. */
const HANDSHAKE_WAIT_MS = 1_000;

export interface PlanInput {
  readonly steps: readonly Step[];
  /** Of each step. */
  readonly rules: readonly Rule[];
  readonly kind: ProbeKind;
  readonly settings: ProbeSettings;
  /** Samples of each segment. */
  readonly count: number | null;
  /** Of each segment, if neither `count` nor `precision` is given; then null is the default. */
  readonly durationMs: number | null;
  readonly rounds: number;
  /** Half the 95 % interval of the share that theory names, relative to it; overrides the others. */
  readonly precision: number | null;
  /** From the end of a segment to the beginning of the next. */
  readonly betweenMs: number;
  /** 0: no warm-up. */
  readonly warmupMs: number;
}

/**
 * With a precision each step has the samples that it needs itself, at least 100, and the baseline as many as
 * the longest: that is cheap, all others are compared with it, and each of their samples has its pair.
 * Steps of which theory names no share go on for the default time. Errors: E_PRECISION when a segment would
 * have more samples than can be kept.
 */
export function plan(input: PlanInput): Plan {
  const expected = input.rules.map((rule) => expectedShare(rule, input));
  const lasting = samplesOf(input.durationMs ?? PLAN_DURATION_MS, input);
  const needs = expected.map((share) => neededFor(share, input.precision ?? DEFAULT_PRECISION));
  const planned = (i: number) => {
    if (input.precision === null) return input.count ?? lasting;
    const need = i === 0 ? largestOf(needs) : needs[i];
    return need === null ? lasting : Math.ceil(Math.max(SAMPLES_MIN, need) / input.rounds);
  };
  const perSegment = input.steps.map((_, i) => planned(i));
  if (input.precision !== null) refuseTooMany(input, input.precision, perSegment);
  const steps = input.steps.map(({ index }, i): PlannedStep => {
    const samples = perSegment[i] === null ? null : perSegment[i] * input.rounds;
    const share = expected[i];
    return {
      step: index,
      samples,
      metric: share?.metric ?? null,
      expected: share?.probability ?? null,
      precision: share && samples ? precisionOf(share, samples) : null,
      needed: needs[i],
    };
  });
  return { steps, totalMs: totalMs(input, perSegment, expected) };
}

function refuseTooMany(
  { steps, rounds }: PlanInput,
  precision: number,
  perSegment: readonly (number | null)[],
): void {
  const most = Math.max(...perSegment.map((samples) => samples ?? 0));
  if (most <= SEGMENT_MAX) return;
  // The baseline has as many as the step that needs them.
  const { label } = steps[perSegment.lastIndexOf(most)];
  const percent = (share: number) => `${Number((100 * share).toPrecision(4))}%`;
  const wider = Math.ceil(1e3 * precision * Math.sqrt(most / SEGMENT_MAX)) / 1e3;
  const repeat = Math.ceil((most * rounds) / SEGMENT_MAX);
  const more =
    repeat > ROUNDS_MAX ? '' : `, or --repeat ${repeat}, which is as precise in shorter segments`;
  throw usageError(
    'E_PRECISION',
    `--precision ${percent(precision)} needs ${formatCount(most)} samples in a segment at ${label}, ` +
      `where ${formatCount(SEGMENT_MAX)} are the most`,
    `--precision ${percent(wider)}${more}`,
  );
}

interface ExpectedShare {
  readonly metric: string;
  readonly probability: number;
}

/** `late` has the larger share, which is sooner known. */
function expectedShare(rule: Rule, { kind, settings }: PlanInput): ExpectedShare | null {
  const found = expectations({ kind, settings, rule, baseline: null });
  for (const metric of ['late', 'failed']) {
    const expectation = found[metric];
    if (expectation?.kind === 'share') return { metric, probability: expectation.probability };
  }
  return null;
}

/** Null where there is nothing that could be known so precisely. */
function neededFor(share: ExpectedShare | null, precision: number): number | null {
  if (share === null || share.probability === 0) return null;
  const { probability } = share;
  return Math.ceil(((Z_95 / precision) ** 2 * (1 - probability)) / probability);
}

function precisionOf({ probability }: ExpectedShare, samples: number): number | null {
  if (probability === 0) return null;
  return Z_95 * Math.sqrt((1 - probability) / probability / samples);
}

function largestOf(needs: readonly (number | null)[]): number | null {
  return needs.reduce((a, b) => (a === null || (b !== null && b > a) ? b : a), null);
}

/** Per second; commands follow one another, and nobody knows how quickly. */
function rateOf({ kind, settings }: PlanInput): number | null {
  const { rate } = settings;
  return kind === 'command' || typeof rate !== 'number' || rate <= 0 ? null : rate;
}

function samplesOf(durationMs: number, input: PlanInput): number | null {
  const rate = rateOf(input);
  return rate === null ? null : Math.max(1, Math.floor((durationMs / 1e3) * rate));
}

function totalMs(
  input: PlanInput,
  perSegment: readonly (number | null)[],
  expected: readonly (ExpectedShare | null)[],
): number | null {
  const rate = rateOf(input);
  let sum = 0;
  for (let i = 0; i < perSegment.length; i++) {
    const samples = perSegment[i];
    if (samples === null) {
      // By time; a command that is running when it is over is not counted.
      sum += input.durationMs ?? PLAN_DURATION_MS;
    } else if (rate === null) {
      return null;
    } else {
      sum += (samples / rate) * 1e3 + lastWaitMs(input, rate, samples, expected[i]);
    }
  }
  const segments = perSegment.length * input.rounds + (input.warmupMs > 0 ? 1 : 0);
  return input.warmupMs + sum * input.rounds + input.betweenMs * Math.max(0, segments - 1);
}

/**
 * A segment ends with its slowest sample: on the mean this is later by the wait for a retry, times the chance
 * that any of the samples begun in the last such wait needs it. Second retries are left out.
 */
function lastWaitMs(
  { kind, settings }: PlanInput,
  rate: number,
  samples: number,
  share: ExpectedShare | null,
): number {
  const isDns = kind === 'dns';
  const waitMs = isDns ? firstWaitMs(settings as unknown as DnsSettings) : HANDSHAKE_WAIT_MS;
  const last = Math.min(samples, (rate * waitMs) / 1e3);
  return waitMs * (1 - (1 - (share?.probability ?? 0)) ** last);
}
