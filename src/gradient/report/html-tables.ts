/**
 * The page's numbers: the table with a row for each step, as the terminal has it, and one table for every
 * metric with intervals, predictions and changes.
 */
import { metricsOf } from '../analysis/samples.js';
import type { MetricSpec } from '../probe/probe.js';
import type {
  Change,
  Estimate,
  GradientResult,
  MetricSummary,
  Prediction,
  StepSummary,
} from '../result.js';
import { mainOf } from './columns.js';
import * as format from './format.js';
import { realizedText } from './html-charts.js';
import { html, type Markup, type Part } from './html-markup.js';
import { summaryOf } from './html-parts.js';

const CHANGES = 'Against the baseline';

/** Scrolls by itself where it is wider than the page, also by keys. */
export function tableMarkup(
  caption: Part,
  titles: readonly string[],
  rows: readonly (readonly Part[])[],
): Markup {
  return html`<div class="scroll" tabindex="0" role="group"><table${isWordy(titles) && html` class="wordy"`}>
<caption>${caption}</caption>
<thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([first = '', ...cells]) =>
    html`<tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
)}</tbody>
</table></div>
`;
}

/** Whether the last column is text rather than numbers. */
function isWordy(titles: readonly string[]): boolean {
  return titles.at(-1) === CHANGES;
}

interface Column {
  readonly title: string;
  cell(step: StepSummary): Part;
}

/** A row for each step: what was asked, what happened on the wire, and what came of it. */
export function overviewMarkup(result: GradientResult): Markup {
  const metrics = metricsOf(result);
  const main = mainOf(metrics);
  const shares = metrics.filter(({ kind }) => kind === 'share');
  const bitrates = metrics.filter((spec) => spec.kind === 'bitrate' && spec !== main);
  const figureColumn = (spec: MetricSpec, figure: FigureName, title: string): Column => ({
    title,
    cell: (step) => [figureCell(step, spec, figure), expectedLine(step, spec)],
  });
  const columns: Column[] = [
    { title: 'Step', cell: ({ label }) => label },
    { title: `Realized ${result.steppedKey}`, cell: (step) => realizedCell(result, step) },
    { title: 'Samples', cell: ({ samples }) => format.formatCount(samples) },
    ...[...shares].reverse().map((spec) => figureColumn(spec, 'share', spec.name)),
    ...(main === undefined ? [] : quantileColumns(main)),
    ...(main === undefined || !isPredicted(result, main)
      ? []
      : [figureColumn(main, 'mean', `${main.name} mean`)]),
    ...bitrates.map((spec) => figureColumn(spec, 'mean', spec.name)),
    {
      title: CHANGES,
      cell: (step) =>
        changesCell(step, [...(main === undefined ? [] : [main]), ...shares, ...bitrates]),
    },
  ];
  return columnTable('95% intervals in brackets; expected: with 99% intervals', result, columns);
}

function isPredicted({ analysis }: GradientResult, { name }: MetricSpec): boolean {
  return analysis.steps.some((step) => summaryOf(step, name)?.prediction != null);
}

/** Everything that is known of a metric. */
export function metricMarkup(result: GradientResult, spec: MetricSpec): Markup {
  const figures =
    spec.kind === 'share' ? (['share'] as const) : (['mean', 'p50', 'p95', 'p99'] as const);
  const columns: Column[] = [
    { title: 'Step', cell: ({ label }) => label },
    { title: 'Samples', cell: (step) => countCell(summaryOf(step, spec.name)) },
    ...figures.map(
      (figure): Column => ({
        title: figure === 'share' ? 'Share' : figure,
        cell: (step) => figureCell(step, spec, figure),
      }),
    ),
    ...(spec.kind === 'share'
      ? []
      : [{ title: 'max', cell: (step: StepSummary) => maxCell(step, spec) }]),
    {
      title: spec.kind === 'share' ? 'Expected, 99%' : 'Expected mean, 99%',
      cell: (step) => predictionCell(summaryOf(step, spec.name)?.prediction ?? null, spec),
    },
    {
      title: CHANGES,
      cell: (step) => changeCell(summaryOf(step, spec.name), spec, true),
    },
  ];
  return columnTable(html`<strong>${spec.name}</strong>: ${spec.says}`, result, columns);
}

/** Without columns that say nothing of any step. */
function columnTable(
  caption: Part,
  { analysis }: GradientResult,
  columns: readonly Column[],
): Markup {
  const cells = columns.map(({ title, cell }) => ({ title, cells: analysis.steps.map(cell) }));
  const shown = cells.filter(({ cells }, at) => at === 0 || !cells.every(isNothing));
  const rows = analysis.steps.map((_, row) => shown.map((column) => column.cells[row]!));
  return tableMarkup(
    caption,
    shown.map(({ title }) => title),
    rows,
  );
}

function isNothing(cell: Part): boolean {
  if (Array.isArray(cell)) return cell.every(isNothing);
  return cell === format.NOTHING || cell === null;
}

function quantileColumns(spec: MetricSpec): Column[] {
  const quantiles = (['p50', 'p95', 'p99'] as const).map(
    (figure): Column => ({
      title: `${spec.name} ${figure}`,
      cell: (step) => figureCell(step, spec, figure),
    }),
  );
  return [...quantiles, { title: 'max', cell: (step) => maxCell(step, spec) }];
}

function realizedCell({ steps }: GradientResult, { realized }: StepSummary): Part {
  const write = format.steppedFormat(steps);
  const known = realized.filter((each) => each.realized !== null);
  if (known.length === 0) return format.NOTHING;
  return known.map((each) => {
    const [value, interval] = parts(realizedText(each, write));
    const isOff = each.within99 === false;
    return html`<div><span class="dim">${each.direction}</span> ${value}${
      isOff && mark('not as configured')
    } <span class="interval">${interval}</span></div>`;
  });
}

type FigureName = 'share' | 'mean' | 'p50' | 'p95' | 'p99';

function figureCell(step: StepSummary, spec: MetricSpec, figure: FigureName): Part {
  const summary = summaryOf(step, spec.name);
  const estimate = summary === null ? null : estimateOf(summary, figure);
  if (estimate === null) return format.NOTHING;
  const write = (value: number | null) => format.formatMetric(spec, value);
  const [value, interval] = parts(format.formatEstimate(estimate, write));
  return html`${value} <span class="interval">${interval}</span>`;
}

/** A figure and its interval may stand below each other, and neither is broken itself. */
function unbroken(text: string): Markup {
  const [value, interval] = parts(text);
  return html`<span class="whole">${value}</span> <span class="whole">${interval}</span>`;
}

/** "1.99% (1.7–2.3)" in two. */
function parts(text: string): readonly [value: string, interval: string] {
  const at = text.indexOf(' (');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function estimateOf(summary: MetricSummary, figure: FigureName): Estimate | null {
  if (summary.kind === 'share') return figure === 'share' ? summary.share : null;
  return figure === 'share' ? null : summary[figure];
}

function countCell(summary: MetricSummary | null): Part {
  if (summary === null) return format.NOTHING;
  if (summary.kind === 'number') return format.formatCount(summary.count);
  return `${format.formatCount(summary.count)} of ${format.formatCount(summary.of)}`;
}

function maxCell(step: StepSummary, spec: MetricSpec): Part {
  const summary = summaryOf(step, spec.name);
  const most = summary?.kind === 'number' ? summary.max : null;
  return most === null ? format.NOTHING : format.formatMetric(spec, most);
}

function expectedLine(step: StepSummary, spec: MetricSpec): Part {
  const prediction = summaryOf(step, spec.name)?.prediction ?? null;
  return (
    prediction &&
    html`<span class="interval expected">expected ${predictionCell(prediction, spec)}</span>`
  );
}

function predictionCell(prediction: Prediction | null, spec: MetricSpec): Part {
  if (prediction === null) return format.NOTHING;
  const text = format.formatEstimate(prediction, (value) => format.formatMetric(spec, value));
  return html`${unbroken(text)}${prediction.outside && mark('outside')}`;
}

/** Of those metrics that have changed beyond chance. */
function changesCell(step: StepSummary, metrics: readonly MetricSpec[]): Part {
  const changed = metrics.filter(({ name }) => summaryOf(step, name)?.change?.significant);
  const isCompared = metrics.some(({ name }) => summaryOf(step, name)?.change != null);
  if (!isCompared) return format.NOTHING;
  if (changed.length === 0)
    return html`<span class="dim">no change beyond chance and the machine’s own</span>`;
  return changed.map(
    (spec) =>
      html`<div><span class="dim">${spec.name}</span> ${changeCell(
        summaryOf(step, spec.name),
        spec,
        false,
      )}</div>`,
  );
}

function changeCell(summary: MetricSummary | null, spec: MetricSpec, isFull: boolean): Part {
  const change = summary?.change ?? null;
  if (change === null) return format.NOTHING;
  const p = format.formatP(change.pValue);
  const isTail = change.significant && format.isOfTail(change.test);
  const size = `${isTail ? 'beyond p95' : sizeText(change, spec)}, ${p}`;
  const test = isFull && html` <span class="dim">${change.test}</span>`;
  if (!change.significant)
    return html`<span class="dim">${size}: may be chance or the machine</span>${test}`;
  return html`${size} ${directionOf(change)}${test}`;
}

function sizeText({ difference, ratio }: Change, spec: MetricSpec): string {
  if (difference === null) return 'beyond numbers';
  const size = format.formatDifference(spec, difference);
  const factor = ratio === null ? '1' : format.formatNumber(ratio);
  // A share is compared in percentage points, and "×1" says nothing.
  return spec.kind === 'share' || factor === '1' ? size : `${size} (×${factor})`;
}

function directionOf({ worse }: Change): Part {
  if (worse === null) return false;
  return worse ? html`<span class="mark">worse</span>` : html`<span class="better">better</span>`;
}

function mark(text: string): Markup {
  return html` <span class="mark">${text}</span>`;
}
