/**
 * A distribution from a file: iproute2's .dist, or measured delays. Which one it is shows in its
 * form: a .dist has lines of several numbers (maketable writes eight), plain samples have one number
 * on each line. Both become a table of values around 0, ascending, in units of the spread.
 */

import { DISTRIBUTION_VALUES_MAX, SAMPLES_MAX } from '../limits.js';
import { quoted } from '../problem.js';
import { parseDuration } from '../units.js';
import { atLine, type Line, LineProblem, linesOf } from './lines.js';

/** NETEM_DIST_SCALE: a .dist has 8192 for one standard deviation, in signed 16 bits. */
const DIST_SCALE = 8192;
const DIST_MIN = -32_768;
const DIST_MAX = 32_767;

export function parseDistribution(text: string): number[] {
  const lines = [...linesOf(text, '#')];
  if (lines.length === 0) throw new LineProblem(null, 'there is no number in it');
  const values = lines.some((line) => /\s/.test(line.text)) ? distValues(lines) : samples(lines);
  return values.sort((a, b) => a - b);
}

function distValues(lines: readonly Line[]): number[] {
  const values: number[] = [];
  for (const line of lines) {
    for (const text of line.text.split(/\s+/)) {
      const value = Number(text);
      if (!/^[-+]?\d+$/.test(text)) {
        const what = 'is not a whole number, as the tables of iproute2 have them';
        throw new LineProblem(line.number, `${quoted(text)} ${what}`, FORMS);
      }
      if (value < DIST_MIN || value > DIST_MAX) {
        throw new LineProblem(line.number, `${text} is not within ${DIST_MIN} to ${DIST_MAX}`);
      }
      values.push(value / DIST_SCALE + 0); // + 0: no −0, which JSON would not keep.
    }
    if (values.length > DISTRIBUTION_VALUES_MAX) {
      throw new LineProblem(line.number, `more than ${DISTRIBUTION_VALUES_MAX} values, the limit`);
    }
  }
  return values;
}

const FORMS = 'measured delays stand on a line each';

/**
 * Standardised as by iproute2's maketable: minus their mean, divided by their standard deviation
 * (maketable divides by n − 1 within it; with n the table's own deviation is exactly 1). Of more
 * samples than a table has values, the quantiles at equal steps.
 */
function samples(lines: readonly Line[]): number[] {
  if (lines.length > SAMPLES_MAX) {
    const line = lines[SAMPLES_MAX].number;
    throw new LineProblem(line, `more than ${SAMPLES_MAX} samples, the limit`);
  }
  const hasUnit = /[a-zµμ]$/i.test(lines[0].text);
  const values = lines.map((line) => sample(line, hasUnit)).sort((a, b) => a - b);
  const mean = sum(values) / values.length;
  const deviation = Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
  if (!(deviation > 0)) {
    const what = values.length === 1 ? 'there is one sample only' : 'all samples are the same';
    throw new LineProblem(null, `${what}, a distribution needs different ones`);
  }
  const standard = values.map((value) => (value - mean) / deviation);
  if (standard.length <= DISTRIBUTION_VALUES_MAX) return standard;
  const step = standard.length / DISTRIBUTION_VALUES_MAX;
  return Array.from(
    { length: DISTRIBUTION_VALUES_MAX },
    (_, i) => standard[Math.floor((i + 0.5) * step)],
  );
}

/** In nanoseconds where there are units, else in whatever was measured: the scale cancels out. */
function sample(line: Line, hasUnit: boolean): number {
  const { text, number } = line;
  const isBare = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text);
  if (isBare && hasUnit && Number(text) !== 0) {
    throw new LineProblem(number, `${text} has no unit, and the lines before it have`);
  }
  const value = isBare ? Number(text) : atLine(line, () => parseDuration(text));
  if (!isBare && !hasUnit) {
    throw new LineProblem(number, `${text} has a unit, and the lines before it have none`);
  }
  if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new LineProblem(number, `${text} is more than 2^53`);
  }
  return value;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
