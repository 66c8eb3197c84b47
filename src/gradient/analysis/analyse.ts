/**
 * From what was measured to what follows from it: figures with intervals, how they changed, what theory had
 * expected, what really happened to the packets, what may be wrong, and where the knee is.
 */
import type { Rule } from '../../rules/rule.js';
import type { MetricSpec } from '../probe/probe.js';
import type { Analysis, Change, GradientRecord, MetricSummary, StepSummary } from '../result.js';
import type { Baseline } from '../theory/expectations.js';
import { changesOf } from './changes.js';
import { findKnees } from './knee.js';
import { pairingOf } from './pairing.js';
import { baselineOf, predictionsOf } from './predictions.js';
import { realizedOf } from './realized.js';
import { metricsOf, StepSamples } from './samples.js';
import { type Stepped, steppedOf } from './stepped.js';
import { summaryOf } from './summaries.js';
import { warningsOf } from './warnings.js';

/** `rules` of each step, as they were in force. */
export function analyse(record: GradientRecord, rules: readonly Rule[]): Analysis {
  const metrics = metricsOf(record);
  const samples = record.steps.map((step) => new StepSamples(record, step));
  const figures = figuresOf(record, metrics, samples);
  const stepped = steppedOf(rules, record.steppedKey);
  const baseline = samples[0] === undefined ? null : baselineOf(record, samples[0]);
  const steps = samples.map((each, at) =>
    stepSummary(record, each, rules, figures[at]!, stepped, baseline),
  );
  return { steps, knees: findKnees(steps, metrics, record.steppedKey) };
}

type Figures = Readonly<Record<string, MetricSummary>>;

/** Of each step, by the metric's name; without predictions. */
function figuresOf(
  record: GradientRecord,
  metrics: readonly MetricSpec[],
  samples: readonly StepSamples[],
): Figures[] {
  const paired = pairingOf(record) === 'exact';
  const pairs = samples.map((each, at) => (paired && at > 0 ? samples[0]!.pairsWith(each) : null));
  const columns = metrics.map((spec) => {
    const summaries = samples.map((each) => summaryOf(spec, each));
    const changes = changesOf(spec, samples, pairs, summaries);
    return summaries.map((summary, at) => withChange(summary, changes[at]!));
  });
  return samples.map((_, at) =>
    Object.fromEntries(metrics.map(({ name }, metric) => [name, columns[metric]![at]!])),
  );
}

function withChange(summary: MetricSummary, change: Change | null): MetricSummary {
  return { ...summary, change };
}

function stepSummary(
  record: GradientRecord,
  samples: StepSamples,
  rules: readonly Rule[],
  figures: Figures,
  stepped: Stepped,
  baseline: Baseline | null,
): StepSummary {
  const { step, segments } = samples;
  const failures = samples.failures();
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  const predictions = predictionsOf(record, step.index, rules, baseline, figures);
  const system = grownOf(segments.map((segment) => segment.system));
  return {
    step: step.index,
    label: step.label,
    value: step.value,
    samples: samples.count,
    failures,
    metrics: Object.fromEntries(
      Object.entries(figures).map(([name, summary]) => {
        const prediction = Object.hasOwn(predictions, name) ? predictions[name]! : null;
        return [name, { ...summary, prediction }];
      }),
    ),
    realized: realizedOf(stepped, rules[step.index]!, segments),
    system,
    warnings: warningsOf(record, step.index, segments, failed, system),
  };
}

/** Over all rounds. */
function grownOf(
  rounds: readonly Readonly<Record<string, number>>[],
): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const [name, by] of rounds.flatMap(Object.entries<number>)) {
    sums.set(name, (sums.get(name) ?? 0) + by);
  }
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}
