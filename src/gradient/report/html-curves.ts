/**
 * The curves of the page: how a metric is distributed at each step, and how values of single samples went on
 * over time. Both are brought onto a grid of a few hundred places, as a chart has no more pixels: the page of
 * a million samples is as small as that of a hundred.
 */
import { present, StepSamples } from '../analysis/samples.js';
import type { MetricSpec, SeriesRecord } from '../probe/probe.js';
import type { GradientResult } from '../result.js';
import type { CurvesChart, Unit } from './html-page-data.js';
import { type Figure, unitOf } from './html-parts.js';

const GRID = 240;
/** Narrower distributions have a linear axis. */
const LOG_SPAN = 3;
/** More columns of series are in results.json only. */
const COLUMNS_MAX = 4;

type Curve = CurvesChart['curves'][number];

/** Empirical distribution functions; samples that failed are never reached. */
export function distributionFigure(result: GradientResult, spec: MetricSpec): Figure[] {
  const columns = result.analysis.steps.map(({ step, label }) => {
    const found = result.steps.find(({ index }) => index === step);
    const values =
      found === undefined ? new Float64Array() : new StepSamples(result, found).ranked(spec);
    return { name: label, sorted: present(values).sort() };
  });
  const ends = columns.flatMap(({ sorted }) => endsOf(sorted));
  if (ends.length === 0) return [];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const log = low > 0 && high / low > LOG_SPAN;
  const grid = log ? logGrid(low, high) : linearGrid(low, high);
  const most = Math.max(...columns.map(({ sorted }) => sorted.length));
  const chart: CurvesChart = {
    kind: 'curves',
    x: { label: spec.name, unit: unitOf(spec.kind), log },
    y: { label: 'share within it', unit: 'share', nines: Math.min(5, Math.log10(2 * most)) },
    grid: grid.map(rounded),
    curves: columns.map(({ name, sorted }) => ({ name, values: sharesAt(sorted, grid) })),
  };
  const title = `${spec.name}, its distribution at each step`;
  const failures =
    spec.better === 'higher' && spec.kind !== 'time'
      ? 'samples that failed count as 0'
      : 'curves that end below it had failures';
  const says =
    'share of the samples that were within a value; the axis is stretched towards 100%, ' +
    `and ${failures}`;
  const words =
    'A curve for each step: the share of the samples within a value. ' +
    'The tables have the quantiles p50, p95 and p99 of each.';
  return [{ chart, title, says, words, isWide: true }];
}

/** Of each column of the probe's series, the first series of each step. */
export function seriesFigures(result: GradientResult): Figure[] {
  const firsts = result.analysis.steps.map(({ step, label }) => {
    const segments = result.segments.filter((segment) => segment.step === step);
    return { name: label, series: segments.flatMap(({ series }) => series)[0] ?? null };
  });
  const found = firsts.flatMap(({ series }) => (series === null ? [] : [series]));
  const names = new Set(found.flatMap(({ columns }) => Object.keys(columns)));
  const endMs = Math.max(0, ...found.map(({ atMs }) => atMs.at(-1) ?? 0));
  if (endMs === 0) return [];
  const grid = linearGrid(0, endMs);
  return [...names].slice(0, COLUMNS_MAX).map((column) => {
    const chart: CurvesChart = {
      kind: 'curves',
      x: { label: 'time', unit: 'time', log: false },
      y: { label: wordOf(column), unit: seriesUnit(column), nines: null },
      grid: grid.map(rounded),
      curves: firsts.map(
        ({ name, series }): Curve => ({
          name,
          values: series === null ? grid.map(() => null) : heldAt(series, column, grid),
        }),
      ),
    };
    const title = `${wordOf(column)} over time`;
    const says = 'of the first sample that tells, at each step';
    const words = 'A curve for each step. The numbers are in results.json.';
    return { chart, title, says, words, isWide: true };
  });
}

/** Of what is finite. */
function endsOf(sorted: Float64Array): number[] {
  const finite = sorted.findLastIndex(Number.isFinite);
  return finite < 0 ? [] : [sorted[0]!, sorted[finite]!];
}

function linearGrid(low: number, high: number): number[] {
  const span = high - low || Math.abs(high) * 0.1 || 1;
  const grid = Array.from({ length: GRID }, (_, at) => low + (span * at) / (GRID - 1));
  return withEnd(grid, high);
}

function logGrid(low: number, high: number): number[] {
  const grid = Array.from({ length: GRID }, (_, at) => low * (high / low) ** (at / (GRID - 1)));
  return withEnd(grid, high);
}

/** What rounding leaves of the last place would hide the largest sample. */
function withEnd(grid: number[], high: number): number[] {
  grid[GRID - 1] = Math.max(high, grid[GRID - 1]!);
  return grid;
}

function sharesAt(sorted: Float64Array, grid: readonly number[]): (number | null)[] {
  let count = 0;
  return grid.map((place) => {
    while (count < sorted.length && sorted[count]! <= place) count++;
    return sorted.length === 0 ? null : Number((count / sorted.length).toPrecision(6));
  });
}

/** The last value before each place; nothing before the first and after the last. */
function heldAt({ atMs, columns }: SeriesRecord, column: string, grid: readonly number[]) {
  const values = Object.hasOwn(columns, column) ? columns[column]! : [];
  const endMs = atMs.at(-1) ?? 0;
  let next = 0;
  let held: number | null = null;
  return grid.map((place) => {
    for (; next < atMs.length && atMs[next]! <= place; next++) held = values[next] ?? held;
    return place > endMs || held === null ? null : rounded(held);
  });
}

/** For the page: five digits are finer than its pixels. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

/** By the unit that names end with: `cwndBytes`, `rttMs`. */
function seriesUnit(column: string): Unit {
  if (column.endsWith('Bytes')) return 'bytes';
  if (column.endsWith('Ms')) return 'time';
  return column.endsWith('Bps') ? 'bitrate' : 'number';
}

/** "rtt" of `rttMs`. */
function wordOf(column: string): string {
  return column.replace(/(?:Bytes|Ms|Bps)$/, '') || column;
}
