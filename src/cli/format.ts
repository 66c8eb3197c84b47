/**
 * How numbers look to people, in one place: counts, rates, durations and text that may hold
 * anything. Machines read `--json`.
 */
export { cut, formatCount } from '../text.js';

/** What the two directions are called: of a host, or of a command. */
export const DIRECTION_NAMES = {
  up: { out: 'out', in: 'in' },
  run: { out: 'up', in: 'down' },
} as const;

/** A rate 0..1 with three significant digits where they say something: "20.1%", "0.502%". */
export function formatRate(rate: number): string {
  const percent = rate * 100;
  if (percent === 0 || percent === 100) return `${percent}%`;
  // Never "100%" for almost all, nor "0%" for almost none.
  if (percent < 0.0001) return '<0.0001%';
  const text =
    percent >= 10 ? percent.toFixed(1) : percent.toFixed(percent >= 1 ? 2 : percent >= 0.1 ? 3 : 4);
  return text === '100.0' ? '>99.9%' : `${text}%`;
}

/** A rate as it was asked for: "20%", "0.5%". */
export function formatConfiguredRate(rate: number): string {
  return `${Number((rate * 100).toPrecision(6))}%`;
}

/** "0.41–0.60%", with a percent sign once. */
export function formatInterval([low, high]: readonly [number, number]): string {
  return `${formatRate(low).replace('%', '')}–${formatRate(high)}`;
}

/** Nanoseconds with three significant digits: "850ns", "12.3µs", "1.20ms", "2.50s". */
export function formatNs(ns: number): string {
  if (ns < 999.5) return `${Math.round(ns)}ns`;
  for (const [unit, unitNs] of [
    ['µs', 1e3],
    ['ms', 1e6],
  ] as const) {
    if (ns / unitNs < 999.5) return `${significant(ns / unitNs)}${unit}`;
  }
  return `${significant(ns / 1e9)}s`;
}

/** Bits per second with three significant digits: "850bit/s", "9.98Mbit/s". */
export function formatBitRate(bitsPerSecond: number): string {
  let value = bitsPerSecond;
  let unit = '';
  for (const next of ['k', 'M', 'G']) {
    if (value < 999.5) break;
    value /= 1_000;
    unit = next;
  }
  return `${unit === '' ? Math.round(value) : significant(value)}${unit}bit/s`;
}

function significant(value: number): string {
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** How long an instance has been up: "0.4s", "12s", "3m05s", "2h03m", "4d02h". */
export function formatUptime(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const two = (part: number) => String(part).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3_600)}h${two(Math.floor(whole / 60) % 60)}m`;
  return `${Math.floor(whole / 86_400)}d${two(Math.floor(whole / 3_600) % 24)}h`;
}

/** Bytes in units of 1024, as `--memory` counts: "3.2MiB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const next of ['KiB', 'MiB', 'GiB']) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return unit === 'B' ? `${value}B` : `${value.toFixed(1)}${unit}`;
}

/** Text that the user chose, as one word: quoted when it holds spaces or anything unprintable. */
export function formatText(text: string): string {
  return /^[\w.:/@+=-]+$/.test(text) ? text : JSON.stringify(text);
}
