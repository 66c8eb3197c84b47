/**
 * Which charts a result has, and what each is drawn from: every metric over the steps beside what theory
 * expects, what was realized beside what was configured, distributions, and what went on over time.
 */
import { metricsOf } from '../analysis/samples.js';
import type { MetricSpec } from '../probe/probe.js';
import type {
  Estimate,
  GradientResult,
  MetricSummary,
  NumberSummary,
  Prediction,
  Realized,
  StepSummary,
} from '../result.js';
import { mainOf } from './columns.js';
import * as format from './format.js';
import { placesOf } from './html-axis.js';
import { distributionFigure, seriesFigures } from './html-curves.js';
import type { StepsChart, StepsLine, StepsPrediction, Unit } from './html-page-data.js';
import { type Figure, summaryOf, unitOf } from './html-parts.js';

/** Commands may print any number of numbers; the tables have all. */
const FIGURES_MAX = 8;
/** Above this the axis of a time is logarithmic. */
const LINEAR_SPAN = 20;

export function figuresOf(result: GradientResult): Figure[] {
  if (result.analysis.steps.length === 0) return [];
  const metrics = metricsOf(result);
  const main = mainOf(metrics);
  const failed = metrics.filter(({ name }) => name === 'failed');
  const shares = metrics.filter(({ name, kind }) => kind === 'share' && name !== 'failed');
  const others = metrics.filter((spec) => spec.kind !== 'share' && spec !== main);
  const order = [...(main === undefined ? [] : [main]), ...failed, ...shares, ...others];
  const shown = order
    .filter((spec) => isWorthSeeing(result, spec, spec === main))
    .slice(0, FIGURES_MAX);
  return [
    ...withoutGap([
      ...shown.map((spec) => metricFigure(result, spec, spec === main)),
      ...realizedFigures(result),
    ]),
    ...(main === undefined ? [] : distributionFigure(result, main)),
    ...seriesFigures(result),
  ];
}

/** Two stand beside each other; the first of an odd number has a row to itself. */
function withoutGap([first, ...others]: readonly Figure[]): Figure[] {
  if (first === undefined) return [];
  return [{ ...first, isWide: others.length % 2 === 0 }, ...others];
}

/** `failed` always is; others when theory expects something of them, or their values differ. */
function isWorthSeeing(
  { analysis }: GradientResult,
  { name }: MetricSpec,
  isMain: boolean,
): boolean {
  const summaries = analysis.steps.flatMap((step) => summaryOf(step, name) ?? []);
  if (name === 'failed' || summaries.some(({ prediction }) => prediction !== null)) return true;
  const values = summaries.flatMap((summary) => {
    const estimates = summary.kind === 'share' ? [summary.share] : [summary.mean, summary.p50];
    return [estimates.map((estimate) => estimate?.value ?? null)];
  });
  if (isMain) return values.flat().some((value) => value !== null);
  return new Set(values.map(String)).size > 1;
}

type FigureName = 'share' | 'p50' | 'p95' | 'p99' | 'mean';

function metricFigure(result: GradientResult, spec: MetricSpec, isMain: boolean): Figure {
  const { steps } = result.analysis;
  const predictions = steps.map((step) => summaryOf(step, spec.name)?.prediction ?? null);
  const hasPrediction = predictions.some((prediction) => prediction !== null);
  const names = figureNames(spec, isMain, hasPrediction);
  const lines = names.map((name) => lineOf(steps, spec, name));
  const knees = result.analysis.knees.filter(({ metric }) => metric === spec.name);
  const text = spec.kind === 'share' ? 'expected' : 'mean expected';
  const chart: StepsChart = {
    kind: 'steps',
    x: axisOf(result),
    y: { label: spec.name, unit: unitOf(spec.kind), log: spec.kind === 'time' && spansWide(lines) },
    lines,
    prediction: hasPrediction ? predictionOf(predictions, spec, text) : null,
    knees: steps.flatMap(({ step }, at) => {
      const figures = knees.filter((knee) => knee.step === step).map(({ figure }) => figure);
      if (figures.length === 0) return [];
      return [{ at, text: names.length === 1 ? 'knee' : `knee of ${figures.join(', ')}` }];
    }),
  };
  return {
    chart,
    title: `${spec.name} by ${result.steppedKey}`,
    says: spec.says,
    words: wordsOf(chart),
    isWide: false,
  };
}

function figureNames(spec: MetricSpec, isMain: boolean, hasPrediction: boolean): FigureName[] {
  if (spec.kind === 'share') return ['share'];
  if (!isMain) return ['mean', 'p50'];
  return hasPrediction ? ['p50', 'p95', 'p99', 'mean'] : ['p50', 'p95', 'p99'];
}

function lineOf(steps: readonly StepSummary[], spec: MetricSpec, name: FigureName): StepsLine {
  const estimates = steps.map((step) => estimateOf(summaryOf(step, spec.name), name));
  const write = (value: number | null) => format.formatMetric(spec, value);
  return {
    name: name === 'share' ? 'measured' : name === 'p50' && spec.kind !== 'time' ? 'median' : name,
    ...columnsOf(estimates, write),
    beyond: estimates.map((estimate) => estimate !== null && estimate.value === null),
  };
}

function estimateOf(summary: MetricSummary | null, name: FigureName): Estimate | null {
  if (summary === null) return null;
  if (summary.kind === 'share') return name === 'share' ? summary.share : null;
  return name === 'share' ? null : (summary satisfies NumberSummary)[name];
}

function predictionOf(
  predictions: readonly (Prediction | null)[],
  spec: MetricSpec,
  name: string,
): StepsPrediction {
  const write = (value: number | null) => format.formatMetric(spec, value);
  return { name: `${name} (99%)`, ...columnsOf(predictions, write) };
}

function columnsOf(estimates: readonly (Estimate | null)[], write: format.Write) {
  return {
    values: estimates.map((estimate) => estimate?.value ?? null),
    low: estimates.map((estimate) => estimate?.low ?? null),
    high: estimates.map((estimate) => estimate?.high ?? null),
    texts: estimates.map((estimate) =>
      estimate === null ? format.NOTHING : format.formatEstimate(estimate, write),
    ),
  };
}

function spansWide(lines: readonly StepsLine[]): boolean {
  const values = lines
    .flatMap(({ values, low, high }) => [...values, ...low, ...high])
    .filter((value) => value !== null);
  const low = Math.min(...values);
  return low > 0 && Math.max(...values) / low > LINEAR_SPAN;
}

/** What the emulator did beside what it was asked, where the steps step something that can be counted. */
function realizedFigures(result: GradientResult): Figure[] {
  const { steps, steppedKey, analysis } = result;
  const write = format.steppedFormat(steps);
  const [unit, perUnit] = steppedUnit(write);
  const scaled = (value: number | null | undefined) => (value == null ? null : value * perUnit);
  const lines = (['out', 'in'] as const).flatMap((direction) => {
    const found = analysis.steps.map(
      ({ realized }) => realized.find((each) => each.direction === direction) ?? null,
    );
    if (found.every((each) => each?.realized == null)) return [];
    const line: StepsLine = {
      name: direction,
      values: found.map((each) => scaled(each?.realized)),
      low: found.map((each) => scaled(each?.ci95?.[0])),
      high: found.map((each) => scaled(each?.ci95?.[1])),
      beyond: found.map(() => false),
      texts: found.map((each) => realizedText(each, write)),
    };
    return [line];
  });
  if (lines.length === 0) return [];
  const configured = analysis.steps.map(({ step, value }) => (step === 0 ? null : value));
  const prediction = {
    name: 'configured',
    values: configured.map(scaled),
    low: configured.map(() => null),
    high: configured.map(() => null),
    texts: configured.map((value) => (value === null ? format.NOTHING : write(value))),
  };
  const chart: StepsChart = {
    kind: 'steps',
    x: axisOf(result),
    y: { label: `realized ${steppedKey}`, unit, log: false },
    lines,
    prediction,
    knees: [],
  };
  const title = `${steppedKey}, realized against configured`;
  const says = 'what the emulator did to the packets of each direction';
  return [{ chart, title, says, words: wordsOf(chart), isWide: false }];
}

/** With its 95 % interval. */
export function realizedText(realized: Realized | null, write: format.Write): string {
  if (realized?.realized == null) return format.NOTHING;
  const [low, high] = realized.ci95 ?? [null, null];
  if (low === null) return write(realized.realized);
  return format.formatEstimate({ value: realized.realized, low, high }, write);
}

/** The unit of what is stepped, and what its numbers are multiplied by for it. */
function steppedUnit(write: format.Write): [Unit, number] {
  const text = write(1e9);
  if (text.endsWith('%')) return ['share', 1];
  if (text.endsWith('bit/s')) return ['bitrate', 1];
  if (text.endsWith('B')) return ['bytes', 1];
  return text.endsWith('s') ? ['time', 1e-6] : ['number', 1];
}

function axisOf({ analysis: { steps }, steppedKey }: GradientResult): StepsChart['x'] {
  return {
    label: steppedKey,
    labels: steps.map(({ label }) => label),
    ...placesOf(steps, steppedKey),
  };
}

/** The chart for those who cannot see it. */
function wordsOf({ x, lines, prediction, knees }: StepsChart): string {
  const steps = x.labels.map((label, at) => {
    const parts = lines.map(({ name, texts }) => `${name} ${texts[at]}`);
    const expected =
      prediction?.values[at] == null ? [] : [`${prediction.name} ${prediction.texts[at]}`];
    const marks = knees.filter((knee) => knee.at === at).map(({ text }) => text);
    return `${label}: ${[...parts, ...expected, ...marks].join(', ')}`;
  });
  return `${steps.join('; ')}.`;
}
