/**
 * What `netemu gradient compare` prints: what got worse and better between two results, figure by figure,
 * with significance. What stayed the same is counted only.
 */
import { printable } from '../../rules/problem.js';
import { align, cut } from '../../text.js';
import type { Comparison, ComparisonRow } from '../analysis/comparison.js';
import type { Estimate } from '../result.js';
import * as format from './format.js';
import { wrap } from './terminal-text.js';

/** What goes first from a narrow terminal. */
const NARROWING = ['test', 'ratio', 'p', 'change'] as const;

interface Column {
  readonly title: string;
  cell(row: ComparisonRow, withIntervals: boolean): string;
}

const COLUMNS: readonly Column[] = [
  { title: 'step', cell: ({ label }) => label },
  { title: 'figure', cell: ({ metric, figure }) => format.formatFigure(metric, figure) },
  { title: 'before', cell: (row, intervals) => valueCell(row, row.valueBefore, intervals) },
  { title: 'after', cell: (row, intervals) => valueCell(row, row.valueAfter, intervals) },
  {
    title: 'change',
    cell: ({ kind, difference }) =>
      difference === null ? format.NOTHING : format.formatDifference({ kind }, difference),
  },
  {
    title: 'ratio',
    cell: ({ ratio }) => (ratio === null ? format.NOTHING : `×${format.formatNumber(ratio)}`),
  },
  {
    title: 'p',
    cell: ({ pValue }) =>
      pValue === null ? format.NOTHING : format.formatP(pValue).replace(/^p=?/, ''),
  },
  { title: 'test', cell: ({ test }) => test },
  { title: '', cell: ({ verdict }) => verdict },
];

/** None is wider than `columns` characters. */
export function comparisonLines(comparison: Comparison, columns: number): string[] {
  const width = Math.max(1, Math.floor(columns));
  const { rows, notes } = comparison;
  const changed = (['worse', 'missing', 'better'] as const).flatMap((which) =>
    rows.filter(({ verdict }) => verdict === which),
  );
  const table = changed.length === 0 ? [] : ['', ...tableLines(changed, width)];
  return [
    ...summaryLines(comparison).flatMap((line) => wrap(line, width)),
    ...table,
    ...(notes.length === 0 ? [] : ['']),
    ...notes.flatMap((note) => wrap(`note: ${note}`, width)),
  ];
}

function summaryLines(comparison: Comparison): string[] {
  const { rows, regressions, improvements, missing, paired, minimum } = comparison;
  const counted = (count: number, one: string) =>
    `${count === 0 ? 'no' : format.formatCount(count)} ${one}${count === 1 ? '' : 's'}`;
  const incomparable = rows.filter(({ verdict }) => verdict === 'incomparable').length;
  const others = incomparable === 0 ? '' : `, ${counted(incomparable, 'other')} not comparable`;
  const gone = missing === 0 ? '' : `, ${format.formatCount(missing)} missing in the second`;
  const compared = `in ${counted(rows.length - incomparable - missing, 'figure')}${gone}${others}`;
  const how = paired ? 'sample by sample, as their draws are the same' : 'as independent samples';
  const least = `${format.formatShare(minimum)}, or within the tool's own lateness,`;
  return [
    `${counted(regressions, 'regression')}, ${counted(improvements, 'improvement')} ${compared}`,
    `compared ${how}; changes below ${least} do not count`,
  ];
}

/** First the intervals go, then whole columns. */
function tableLines(rows: readonly ComparisonRow[], width: number): string[] {
  let lines = draw(rows, [], true);
  for (let gone = 0; gone <= NARROWING.length; gone++) {
    if (lines.every((line) => line.length <= width)) break;
    lines = draw(rows, NARROWING.slice(0, gone), false);
  }
  return lines.map((line) => cut(line, width));
}

function draw(
  rows: readonly ComparisonRow[],
  gone: readonly string[],
  withIntervals: boolean,
): string[] {
  const shown = COLUMNS.filter(({ title }) => !gone.includes(title));
  const cells = rows.map((row) => shown.map(({ cell }) => printable(cell(row, withIntervals))));
  const left = shown.flatMap(({ title }, at) =>
    /^(?:step|figure|test|)$/.test(title) ? [at] : [],
  );
  return align([shown.map(({ title }) => title), ...cells], left);
}

function valueCell({ kind }: ComparisonRow, value: Estimate | null, withInterval: boolean): string {
  if (value === null) return format.NOTHING;
  const write = (each: number | null) => format.formatMetric({ kind }, each);
  return withInterval ? format.formatEstimate(value, write) : write(value.value);
}
