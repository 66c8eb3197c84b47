/**
 * Numbers as people read them, the same in the terminal, in report.html and in junit.xml: three significant
 * digits and a unit. Null is beyond every number, as the time of a sample that failed is. Machines read
 * results.json.
 */
import * as text from '../../text.js';
import type { MetricKind, MetricSpec } from '../probe/probe.js';
import type { Estimate } from '../result.js';

/** Stands for what was not measured. */
export const NOTHING = '–';
/** Stands for times that are beyond every number. */
export const FAILED_TEXT = 'failed';

export type Write = (value: number | null) => string;

/** 1234567 → "1,234,567". */
export function formatCount(count: number): string {
  return Number.isFinite(count) ? text.formatCount(count) : NOTHING;
}

/** A share 0..1: "0.5%", "0.0396%", "20.1%". Never "100%" for almost all, nor "0%" for almost none. */
export function formatShare(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return NOTHING;
  if (share < 0) return `-${formatShare(-share)}`;
  const percent = share * 100;
  if (percent === 0) return '0%';
  // What doubles leave of a whole 1 is no "almost".
  if (percent > 100 - 1e-9) return `${Number(percent.toPrecision(3))}%`;
  if (percent < 0.0001) return '<0.0001%';
  if (percent > 99.9) return percent < 99.95 ? '99.9%' : '>99.9%';
  return `${withoutZeros(percent.toFixed(placesOf(percent, 4)))}%`;
}

/** Milliseconds: "21µs", "0.21ms", "20.4ms", "1.02s". */
export function formatMs(ms: number | null): string {
  if (ms === null || ms === Number.POSITIVE_INFINITY) return FAILED_TEXT;
  if (!Number.isFinite(ms)) return NOTHING;
  if (ms < 0) return `-${formatMs(-ms)}`;
  if (ms === 0) return '0ms';
  if (ms < 0.0995) return `${threeDigits(ms * 1e3)}µs`;
  return ms < 999.5 ? `${threeDigits(ms)}ms` : `${threeDigits(ms / 1e3)}s`;
}

/** Bits per second: "850bit/s", "9.98Mbit/s". */
export function formatBitRate(bitsPerSecond: number | null): string {
  return scaled(bitsPerSecond, 1_000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']);
}

/** In units of 1024: "900B", "3.2MiB". */
export function formatBytes(bytes: number | null): string {
  return scaled(bytes, 1_024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
}

/** A number without a unit: "1.05", "87,334", "0.0012". */
export function formatNumber(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return NOTHING;
  if (value < 0) return `-${formatNumber(-value)}`;
  if (value >= 1e15 || (value > 0 && value < 1e-4)) return value.toExponential(2);
  if (value >= 99.95) return formatCount(value);
  return withoutZeros(value.toFixed(placesOf(value, 6)));
}

const WRITE: Readonly<Record<MetricKind, Write>> = {
  share: formatShare,
  time: formatMs,
  bitrate: formatBitRate,
  bytes: formatBytes,
  count: formatNumber,
  number: formatNumber,
};

/** A value of a metric, in its unit. */
export function formatMetric({ kind }: Pick<MetricSpec, 'kind'>, value: number | null): string {
  return WRITE[kind](value);
}

/** "+12ms", "-0.3pp": what was added to a value. Of shares in percentage points, as % would be ambiguous. */
export function formatDifference(spec: Pick<MetricSpec, 'kind'>, difference: number): string {
  const text = formatMetric(spec, Math.abs(difference));
  const sign = difference < 0 ? '-' : '+';
  return sign + (spec.kind === 'share' ? text.replace('%', 'pp') : text);
}

/**
 * "1.99% (1.7–2.3)", "980ms (950ms–1.02s)": with its 95 % interval, its unit once if it is one. An end that
 * is null may lie beyond every number, or nobody can tell where it is.
 */
export function formatEstimate({ value, low, high }: Estimate, write: Write): string {
  const [text, from, to] = [write(value), write(low), high === null ? '∞' : write(high)];
  if (low === null) return text;
  const units = new Set([text, from, to].map(unitOf));
  const interval = units.size === 1 ? `${numberOf(from)}–${numberOf(to)}` : joined(from, to);
  return `${text} (${interval})`;
}

/** "1.7–2.3%", "950ms–1.02s". */
export function formatInterval(
  [low, high]: readonly [number | null, number | null],
  write: Write,
): string {
  if (low === null) return NOTHING;
  return high === null ? `${write(low)}–∞` : joined(write(low), write(high));
}

/** "p<0.001", "p=0.023". */
export function formatP(p: number): string {
  if (!(p >= 0 && p <= 1)) return `p${NOTHING}`;
  return p < 0.001 ? 'p<0.001' : `p=${Number(p.toPrecision(2))}`;
}

/**
 * Whether what has changed by this test is the tail alone: the difference of the medians says nothing then.
 */
export function isOfTail(test: string): boolean {
  return test.endsWith('of the tail') || test.includes('of the tail,');
}

/** How steps share their randomness, in words. */
export const PAIRINGS = {
  exact: 'paired',
  loose: 'paired loosely',
  independent: 'independent steps',
} as const;

/** What a figure is called: "late" for a share, "latency p99" for a quantile. */
export function formatFigure(metric: string, figure: string): string {
  return figure === 'share' ? metric : `${metric} ${figure}`;
}

/** A time to wait, in words: "8 s", "1 min 10 s", "48 min", "2 h 5 min". */
export function formatSpan(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown time';
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 600) return two(seconds, 60, 'min', 's', 1);
  if (seconds < 3_570) return `${Math.round(seconds / 60)} min`;
  if (seconds < 86_400) return two(Math.max(3_600, seconds), 3_600, 'h', 'min', 60);
  return two(seconds, 86_400, 'd', 'h', 3_600);
}

/** How numbers like those of the steps are written; their unit is that of their labels: `0.5%`, `20ms`. */
export function steppedFormat(steps: readonly { readonly label: string }[]): Write {
  const unit = /[a-z%]*$/i.exec(steps[1]?.label ?? '')![0].toLowerCase();
  if (unit === '%') return formatShare;
  if (unit.endsWith('bit')) return formatBitRate;
  if (/^(?:ns|us|ms|s|min|h)$/.test(unit)) return (ns) => formatMs(ns === null ? null : ns / 1e6);
  return /^(?:b|[kmg]i?b)$/.test(unit) ? formatBytes : formatNumber;
}

function two(seconds: number, unit: number, name: string, nextName: string, next: number): string {
  const whole = Math.floor(seconds / unit);
  const rest = Math.floor((seconds - whole * unit) / next);
  return rest === 0 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${nextName}`;
}

function scaled(value: number | null, step: number, units: readonly string[]): string {
  if (value === null || !Number.isFinite(value)) return NOTHING;
  if (value < 0) return `-${scaled(-value, step, units)}`;
  let left = value;
  let unit = 0;
  while (left >= step - 0.5 && unit < units.length - 1) {
    left /= step;
    unit++;
  }
  return `${unit === 0 ? withoutZeros(threeDigits(left)) : threeDigits(left)}${units[unit]}`;
}

function threeDigits(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** Decimal places for three significant digits, at most `most`. */
function placesOf(value: number, most: number): number {
  return value === 0 ? 0 : Math.min(most, Math.max(0, 2 - Math.floor(Math.log10(value))));
}

function withoutZeros(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}

function joined(from: string, to: string): string {
  return `${unitOf(from) === unitOf(to) ? numberOf(from) : from}–${to}`;
}

/** Of "1.99%" the "%"; of "failed" all of it, so that it is never left out. */
function unitOf(text: string): string {
  return text.replace(/^[-<>]?[\d.,]+(?:e[-+]\d+)?/, '');
}

function numberOf(text: string): string {
  return text === FAILED_TEXT || text === NOTHING
    ? text
    : text.slice(0, text.length - unitOf(text).length);
}
