/** A step's samples in figures, each with its 95 % interval. */
import type { MetricSpec } from '../probe/probe.js';
import type { Estimate, MetricSummary, NumberSummary, ShareSummary } from '../result.js';
import { meanOf, quantileOf, reachedBy, wilson } from '../statistics/intervals.js';
import { countOf } from './difference-tests.js';
import { present, type StepSamples } from './samples.js';

const CONFIDENCE = 0.95;

/** Without what needs other steps or the rule: predictions and changes. */
export function summaryOf(spec: MetricSpec, samples: StepSamples): MetricSummary {
  return spec.kind === 'share' ? shareSummary(spec, samples) : numberSummary(spec, samples);
}

function shareSummary(spec: MetricSpec, samples: StepSamples): ShareSummary {
  const values = present(samples.column(spec));
  const count = countOf(values);
  const of = values.length;
  return { kind: 'share', count, of, share: shareOf(count, of), prediction: null, change: null };
}

function shareOf(count: number, of: number): Estimate | null {
  if (of === 0) return null;
  const [low, high] = wilson(count, of, CONFIDENCE);
  return { value: count / of, low, high };
}

function numberSummary(spec: MetricSpec, samples: StepSamples): NumberSummary {
  const values = present(samples.column(spec));
  const sorted = present(samples.ranked(spec)).sort();
  // From the bad end: of what should be high p99 is what 99 % of the samples reach.
  const quantile = spec.better === 'higher' ? reachedBy : quantileOf;
  const at = (q: number) => (sorted.length === 0 ? null : quantile(sorted, q, CONFIDENCE));
  return {
    kind: 'number',
    count: values.length,
    mean: finiteMean(values),
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b)),
    prediction: null,
    change: null,
  };
}

/** Commands may print numbers whose squares are beyond all; the mean of one sample has no ends. */
function finiteMean(values: Float64Array): Estimate | null {
  const mean = meanOf(values, CONFIDENCE);
  const ends = [mean?.value, mean?.low ?? 0, mean?.high ?? 0];
  return ends.every(Number.isFinite) ? mean : null;
}
