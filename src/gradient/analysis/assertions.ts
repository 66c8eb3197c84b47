/**
 * Whether what was asserted holds. The measured value itself is compared, not an end of its interval: more
 * samples make it surer, not stricter. Beyond every number is greater than every value, and what was not
 * measured holds nothing.
 */
import { Problem } from '../../rules/problem.js';
import { formatFigure, formatMetric, steppedFormat } from '../report/format.js';
import type {
  Analysis,
  AssertionResult,
  GradientRecord,
  MetricSummary,
  Realized,
  StepSummary,
} from '../result.js';
import {
  type Assertion,
  findSubject,
  noSuchMetric,
  type Operator,
  type Subject,
} from './assertion-parser.js';
import { baselineFactor, readLimit } from './assertion-values.js';
import { isInside } from './realized.js';
import { metricsOf } from './samples.js';

export { type Assertion, parseAssertion } from './assertion-parser.js';

type AboutMetric = Extract<Assertion, { about: 'metric' }>;
type AboutRealized = Extract<Assertion, { about: 'realized' }>;

export function judge(
  assertion: Assertion,
  record: GradientRecord,
  analysis: Analysis,
): AssertionResult {
  const steps = analysis.steps.filter(({ step }) => assertion.steps?.includes(step) ?? true);
  const reasons =
    assertion.about === 'realized'
      ? realizedReasons(assertion, record, steps)
      : metricReasons(assertion, record, analysis, steps);
  const all = steps.length === 0 ? ['no such step was measured', ...reasons] : reasons;
  return { text: assertion.text, passed: all.length === 0, reasons: all };
}

const HOLDS: Readonly<Record<Operator, (value: number, limit: number) => boolean>> = {
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

function metricReasons(
  assertion: AboutMetric,
  record: GradientRecord,
  analysis: Analysis,
  steps: readonly StepSummary[],
): string[] {
  try {
    const metrics = metricsOf(record);
    const { kind } = record.probe;
    const subject = findSubject(assertion.subject, metrics, kind);
    if (subject === null) throw noSuchMetric(assertion.subject, metrics, kind);
    const limit = limitOf(assertion, subject, analysis);
    if (typeof limit === 'string') return [limit];
    return steps.flatMap((step) => metricReason(assertion, subject, limit, step) ?? []);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [error.mend === undefined ? error.message : `${error.message} (${error.mend})`];
  }
}

/** In the metric's unit, or why there is none. */
function limitOf({ limit }: AboutMetric, subject: Subject, analysis: Analysis): number | string {
  const factor = baselineFactor(limit);
  if (factor === null) return readLimit(limit, subject.spec);
  const baseline = analysis.steps.find(({ step }) => step === 0);
  const value = baseline === undefined ? undefined : figureOf(baseline, subject);
  const what = formatFigure(subject.spec.name, subject.figure);
  if (value === undefined) return `the baseline has no ${what}`;
  return value === null ? `${what} of the baseline is beyond every number` : factor * value;
}

function metricReason(
  { operator, limit: limitText }: AboutMetric,
  subject: Subject,
  limit: number,
  step: StepSummary,
): string | null {
  const { spec, figure } = subject;
  const what = formatFigure(spec.name, figure);
  const value = figureOf(step, subject);
  if (value === undefined) {
    const why = step.samples === 0 ? 'it has no samples' : `no sample has a ${spec.name}`;
    return `at ${step.label}: ${why}`;
  }
  if (HOLDS[operator](value ?? Number.POSITIVE_INFINITY, limit)) return null;
  const text =
    value === null ? 'beyond every number, as too many failed' : formatMetric(spec, value);
  const is = baselineFactor(limitText) === null ? '' : ` = ${formatMetric(spec, limit)}`;
  return `at ${step.label}: ${what} is ${text}, not ${operator} ${limitText}${is}`;
}

/** Null is beyond every number; undefined: nothing was measured. */
function figureOf(step: StepSummary, { spec, figure }: Subject): number | null | undefined {
  const { metrics } = step;
  if (!Object.hasOwn(metrics, spec.name)) return undefined;
  const summary: MetricSummary = metrics[spec.name]!;
  if (summary.kind === 'share') return figure === 'share' ? summary.share?.value : undefined;
  if (figure === 'share') return undefined;
  if (figure === 'max') return summary.max ?? undefined;
  return summary[figure]?.value;
}

/** In every direction that had packets. */
function realizedReasons(
  { confidence }: AboutRealized,
  { steps: ladder }: GradientRecord,
  steps: readonly StepSummary[],
): string[] {
  const write = steppedFormat(ladder);
  const reasons = steps.flatMap(({ step, label, realized }) => {
    const comparable = realized.filter(({ within99 }) => within99 !== null);
    if (comparable.length === 0) {
      // Nothing is asked for in the baseline.
      if (step === 0) return [];
      const why = realized.length === 0 ? 'the rule saw no packet' : 'nothing to be compared';
      return [`at ${label}: ${why}`];
    }
    return comparable
      .filter((each) => !isWithin(each, confidence))
      .map(({ direction, configured, realized: value, ci95, ci99 }) => {
        const [low, high] = (confidence === 99 ? ci99 : ci95)!;
        const interval = `${confidence}%: ${write(low)} to ${write(high)}`;
        return `at ${label}, ${direction}: ${write(value)} (${interval}) for ${write(configured)}`;
      });
  });
  return reasons;
}

function isWithin({ configured, ci95, within99 }: Realized, confidence: 95 | 99): boolean {
  if (confidence === 99 || configured === null || ci95 === null) return within99 !== false;
  return isInside(configured, ci95);
}
