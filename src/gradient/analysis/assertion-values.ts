/** The values of assertions, in the units of metrics: shares, ms, bit/s, bytes, or as they are. */
import { Problem, quoted } from '../../rules/problem.js';
import { parseDuration, parseProbability, parseRate, parseSize } from '../../rules/units.js';
import type { MetricKind, MetricSpec } from '../probe/probe.js';

/** `2x baseline`, or `baseline`; null for other values. */
export function baselineFactor(text: string): number | null {
  const match = /^(?:(\d{1,9}(?:\.\d{1,9})?)\s*x\s*)?baseline$/i.exec(text);
  return match === null ? null : Number(match[1] ?? 1);
}

const READERS: Readonly<Record<MetricKind, (text: string) => number>> = {
  share: readShare,
  time: (text) => parseDuration(text) / 1e6,
  // Rules know no rate of 0, and a measured one may be.
  bitrate: (text) => (isZero(text) ? 0 : parseRate(text.replace(/bit\/s$/i, 'bit'))),
  bytes: (text) => (isPlain(text) ? Number(text) : parseSize(text)),
  count: readPlain,
  number: readPlain,
};

/** In the metric's unit; `spec` null: of a metric that nobody knows yet, so any unit will do. */
export function readLimit(text: string, spec: MetricSpec | null): number {
  if (/^\d[\d.]*x(?:\s|$)/i.test(text)) {
    throw problem(`${quoted(text)} of what?`, text.length, `${text.split(/\s/)[0]} baseline`);
  }
  if (spec !== null) return READERS[spec.kind](text);
  for (const read of Object.values(READERS)) {
    const value = readingOf(read, text);
    if (value !== null) return value;
  }
  throw problem(`${quoted(text)} is no value`, 0, 'values: 5, 1%, 200ms, 5mbit, 64kb');
}

/** `1%`, and `0.01` as well, since results.json has it so. */
function readShare(text: string): number {
  const share = isPlain(text) ? Number(text) : Number.NaN;
  return share >= 0 && share < 1 ? share : parseProbability(text);
}

function readPlain(text: string): number {
  if (isPlain(text)) return Number(text);
  const unit = /^[-+]?[\d.]+/.exec(text)?.[0] ?? '';
  throw problem(`${quoted(text)} is no plain number, and the metric has no unit`, unit.length);
}

function isPlain(text: string): boolean {
  return /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d{1,2})?$/i.test(text) && text.length < 40;
}

function isZero(text: string): boolean {
  return /^0+(?:\.0*)?(?:[kmgt]?i?bit(?:\/s)?)?$/i.test(text);
}

/** Whether two texts are the same number with the same kind of unit: `0.5%` and `0.50%`. */
export function sameNumber(a: string, b: string): boolean {
  return [parseProbability, parseDuration, parseRate, parseSize, readPlain].some((read) => {
    const value = readingOf(read, a);
    return value !== null && value === readingOf(read, b);
  });
}

function readingOf(read: (text: string) => number, text: string): number | null {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

function problem(sentence: string, at: number, mend?: string): Problem {
  return new Problem('E_ASSERT', sentence, at, mend);
}
