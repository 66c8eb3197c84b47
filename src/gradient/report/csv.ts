/**
 * results.csv: one row for each step, metric and figure, in long form, as R, pandas and spreadsheets like
 * it.
 *
 * - `step`, `label`, `stepped`: 0 is the baseline; the value as it was given, and as a number (a share,
 *   nanoseconds, bit/s, bytes, or as it is)
 * - `metric`, `kind`, `figure`: kind is that of `MetricSpec`; figure is `share`, `mean`, `p50`, `p95`, `p99`
 *   or `max`. The metric `realized` has the figures `out` and `in`: what was stepped, as it happened, with
 *   what was asked for as its prediction. The metric `system` has a figure for each counter.
 * - `value`, `low`, `high`: with the 95 % interval. Shares are 0..1, times ms, rates bit/s. Of quantiles
 *   `Inf`: beyond every number, as the sample in question failed, or (`high`) as too few give no bound
 * - `count`: samples that have the metric, or packets
 * - `prediction`, `prediction_low`, `prediction_high`, `outside`: with the 99 % interval, in the rows of
 *   shares and means
 * - `change`, `ratio`, `p_value`, `significant`, `test`: against the baseline, in the rows of shares and
 *   medians (`p50`)
 *
 * What is not known is empty. Quoting and line ends are those of RFC 4180.
 */
import type { MetricSpec } from '../probe/probe.js';
import type {
  Change,
  Estimate,
  GradientResult,
  MetricSummary,
  Prediction,
  StepSummary,
} from '../result.js';

const HEADER = [
  ...['step', 'label', 'stepped', 'metric', 'kind', 'figure', 'value', 'low', 'high', 'count'],
  ...['prediction', 'prediction_low', 'prediction_high', 'outside'],
  ...['change', 'ratio', 'p_value', 'significant', 'test'],
] as const;

type Cell = string | number | boolean | null;

export function csvOf({ probe, analysis }: GradientResult): string {
  const rows = analysis.steps.flatMap((step) => [
    ...probe.metrics.flatMap((spec) => metricRows(step, spec)),
    ...realizedRows(step),
    ...Object.entries(step.system).map(([name, count]) =>
      row(step, ['system', 'count', name], { value: count, low: null, high: null }, null),
    ),
  ]);
  return [HEADER, ...rows].map((cells) => `${cells.map(cellText).join(',')}\r\n`).join('');
}

function metricRows(step: StepSummary, spec: MetricSpec): Cell[][] {
  const summary = step.metrics[spec.name];
  if (summary === undefined) return [];
  return figuresOf(summary).map(({ figure, estimate, hasPrediction, hasChange }) => {
    const isQuantile = /^p\d+$/.test(figure);
    const [value, low, high] = [estimate.value, estimate.low, estimate.high].map((number) =>
      number === null && isQuantile ? Number.POSITIVE_INFINITY : number,
    ) as [number | null, number | null, number | null];
    return row(
      step,
      [spec.name, spec.kind, figure],
      { value, low, high },
      summary.kind === 'share' ? summary.of : summary.count,
      hasPrediction ? summary.prediction : null,
      hasChange ? summary.change : null,
    );
  });
}

interface Figure {
  readonly figure: string;
  readonly estimate: Estimate;
  readonly hasPrediction?: boolean;
  readonly hasChange?: boolean;
}

function figuresOf(summary: MetricSummary): Figure[] {
  if (summary.kind === 'share') {
    const estimate = summary.share;
    if (estimate === null) return [];
    return [{ figure: 'share', estimate, hasPrediction: true, hasChange: true }];
  }
  const { mean, p50, p95, p99, max } = summary;
  const figures = [
    { figure: 'mean', estimate: mean, hasPrediction: true },
    { figure: 'p50', estimate: p50, hasChange: true },
    { figure: 'p95', estimate: p95 },
    { figure: 'p99', estimate: p99 },
    { figure: 'max', estimate: max === null ? null : { value: max, low: null, high: null } },
  ];
  return figures.flatMap(({ estimate, ...rest }) =>
    estimate === null ? [] : [{ estimate, ...rest }],
  );
}

function realizedRows(step: StepSummary): Cell[][] {
  return step.realized.map(({ direction, packets, configured, realized, ci95, ci99, within99 }) => {
    const [low, high] = ci95 ?? [null, null];
    const [predictionLow, predictionHigh] = ci99 ?? [null, null];
    return [
      ...head(step, ['realized', 'stepped', direction]),
      ...[realized, low, high, packets],
      ...[configured, predictionLow, predictionHigh, within99 === null ? null : !within99],
      ...changeCells(null),
    ];
  });
}

function row(
  step: StepSummary,
  names: readonly string[],
  { value, low, high }: Estimate,
  count: number | null,
  prediction: Prediction | null = null,
  change: Change | null = null,
): Cell[] {
  const expected = prediction ?? { value: null, low: null, high: null, outside: null };
  return [
    ...head(step, names),
    ...[value, low, high, count],
    ...[expected.value, expected.low, expected.high, expected.outside],
    ...changeCells(change),
  ];
}

function head({ step, label, value }: StepSummary, names: readonly string[]): Cell[] {
  return [step, label, value, ...names];
}

function changeCells(change: Change | null): Cell[] {
  if (change === null) return [null, null, null, null, null];
  const { difference, ratio, pValue, significant, test } = change;
  return [difference, ratio, pValue, significant, test];
}

function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return numberText(cell);
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What doubles have behind 12 digits is noise, as in results.json; whole numbers are exact. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  if (Number.isFinite(value)) return String(Number(value.toPrecision(12)));
  return Number.isNaN(value) ? '' : value > 0 ? 'Inf' : '-Inf';
}
