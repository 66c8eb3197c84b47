/**
 * What theory expects of a step's figures, as the range in which 99 of 100 such measurements would lie if it
 * holds; what lies outside says that the service, or an assumption of the theory, is another.
 */
import { binomialInterval } from '../../netem/interval.js';
import type { Rule } from '../../rules/rule.js';
import type { Estimate, GradientRecord, MetricSummary, Prediction } from '../result.js';
import { skewInterval } from '../statistics/skew-interval.js';
import {
  BASELINE_METRICS,
  type Baseline,
  type Expectation,
  expectations,
} from '../theory/expectations.js';
import { ownErrorMs } from './own-error.js';
import { metricsOf, type StepSamples } from './samples.js';

const CONFIDENCE = 0.99;

/** The share of samples that had to be repeated: what they took is no round trip. */
const LATE = 'late';

/** The probe's round trip in step 0, of samples that were not late there; null: it has none. */
export function baselineOf(record: GradientRecord, samples: StepSamples): Baseline | null {
  const metrics = metricsOf(record);
  const spec = metrics.find(({ name }) => name === BASELINE_METRICS[record.probe.kind]);
  if (spec === undefined) return null;
  const lateSpec = metrics.find(({ name }) => name === LATE);
  const late = lateSpec === undefined ? null : samples.column(lateSpec);
  const isUsual = (row: number) => samples.failed[row] === 0 && !(late !== null && late[row] > 0);
  const values = samples.column(spec).filter((value, row) => !Number.isNaN(value) && isUsual(row));
  if (values.length < 2) return null;
  const meanMs = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - meanMs) ** 2, 0);
  return { meanMs, sdMs: Math.sqrt(squares / (values.length - 1)), count: values.length };
}

/** By the metric's name. Means of the baseline are left out: they are what theory begins with. */
export function predictionsOf(
  { probe, segments }: Pick<GradientRecord, 'probe' | 'segments'>,
  step: number,
  rules: readonly Rule[],
  baseline: Baseline | null,
  summaries: Readonly<Record<string, MetricSummary>>,
): Record<string, Prediction> {
  const { kind, settings } = probe;
  const context = { kind, settings, rule: rules[step]!, baseRule: rules[0], baseline };
  const expected = Object.entries(expectations(context));
  // Without it a baseline from a calm minute would put all steps of a busy one outside.
  const errorMs = Math.max(...[0, step].map((each) => ownErrorMs(segments, each).meanMs));
  return Object.fromEntries(
    expected.flatMap(([name, expectation]) => {
      const summary = Object.hasOwn(summaries, name) ? summaries[name]! : null;
      if (summary === null || (step === 0 && expectation.kind !== 'share')) return [];
      const prediction = predictionOf(expectation, summary, baseline, errorMs);
      return prediction === null ? [] : [[name, prediction]];
    }),
  );
}

function predictionOf(
  expectation: Expectation,
  summary: MetricSummary,
  baseline: Baseline | null,
  errorMs: number,
): Prediction | null {
  const measured = summary.kind === 'share' ? summary.share : summary.mean;
  if (measured === null || measured.value === null) return null;
  const { model } = expectation;
  switch (expectation.kind) {
    case 'share': {
      if (summary.kind !== 'share') return null;
      const { probability: value } = expectation;
      const [low, high] = binomialInterval(summary.of, value, CONFIDENCE);
      const outside = summary.count < low || summary.count > high;
      return { value, low: low / summary.of, high: high / summary.of, model, outside };
    }
    case 'mean': {
      if (summary.kind !== 'number') return null;
      const { mean: value } = expectation;
      const chance = chanceOf(expectation, summary.count, baseline);
      if (chance === null) return null;
      const [low, high] = [value + chance[0] - errorMs, value + chance[1] + errorMs];
      const outside = measured.value < low || measured.value > high;
      return finite({ value, low: Math.max(0, low), high, model, outside });
    }
    case 'range': {
      const { value, low, high } = expectation;
      return finite({ value, low, high, model, outside: isBeside(measured, low, high) });
    }
  }
}

/** All of the interval lies on one side of the range. */
function isBeside(measured: Estimate, low: number, high: number): boolean {
  const from = measured.low ?? measured.value;
  const to = measured.high ?? measured.value;
  return (from !== null && from > high) || (to !== null && to < low);
}

/** How far the mean of so many samples may be from the expected one; null with too few late ones to tell. */
function chanceOf(
  { sd, thirdMoment }: Extract<Expectation, { kind: 'mean' }>,
  count: number,
  baseline: Baseline | null,
): readonly [number, number] | null {
  const ofBaseline = baseline === null ? 0 : baseline.sdMs ** 2 / baseline.count;
  const ofMean = Math.sqrt(sd ** 2 / count + ofBaseline);
  const skew = ofMean === 0 ? 0 : thirdMoment / count ** 2 / ofMean ** 3;
  return skewInterval(ofMean, skew, CONFIDENCE);
}

function finite(prediction: Prediction): Prediction | null {
  const { value, low, high } = prediction;
  return [value, low, high].every(Number.isFinite) ? prediction : null;
}
