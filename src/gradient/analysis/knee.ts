/**
 * The knee: the step from which a metric becomes worse faster than the straight trend of the steps before
 * it, such as a p95 that jumps when every twentieth answer comes late. Simulated ladders show how sure it
 * is: of those without a knee fewer than 1 % get one (test/gradient/analysis/knee.test.ts).
 */
import type { MetricSpec } from '../probe/probe.js';
import { formatFigure, formatMetric } from '../report/format.js';
import type { Estimate, Knee, MetricSummary, StepSummary } from '../result.js';
import { zOf } from '../statistics/intervals.js';
import { beginsAtZero } from './stepped-key.js';
import { fitLine, type Trend, type TrendPoint } from './trend.js';

/** A line needs two points, and the knee is the next one or later. */
const TREND_POINTS_MIN = 2;
/** Shorter ladders have no trend to speak of. */
const POINTS_MIN = 4;
/** Standard errors beyond which a point departs: one of 2,000 does by chance, and a metric has some ten. */
const DEPARTS_Z = 3.29;
/** A departure counts from this share on, both of what the trend expects and of the figure's range. */
const RELEVANT = 0.1;
/** No figure is surer than this share of itself, as machines drift, or this share of the figure's range. */
const ERROR_MIN = 0.01;
const ERROR_OF_RANGE_MIN = 0.001;
/** Half of a 95 % interval, in standard errors. */
const Z_95 = zOf(0.95);

/** Where two figures depart at the same step, the earlier in the list says more. */
const FIGURES: Readonly<Record<'share' | 'time' | 'other', readonly string[]>> = {
  share: ['share'],
  time: ['p50', 'p95', 'p99'],
  other: ['mean'],
};

/** At most one for each metric: its earliest. `steppedKey` is that of the ladder. */
export function findKnees(
  steps: readonly StepSummary[],
  metrics: readonly MetricSpec[],
  steppedKey: string,
): Knee[] {
  const ladder = steps.filter(({ step }) => step > 0 || beginsAtZero(steppedKey));
  if (!isMonotone(ladder.map(({ value }) => value))) return [];
  return metrics.flatMap((spec) => {
    const found = figuresOf(spec).flatMap((figure) => {
      return kneeOf(ladder, spec, figure, steppedKey) ?? [];
    });
    const first = Math.min(...found.map(({ step }) => step));
    return found.find(({ step }) => step === first) ?? [];
  });
}

function figuresOf({ kind }: MetricSpec): readonly string[] {
  return FIGURES[kind === 'share' || kind === 'time' ? kind : 'other'];
}

function isMonotone(values: readonly number[]): boolean {
  const signs = values.slice(1).map((value, i) => Math.sign(value - values[i]!));
  return signs.every((sign) => sign !== 0 && sign === signs[0]);
}

interface Point {
  readonly x: number;
  readonly step: number;
  readonly estimate: Estimate;
}

function kneeOf(
  ladder: readonly StepSummary[],
  spec: MetricSpec,
  figure: string,
  steppedKey: string,
): Knee | null {
  const points = ladder.flatMap(({ step, value, metrics }): Point[] => {
    const estimate = estimateOf(metrics[spec.name], figure);
    // What takes a time at a rate takes half of it at twice the rate.
    const x = steppedKey === 'rate' && spec.kind === 'time' ? 1 / value : value;
    return estimate === null || !Number.isFinite(x) ? [] : [{ x, step, estimate }];
  });
  if (points.length < POINTS_MIN) return null;
  const range = rangeOf(points);
  const signs = spec.better === null ? [1, -1] : [spec.better === 'lower' ? 1 : -1];
  // Nothing becomes better and better as the network becomes worse: then the machine has drifted.
  const slope = spec.better === null ? 0 : signs[0]! * Math.sign(points.at(-1)!.x - points[0]!.x);
  for (let at = TREND_POINTS_MIN; at < points.length; at++) {
    const trend = trendOf(points.slice(0, at), range, slope);
    if (trend === null) continue;
    const sign = signs.find(
      (sign) =>
        departs(points[at]!, trend, spec, sign, RELEVANT * range) &&
        points.slice(at + 1).every((point) => isBeyond(point, trend, spec, sign)),
    );
    if (sign === undefined) continue;
    const { x, step, estimate } = points[at]!;
    const expected = expectedAt(trend, x, spec).value;
    const label = ladder.find((each) => each.step === step)!.label;
    const says = sentence(spec, figure, label, expected, estimate.value);
    return { metric: spec.name, figure, step, expected, measured: estimate.value, says };
  }
  return null;
}

function estimateOf(summary: MetricSummary | undefined, figure: string): Estimate | null {
  if (summary === undefined) return null;
  if (summary.kind === 'share') return figure === 'share' ? summary.share : null;
  return figure === 'share' ? null : summary[figure as 'mean' | 'p50' | 'p95' | 'p99'];
}

/** Of what is not beyond every number. */
function rangeOf(points: readonly Point[]): number {
  const values = points.flatMap(({ estimate }) => estimate.value ?? []);
  return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
}

/** Without the points that are, or may be, beyond every number; null when too few are left. */
function trendOf(points: readonly Point[], range: number, slope: number): Trend | null {
  const known = points.flatMap(({ x, estimate: { value, low, high } }): TrendPoint[] => {
    if (value === null || low === null || high === null) return [];
    const seMin = Math.max(ERROR_MIN * Math.abs(value), ERROR_OF_RANGE_MIN * range);
    return [{ x, y: value, se: Math.max((high - low) / (2 * Z_95), seMin) }];
  });
  return known.length < TREND_POINTS_MIN ? null : fitLine(known, slope);
}

/** By more than chance and enough to matter. */
function departs(
  { x, estimate }: Point,
  trend: Trend,
  spec: MetricSpec,
  sign: number,
  relevant: number,
): boolean {
  const expected = expectedAt(trend, x, spec);
  const { value, low, high } = estimate;
  // Beyond every number: as far as the near end of the interval is, which may be there as well.
  if (value === null)
    return sign > 0 && (low === null || low > expected.value + DEPARTS_Z * expected.se);
  const near = sign > 0 ? low : high;
  if (near === null) return false;
  const se = Math.hypot(expected.se, (value - near) / Z_95, ERROR_MIN * value);
  const distance = sign * (value - expected.value);
  return distance > Math.max(DEPARTS_Z * se, relevant, RELEVANT * Math.abs(expected.value));
}

function isBeyond({ x, estimate }: Point, trend: Trend, spec: MetricSpec, sign: number): boolean {
  if (estimate.value === null) return sign > 0;
  return sign * (estimate.value - expectedAt(trend, x, spec).value) > 0;
}

/** Lines fall below 0, and only numbers of commands do. */
function expectedAt(trend: Trend, x: number, { kind }: MetricSpec) {
  const expected = trend.at(x);
  const value = kind === 'number' ? expected.value : Math.max(0, expected.value);
  return { value: kind === 'share' ? Math.min(1, value) : value, se: expected.se };
}

function sentence(
  spec: MetricSpec,
  figure: string,
  label: string,
  expected: number,
  measured: number | null,
): string {
  const [is, was] = [measured, expected].map((value) => formatMetric(spec, value));
  const what = formatFigure(spec.name, figure);
  return `${what} leaves its trend at ${label}: ${is}, where the steps before lead to ${was}`;
}
