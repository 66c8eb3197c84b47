/**
 * Durations, sizes, rates and probabilities as users write them, and back. Units follow tc(8), upper
 * or lower case alike, with three differences: a number without a unit is refused (tc reads
 * `delay 10` as 10 µs), `kb`, `mb`, `gb`, short `k`, `m`, `g`, are powers of ten (in tc, of two;
 * those are spelled with an i, `mib`), and `mbps`, which tc reads as megabytes, is no rate. What the
 * format functions write parses back to the same number. Errors are `E_VALUE`, a sentence that names
 * the part.
 */

import { DURATION_NS_MAX, RATE_BITS_PER_SECOND_MAX } from './limits.js';
import { Problem, quoted } from './problem.js';
import { didYouMean } from './suggest.js';

const NS_PER: Readonly<Record<string, number>> = {
  ns: 1,
  nsec: 1,
  nsecs: 1,
  us: 1e3,
  usec: 1e3,
  usecs: 1e3,
  µs: 1e3,
  μs: 1e3, // the micro sign, and the Greek letter
  ms: 1e6,
  msec: 1e6,
  msecs: 1e6,
  s: 1e9,
  sec: 1e9,
  secs: 1e9,
  m: 60e9,
  min: 60e9,
  mins: 60e9,
  h: 3600e9,
  hour: 3600e9,
  hours: 3600e9,
};

const BYTES_PER: Readonly<Record<string, number>> = {
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  ki: 2 ** 10,
  kib: 2 ** 10,
  mi: 2 ** 20,
  mib: 2 ** 20,
  gi: 2 ** 30,
  gib: 2 ** 30,
};

const BITS_PER: Readonly<Record<string, number>> = {
  bit: 1,
  kbit: 1e3,
  mbit: 1e6,
  gbit: 1e9,
  tbit: 1e12,
  kibit: 2 ** 10,
  mibit: 2 ** 20,
  gibit: 2 ** 30,
  tibit: 2 ** 40,
};

/**
 * `20ms` → 20,000,000. Whole nanoseconds, 0 to 104 days; a bare 0 needs no unit. `usual` is the
 * unit to suggest where one is missing.
 */
export function parseDuration(text: string, usual: 'ms' | 's' = 'ms'): number {
  const { digits, unit } = split(text, 'duration', 'as in 20ms');
  if (unit === '') {
    if (Number(digits) === 0) return 0;
    throw problem(`${digits} has no unit, did you mean ${digits}${usual}?`, 0, DURATION_UNITS);
  }
  const nsPerUnit = lookUp(NS_PER, unit);
  if (nsPerUnit === undefined) {
    const found = didYouMean(unit, ['ns', 'us', 'ms', 'min', 'sec']);
    throw problem(`unknown unit ${quoted(unit)} of time${found}`, digits.length, DURATION_UNITS);
  }
  const ns = Math.round(scale(digits, nsPerUnit));
  if (ns === 0 && Number(digits) !== 0) throw problem(`${text} is less than a nanosecond`);
  if (ns > DURATION_NS_MAX) throw problem(`${text} is more than 104 days`);
  return ns;
}

const DURATION_UNITS = 'units of time: ns, us, ms, s, min, h';

/** `256mb` → 256,000,000. Whole bytes; a bare 0 needs no unit. */
export function parseSize(text: string): number {
  const { digits, unit } = split(text, 'size', 'as in 64kb');
  if (unit === '') {
    if (Number(digits) === 0) return 0;
    throw problem(`${digits} has no unit, did you mean ${digits}mb or ${digits}b?`, 0, SIZE_UNITS);
  }
  const bytesPerUnit = lookUp(BYTES_PER, unit);
  if (bytesPerUnit === undefined) {
    const found = didYouMean(unit, ['kb', 'mb', 'gb', 'kib', 'mib', 'gib']);
    throw problem(`unknown unit ${quoted(unit)} of size${found}`, digits.length, SIZE_UNITS);
  }
  const bytes = scale(digits, bytesPerUnit);
  if (bytes > Number.MAX_SAFE_INTEGER) throw problem(`${text} is more than 2^53 bytes`);
  if (!Number.isInteger(bytes)) throw problem(`${text} is not a whole number of bytes`);
  return bytes;
}

const SIZE_UNITS = 'units of size: b, kb, mb, gb (powers of 1000), kib, mib, gib (powers of 1024)';

/** `10mbit` → 10,000,000 bits per second, rounded to whole ones and at least one. */
export function parseRate(text: string): number {
  const { digits, unit } = split(text, 'rate', 'as in 10mbit');
  if (Number(digits) === 0) {
    throw problem('nothing ever leaves a link with a rate of 0', 0, 'partition drop');
  }
  if (unit === '') {
    throw problem(`${digits} has no unit, did you mean ${digits}mbit?`, 0, RATE_UNITS);
  }
  const bitsPerUnit = lookUp(BITS_PER, unit);
  if (bitsPerUnit === undefined) throw unknownRateUnit(digits, unit);
  const bits = Math.round(scale(digits, bitsPerUnit));
  if (bits === 0) throw problem(`${text} is less than a bit per second`);
  if (bits > RATE_BITS_PER_SECOND_MAX) {
    throw problem(`${text} is more than ${formatRate(RATE_BITS_PER_SECOND_MAX)}, the fastest link`);
  }
  return bits;
}

const RATE_UNITS =
  'units of rate: bit, kbit, mbit, gbit, tbit (powers of 1000), kibit, mibit, gibit';

/** `mbps` and its like are bits to some tools and bytes to others, tc(8) among them. */
function unknownRateUnit(digits: string, unit: string): Problem {
  const [, prefix = '', kind = ''] = /^([kmgt]?i?)(bps|b|b\/s|bytes?)$/.exec(unit) ?? [];
  if (kind !== '') {
    const tc = kind === 'bps' ? `tc reads ${unit} as bytes` : `${quoted(unit)} are bytes`;
    const asBytes = Number((Number(digits) * 8).toPrecision(12));
    const both = `${digits}${prefix}bit or ${asBytes}${prefix}bit`;
    return problem(`${tc}, did you mean ${both}?`, digits.length, RATE_UNITS);
  }
  const bits = /^(?=.)([kmgt]?i?)(?:bits?(?:\/s|ps)?)?$/.exec(unit);
  const found =
    bits === null
      ? didYouMean(unit, Object.keys(BITS_PER))
      : `, did you mean ${digits}${bits[1]}bit?`;
  return problem(`unknown unit ${quoted(unit)} of rate${found}`, digits.length, RATE_UNITS);
}

/** `0.5%` → 0.005, the double nearest to it. 0% to 100%; a bare 0 needs no unit. */
export function parseProbability(text: string): number {
  const { digits, unit } = split(text, 'probability', 'as in 0.5%');
  const value = Number(digits);
  if (unit === '') {
    if (value === 0) return 0;
    const fraction = value < 1 ? ` or ${shiftPoint(digits, 2)}%` : '';
    throw problem(`${digits} has no unit, did you mean ${digits}%${fraction}?`);
  }
  if (unit !== '%') {
    throw problem(`unknown unit ${quoted(unit)}, a probability is in %, as in 0.5%`, digits.length);
  }
  if (value > 100) throw problem(`${text} is more than 100%`);
  // Shifting the point in the text instead of dividing gives the nearest double, so that the
  // shortest text of that double is the same digits again.
  return Number(shiftPoint(digits, -2));
}

/** The largest unit of ns, us, ms, s that needs no leading zero; whole minutes and hours as such. */
export function formatDuration(ns: number): string {
  if (ns === 0) return '0ms';
  if (ns % 3600e9 === 0) return `${ns / 3600e9}h`;
  if (ns % 60e9 === 0) return `${ns / 60e9}min`;
  if (ns >= 1e9) return `${shiftPoint(String(ns), -9)}s`;
  if (ns >= 1e6) return `${shiftPoint(String(ns), -6)}ms`;
  if (ns >= 1e3) return `${shiftPoint(String(ns), -3)}us`;
  return `${ns}ns`;
}

/** The shortest of the units in which it is a whole number. */
export function formatSize(bytes: number): string {
  let best = `${bytes}b`;
  for (const unit of ['kb', 'mb', 'gb', 'kib', 'mib', 'gib']) {
    const count = bytes / BYTES_PER[unit];
    const text = `${count}${unit}`;
    if (bytes > 0 && Number.isInteger(count) && text.length < best.length) best = text;
  }
  return best;
}

/** The largest decimal unit that needs no leading zero. */
export function formatRate(bitsPerSecond: number): string {
  for (const [unit, places] of DECIMAL_UNITS) {
    if (bitsPerSecond >= 10 ** places)
      return `${shiftPoint(String(bitsPerSecond), -places)}${unit}`;
  }
  return `${bitsPerSecond}bit`;
}

const DECIMAL_UNITS: readonly (readonly [string, number])[] = [
  ['tbit', 12],
  ['gbit', 9],
  ['mbit', 6],
  ['kbit', 3],
];

export function formatProbability(probability: number): string {
  const [mantissa, exponent] = String(probability).split('e');
  return `${shiftPoint(mantissa, Number(exponent ?? 0) + 2)}%`;
}

interface Quantity {
  /** An unsigned decimal number. */
  readonly digits: string;
  /** Lower case, may be empty. */
  readonly unit: string;
}

/** Number and unit of `text`, or the problem with it. */
function split(text: string, what: string, example: string): Quantity {
  const match = /^(\d+(?:\.\d*)?|\.\d+)(?![\d.,])(.*)$/s.exec(text);
  if (match !== null && match[1].length <= 40)
    return { digits: match[1], unit: match[2].toLowerCase() };
  if (text === '') throw problem(`a ${what} is missing, ${example}`);
  if (match !== null) throw problem(`${quoted(text)} has too many digits`);
  if (/^[-−]\s*[\d.]/.test(text)) throw problem(`${quoted(text)} is negative`);
  if (/^\+[\d.]/.test(text)) throw problem(`${quoted(text)} has a sign, write ${text.slice(1)}`);
  const comma = /^(\d+),(\d+)([^\d,.].*)?$/.exec(text);
  if (comma !== null) {
    const mended = `${comma[1]}.${comma[2]}${comma[3] ?? ''}`;
    throw problem(`${quoted(text)} is not a number, did you mean ${mended}?`, comma[1].length);
  }
  throw problem(`${quoted(text)} is not a ${what}, ${example}`);
}

function problem(sentence: string, at = 0, mend?: string): Problem {
  return new Problem('E_VALUE', sentence, at, mend);
}

function lookUp(units: Readonly<Record<string, number>>, unit: string): number | undefined {
  return Object.hasOwn(units, unit) ? units[unit] : undefined;
}

/** The double nearest to `digits` times `perUnit`: a product of doubles would round twice. */
function scale(digits: string, perUnit: number): number {
  const isPowerOfTen = /^10*$/.test(String(perUnit));
  if (!isPowerOfTen) return Number(digits) * perUnit;
  return Number(shiftPoint(digits, String(perUnit).length - 1));
}

/** The decimal number `digits` times 10^places, without rounding and without needless zeros. */
function shiftPoint(digits: string, places: number): string {
  const [whole, fraction = ''] = digits.split('.');
  const all = whole + fraction;
  const point = whole.length + places;
  const padded = point <= 0 ? '0'.repeat(1 - point) + all : all.padEnd(point, '0');
  const at = Math.max(point, 1);
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const right = padded.slice(at).replace(/0+$/, '');
  return right === '' ? left : `${left}.${right}`;
}
