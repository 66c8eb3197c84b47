/**
 * What a reader should not miss in a result, as sentences below its table: knees, what differs from theory
 * or from what was asked, warnings, failures, counters of the system, assertions. What holds for several
 * steps is said once.
 */
import type {
  Analysis,
  GradientResult,
  MetricSummary,
  SegmentRecord,
  StepSummary,
} from '../result.js';
import * as format from './format.js';
import { eachOnce, type Labelled } from './labels.js';

/** Counters that tell of packets lost or sent again elsewhere than in the emulator. */
const WORTH_SEEING = /err|drop|retrans|lost|loss|fail|overflow|timeout|prune|abort|reset|discard/i;

/** More are in the files. */
const REASONS_MAX = 10;
const COUNTERS_MAX = 8;

export function findingLines(result: GradientResult): string[] {
  const unsaid = unsaidIn(result.analysis);
  const once = (said: Labelled) => eachOnce(said, result.steps);
  return [
    ...result.analysis.knees.map(({ says }) => `knee: ${says}`),
    ...outsideLines(result),
    ...realizedLines(result),
    ...once(result.analysis.steps.map(({ label, warnings }) => [label, warnings])).map(
      ({ text, labels }) => `warning: at ${labels}: ${text}`,
    ),
    ...once(partsOf(result, ({ error }) => unsaid(error === null ? [] : [error.message]))).map(
      ({ text, labels }) => `error: at ${labels}: ${text}`,
    ),
    ...once(partsOf(result, ({ notes }) => unsaid(notes))).map(({ text }) => `note: ${text}`),
    ...failureLines(result.analysis.steps),
    ...counterLines(result.analysis, unsaid),
    ...assertionLines(result),
  ];
}

/** Leaves those that no warning tells of. */
function unsaidIn({ steps }: Analysis) {
  const said = steps.flatMap(({ warnings }) => warnings).join('\n');
  return (texts: readonly string[]) => texts.filter((text) => !said.includes(text));
}

function partsOf(
  { segments, steps }: GradientResult,
  texts: (segment: SegmentRecord) => readonly string[],
): Labelled {
  return segments.map((segment) => [steps[segment.step]?.label ?? '?', texts(segment)]);
}

/** Measured outside of the 99 % interval of what theory expects. */
function outsideLines({ probe: { metrics }, analysis }: GradientResult): string[] {
  return metrics.flatMap((spec) => {
    const write = (value: number | null) => format.formatMetric(spec, value);
    const outside = analysis.steps.flatMap(({ label, metrics: summaries }) => {
      const summary = summaries[spec.name];
      const prediction = summary?.prediction;
      return summary !== undefined && prediction?.outside ? [{ label, summary, prediction }] : [];
    });
    if (outside.length === 0) return [];
    const models = new Set(outside.map(({ prediction }) => prediction.model));
    const what = format.formatFigure(spec.name, spec.kind === 'share' ? 'share' : 'mean');
    const all = models.size === 1 ? ` (${[...models][0]})` : '';
    return [
      `! ${what} is not as expected: either the service or the assumption differs${all}`,
      ...outside.map(({ label, summary, prediction }) => {
        const expected = format.formatEstimate(prediction, write);
        const model = models.size === 1 ? '' : `: ${prediction.model}`;
        return `  at ${label}: ${write(measuredOf(summary))}, expected ${expected}${model}`;
      }),
    ];
  });
}

function measuredOf(summary: MetricSummary): number | null {
  return (summary.kind === 'share' ? summary.share : summary.mean)?.value ?? null;
}

/** The emulator's own share: what it did is improbable if it did what it was asked. */
function realizedLines({ analysis, steps, steppedKey }: GradientResult): string[] {
  const write = format.steppedFormat(steps);
  return analysis.steps.flatMap(({ label, realized }) =>
    realized
      .filter(({ within99 }) => within99 === false)
      .map(({ direction, configured, realized: measured, ci99 }) => {
        const interval =
          ci99 === null ? '' : ` (99% interval ${format.formatInterval(ci99, write)})`;
        const both = `${write(measured)}${interval}, configured ${write(configured)}`;
        return `! realized ${steppedKey} at ${label}, ${direction}: ${both}`;
      }),
  );
}

function failureLines(steps: readonly StepSummary[]): string[] {
  return counted(
    steps,
    ({ failures }) => failures,
    REASONS_MAX,
    (reason, counts) => `failed, ${reason}: ${counts}`,
  );
}

function counterLines({ steps }: Analysis, unsaid: (names: string[]) => string[]): string[] {
  return counted(
    steps,
    ({ system }) => {
      const names = unsaid(Object.keys(system).filter((name) => WORTH_SEEING.test(name)));
      return Object.fromEntries(names.map((name) => [name, system[name]!]));
    },
    COUNTERS_MAX,
    (name, counts) => `system, ${name}: ${counts}`,
  );
}

/** A line for each name, the most frequent first, with its count at each step. */
function counted(
  steps: readonly StepSummary[],
  countsOf: (step: StepSummary) => Readonly<Record<string, number>>,
  most: number,
  write: (name: string, counts: string) => string,
): string[] {
  const found = new Map<string, { total: number; counts: string[] }>();
  for (const step of steps) {
    for (const [name, count] of Object.entries(countsOf(step))) {
      const entry = found.get(name) ?? { total: 0, counts: [] };
      entry.total += count;
      entry.counts.push(`${format.formatCount(count)} at ${step.label}`);
      found.set(name, entry);
    }
  }
  const sorted = [...found].sort(([, a], [, b]) => b.total - a.total);
  return sorted.slice(0, most).map(([name, { counts }]) => write(name, counts.join(', ')));
}

function assertionLines({ assertions }: GradientResult): string[] {
  return assertions.flatMap(({ text, passed, reasons }) => [
    `${passed ? 'passed' : 'FAILED'}: ${text}`,
    ...reasons.map((reason) => `  ${reason}`),
  ]);
}
