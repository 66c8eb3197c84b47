/**
 * results.json: all that was measured and what follows from it. It is laid out for `diff` and for version
 * control: columns of samples on one line each, everything else on lines of its own; times in ms are rounded
 * to 1 µs, other numbers to 12 significant digits. Not a number and infinity do not occur in results.
 */
import { usageError } from '../../errors.js';
import { quoted } from '../../rules/problem.js';
import type { MetricSpec } from '../probe/probe.js';
import {
  type Estimate,
  type GradientResult,
  type MetricSummary,
  RESULT_FORMAT,
  RESULT_VERSION,
  type SegmentRecord,
} from '../result.js';
import { checkResult } from './schema.js';

/** Objects that are at most so long stand on one line. */
const ONE_LINE_MAX = 100;

const MEND = 'name a results.json that netemu gradient --out DIR has written';

export function jsonOf(result: GradientResult): string {
  return `${layOut(rounded(result), '')}\n`;
}

/** `name` is what errors call it. Errors: E_RESULTS. */
export function readResult(text: string, name: string): GradientResult {
  const value = parsed(text, name);
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== RESULT_FORMAT) {
    throw usageError('E_RESULTS', `${quoted(name)} is no result of netemu gradient`, MEND);
  }
  if (typeof version === 'number' && version > RESULT_VERSION) {
    const message = `${quoted(name)} is of format ${version}, this netemu reads up to ${RESULT_VERSION}`;
    throw usageError('E_RESULTS', message, 'read it with a newer netemu');
  }
  const { result, problem } = checkResult(value);
  if (result !== null) return result;
  throw usageError('E_RESULTS', `${quoted(name)} is damaged: ${problem}`, MEND);
}

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0]!;
    throw usageError('E_RESULTS', `${quoted(name)} is not JSON: ${quoted(reason)}`, MEND);
  }
}

/** Like JSON.stringify with an indentation of 2, but for flat arrays and short flat objects. */
function layOut(value: unknown, indent: string): string {
  if (typeof value === 'number') return numberText(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every(isFlat)) return `[${value.map((each) => layOut(each, '')).join(',')}]`;
    const parts = value.map((each) => `${inner}${layOut(each, inner)}`);
    return `[\n${parts.join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  if (entries.length === 0) return '{}';
  const parts = entries.map(([key, each]) => `${JSON.stringify(key)}: ${layOut(each, inner)}`);
  if (entries.every(([, each]) => isFlat(each))) {
    const line = `{ ${parts.join(', ')} }`;
    if (line.length <= ONE_LINE_MAX) return line;
  }
  return `{\n${parts.map((part) => inner + part).join(',\n')}\n${indent}}`;
}

function isFlat(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(significant(value)) : 'null';
}

/** Whole numbers are exact as they are. */
function significant(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(12));
}

function rounded(result: GradientResult): GradientResult {
  const { metrics } = result.probe;
  const times = metrics.filter(({ kind }) => kind === 'time').map(({ name }) => name);
  return {
    ...result,
    segments: result.segments.map((segment) => roundedSegment(segment, times)),
    analysis: {
      ...result.analysis,
      steps: result.analysis.steps.map((step) => ({
        ...step,
        metrics: roundedTimes(step.metrics, times, roundedSummary),
      })),
    },
  };
}

function roundedSegment(segment: SegmentRecord, times: readonly string[]): SegmentRecord {
  const { durationMs, atMs, values, series, begunLateMs } = segment;
  return {
    ...segment,
    durationMs: micro(durationMs),
    atMs: atMs.map(micro),
    values: roundedTimes(values, times, (column) => column.map(microOrNull)),
    series: series.map((each) => {
      const inMs = Object.keys(each.columns).filter((name) => name.endsWith('Ms'));
      const columns = roundedTimes(each.columns, inMs, (column) => column.map(microOrNull));
      return { ...each, atMs: each.atMs.map(micro), columns };
    }),
    begunLateMs: begunLateMs && {
      p50: micro(begunLateMs.p50),
      p99: micro(begunLateMs.p99),
      max: micro(begunLateMs.max),
    },
  };
}

/** All entries as they are, but those of `names`. */
function roundedTimes<T>(
  entries: Readonly<Record<string, T>>,
  names: readonly MetricSpec['name'][],
  round: (entry: T) => T,
): Record<string, T> {
  const all = Object.entries(entries).map(([name, entry]): [string, T] => [
    name,
    names.includes(name) ? round(entry) : entry,
  ]);
  return Object.fromEntries(all);
}

function roundedSummary(summary: MetricSummary): MetricSummary {
  if (summary.kind === 'share') return summary;
  const { mean, p50, p95, p99, max, prediction, change } = summary;
  return {
    ...summary,
    mean: roundedEstimate(mean),
    p50: roundedEstimate(p50),
    p95: roundedEstimate(p95),
    p99: roundedEstimate(p99),
    max: microOrNull(max),
    prediction: prediction && {
      ...prediction,
      value: micro(prediction.value),
      low: micro(prediction.low),
      high: micro(prediction.high),
    },
    change: change && { ...change, difference: microOrNull(change.difference) },
  };
}

function roundedEstimate(estimate: Estimate | null): Estimate | null {
  if (estimate === null) return null;
  const { value, low, high } = estimate;
  return { value: microOrNull(value), low: microOrNull(low), high: microOrNull(high) };
}

function microOrNull(ms: number | null): number | null {
  return ms === null ? null : micro(ms);
}

function micro(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
