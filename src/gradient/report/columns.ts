/**
 * The columns of the report's table: which there are for a result, what each says of a step, and which go
 * first when the terminal is narrow. A `!` marks what lies outside of the 99 % interval of what was expected.
 */
import { printable } from '../../rules/problem.js';
import type { MetricSpec } from '../probe/probe.js';
import type { Change, Estimate, GradientResult, Prediction, StepSummary } from '../result.js';
import { alike, together } from './columns-realized.js';
import { tellingShares } from './columns-shares.js';
import * as format from './format.js';

/** What goes first from a narrow terminal has the lowest number; nothing takes the steps' labels away. */
const STAYS = {
  shareChange: 1,
  other: 2,
  max: 3,
  mean: 4,
  interval: 5,
  realizedInterval: 5.1,
  failedInterval: 5.2,
  failedExpected: 6,
  samples: 7,
  p: 8,
  bitrate: 9,
  expected: 10,
  p95: 11,
  change: 12,
  p50: 13,
  share: 14,
  realized: 15,
  p99: 16,
  failed: 17,
  always: 99,
} as const;

/** Has no column where theory says nothing but that the baseline, without impairment, does not fail. */
const EXPECTED = 'expected';

/** Of commands' own metrics; the others are in the files. */
const OTHERS_MAX = 6;

/** What says more of a service comes first. */
const TELLING: readonly MetricSpec['kind'][] = ['time', 'bitrate', 'number', 'count', 'bytes'];

export interface Column {
  readonly title: string;
  /** As it stands in a second table, where its neighbours name it no more; null: it is of no use there. */
  readonly alone: { readonly title: string; readonly stays: number } | null;
  readonly stays: number;
  /** One for each step. */
  readonly cells: readonly string[];
}

interface ColumnMaker {
  readonly title: string;
  readonly alone?: string;
  readonly stays: number;
  cell(step: StepSummary): string;
}

export function columnsOf(result: GradientResult): Column[] {
  const { metrics } = result.probe;
  const { steps } = result.analysis;
  const main = mainOf(metrics);
  const shares = tellingShares(metrics, steps);
  const failed = metrics.filter(({ name }) => name === 'failed');
  const rest = metrics
    .filter((spec) => spec.kind !== 'share' && spec !== main)
    .sort((a, b) => TELLING.indexOf(a.kind) - TELLING.indexOf(b.kind));
  // What a command prints is what it is run for.
  const others = result.probe.kind === 'command' ? STAYS.p95 + 0.9 : STAYS.other;
  const isBitrate = ({ kind }: MetricSpec) => kind === 'bitrate';
  const makers: ColumnMaker[] = [
    { title: 'step', stays: STAYS.always, cell: ({ label }) => label },
    ...realizedColumns(result),
    {
      title: 'samples',
      stays: STAYS.samples,
      cell: (step) => format.formatCount(step.samples),
    },
    ...failed.flatMap((spec) => shareColumns(spec, STAYS.failed, STAYS.failedExpected)),
    ...shares.flatMap((spec) => shareColumns(spec, STAYS.share, STAYS.expected)),
    ...(main === undefined ? [] : mainColumns(main, steps)),
    ...rest.filter(isBitrate).flatMap((spec) => meanColumns(spec, spec.name, STAYS.bitrate, steps)),
    ...rest
      .filter((spec) => !isBitrate(spec))
      .slice(0, OTHERS_MAX)
      .flatMap((spec, at) => meanColumns(spec, spec.name, others - at / OTHERS_MAX, steps)),
    ...(main === undefined ? [] : changeColumns(main, 'change', STAYS.change, STAYS.p)),
    ...[...shares, ...failed].flatMap((spec) =>
      changeColumns(spec, `${spec.name} change`, STAYS.shareChange, STAYS.shareChange),
    ),
  ];
  return makers
    .map(({ title, alone, stays, cell }) => {
      const cells = steps.map((step) => printable(cell(step)));
      // There the intervals come first.
      const second = stays < STAYS.failedExpected ? stays + STAYS.always : stays;
      const away = alone === undefined ? null : { title: printable(alone), stays: second };
      return { title: printable(title), alone: away, stays, cells };
    })
    .filter(({ stays, cells }) => stays === STAYS.always || !cells.every(isEmpty))
    .filter(({ title, cells }) => title !== EXPECTED || !cells.slice(1).every(isEmpty))
    .map((column) => ({ ...column, cells: withRoomForMarks(column.cells) }));
}

/** The metric of which quantiles are shown. */
export function mainOf(metrics: readonly MetricSpec[]): MetricSpec | undefined {
  const isNumber = ({ kind }: MetricSpec) => kind !== 'share';
  return metrics.find((spec) => spec.main && isNumber(spec)) ?? metrics.find(isNumber);
}

function isEmpty(cell: string): boolean {
  return cell === '' || cell === format.NOTHING;
}

/** Numbers stay below one another where one of them is marked. */
function withRoomForMarks(cells: readonly string[]): readonly string[] {
  const isMarked = (cell: string) => cell.endsWith('!');
  return cells.some(isMarked) ? cells.map((cell) => (isMarked(cell) ? cell : `${cell} `)) : cells;
}

function mark(text: string, prediction: Prediction | null | undefined): string {
  return prediction?.outside ? `${text}!` : text;
}

function realizedColumns({ steps, steppedKey }: GradientResult): ColumnMaker[] {
  const write = format.steppedFormat(steps);
  const cells = (step: StepSummary) => together(step, steppedKey);
  return [
    {
      title: 'realized',
      stays: STAYS.realized,
      cell: (step) => {
        const text = alike(
          cells(step).map(({ realized }) => (realized === null ? format.NOTHING : write(realized))),
        );
        return step.realized.some(({ within99 }) => within99 === false) ? `${text}!` : text;
      },
    },
    {
      title: '95% interval',
      alone: 'realized 95%',
      stays: STAYS.realizedInterval,
      cell: (step) =>
        alike(
          cells(step).map(({ ci95 }) =>
            ci95 === null ? format.NOTHING : format.formatInterval(ci95, write),
          ),
        ),
    },
  ];
}

function shareColumns(spec: MetricSpec, stays: number, expectedStays: number): ColumnMaker[] {
  const summary = (step: StepSummary) => {
    const found = step.metrics[spec.name];
    return found?.kind === 'share' ? found : undefined;
  };
  return [
    {
      title: spec.name,
      stays,
      cell: (step) =>
        mark(format.formatShare(summary(step)?.share?.value ?? null), summary(step)?.prediction),
    },
    {
      title: '95% interval',
      alone: `${spec.name} 95%`,
      stays: spec.name === 'failed' ? STAYS.failedInterval : STAYS.interval,
      cell: (step) => intervalCell(spec, summary(step)?.share),
    },
    expectedColumn(spec, expectedStays),
  ];
}

function intervalCell(spec: MetricSpec, estimate: Estimate | null | undefined): string {
  if (!estimate) return format.NOTHING;
  return format.formatInterval([estimate.low, estimate.high], (value) =>
    format.formatMetric(spec, value),
  );
}

function expectedColumn(spec: MetricSpec, stays: number): ColumnMaker {
  return {
    title: EXPECTED,
    alone: `${spec.name} expected`,
    stays,
    cell: (step) => {
      const prediction = step.metrics[spec.name]?.prediction;
      return prediction ? format.formatMetric(spec, prediction.value) : format.NOTHING;
    },
  };
}

function mainColumns(spec: MetricSpec, steps: readonly StepSummary[]): ColumnMaker[] {
  const quantile = (name: 'p50' | 'p95' | 'p99'): ColumnMaker => ({
    title: name,
    stays: STAYS[name],
    cell: (step) => {
      const found = step.metrics[spec.name];
      const estimate = found?.kind === 'number' ? found[name] : null;
      return estimate === null ? format.NOTHING : format.formatMetric(spec, estimate.value);
    },
  });
  const max: ColumnMaker = {
    title: 'max',
    stays: STAYS.max,
    cell: (step) => {
      const found = step.metrics[spec.name];
      const most = found?.kind === 'number' ? found.max : null;
      return most === null ? format.NOTHING : format.formatMetric(spec, most);
    },
  };
  return [
    quantile('p50'),
    quantile('p95'),
    quantile('p99'),
    max,
    ...meanColumns(spec, 'mean', STAYS.mean, steps),
  ];
}

function meanColumns(
  spec: MetricSpec,
  title: string,
  stays: number,
  steps: readonly StepSummary[],
): ColumnMaker[] {
  const isPredicted = steps.some(({ metrics }) => metrics[spec.name]?.prediction != null);
  return [
    {
      title,
      // What theory expects of it says nothing without it.
      ...((title === 'mean' || isPredicted) && { alone: `${spec.name} mean` }),
      stays,
      cell: (step) => {
        const found = step.metrics[spec.name];
        const mean = found?.kind === 'number' ? found.mean : null;
        return mean === null
          ? format.NOTHING
          : mark(format.formatMetric(spec, mean.value), found?.prediction);
      },
    },
    expectedColumn(spec, stays),
  ];
}

/** How much was added to the baseline, `=` when that may be chance, and how probable such chance is. */
function changeColumns(
  spec: MetricSpec,
  title: string,
  stays: number,
  pStays: number,
): ColumnMaker[] {
  const changeOf = (step: StepSummary) => step.metrics[spec.name]?.change ?? null;
  return [
    {
      title,
      stays,
      cell: (step) => {
        const change = changeOf(step);
        return change === null ? '' : changeText(spec, change);
      },
    },
    {
      title: 'p',
      stays: pStays,
      cell: (step) => {
        const change = changeOf(step);
        return change === null ? '' : format.formatP(change.pValue).replace(/^p=?/, '');
      },
    },
  ];
}

function changeText(spec: MetricSpec, { significant, difference, test }: Change): string {
  if (!significant) return '=';
  if (format.isOfTail(test)) return 'tail';
  return difference === null ? format.FAILED_TEXT : format.formatDifference(spec, difference);
}
