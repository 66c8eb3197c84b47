/** The findings of `netemu diff` as lines of text. Pure, for any width. */

import type { WayFigures } from '../replay/diff/conversations.js';
import type { Difference } from '../replay/diff/difference.js';
import { printable } from '../rules/problem.js';
import { align } from '../text.js';
import * as format from './format.js';

/** More are not shown; `--json` has a thousand. */
const FLOWS_SHOWN = 10;

/** What a reader needs least goes first. */
const NARROWING = ['jitter', '95% interval', 'burst', 'p90', 'max', 'min', 'doubled'] as const;

const WAYS = ['out', 'in'] as const;

interface Column {
  readonly title: string;
  cell(figures: WayFigures): string;
}

const COLUMNS: readonly Column[] = [
  { title: 'sent', cell: ({ sent }) => format.formatCount(sent) },
  { title: 'lost', cell: ({ lost }) => format.formatCount(lost) },
  { title: 'loss', cell: ({ loss }) => (loss === null ? '–' : format.formatRate(loss)) },
  {
    title: '95% interval',
    cell: ({ lossCi95 }) => (lossCi95 === null ? '–' : format.formatInterval(lossCi95)),
  },
  { title: 'burst', cell: ({ lossBurst }) => (lossBurst === null ? '–' : lossBurst.toFixed(2)) },
  { title: 'doubled', cell: ({ duplicated }) => format.formatCount(duplicated) },
  { title: 'reordered', cell: ({ reordered }) => format.formatCount(reordered) },
  { title: 'min', cell: ({ delay }) => timeCell(delay?.minNs) },
  { title: 'p50', cell: ({ delay }) => timeCell(delay?.p50Ns) },
  { title: 'p90', cell: ({ delay }) => timeCell(delay?.p90Ns) },
  { title: 'p99', cell: ({ delay }) => timeCell(delay?.p99Ns) },
  { title: 'max', cell: ({ delay }) => timeCell(delay?.maxNs) },
  { title: 'jitter', cell: ({ delay }) => timeCell(delay?.jitterNs) },
];

/** None longer than `columns` characters, but for what is to be read whole: names and notes. */
export function differenceLines(difference: Difference, columns: number): string[] {
  const { sent, received, common, notes } = difference;
  const [from, to] = [sent, received].map(
    ({ name, compared }) => `${format.formatText(name)} (${format.formatCount(compared)} packets)`,
  );
  const lines = [
    ...table(difference, columns),
    ...WAYS.flatMap((way) => detailLines(way, difference[way])),
  ];
  return [
    `out: from ${from} to ${to}, ${format.formatCount(common)} packets in both`,
    ...lines.map((line) => format.cut(line, columns)),
    ...notes.map((note) => `note: ${printable(note)}`),
  ];
}

/** A flow with what happened to it, or all of them. */
interface Entry {
  readonly label: string;
  readonly out: WayFigures | null;
  readonly in: WayFigures | null;
}

/** A narrow terminal first gets the labels on lines of their own, then fewer columns. */
function table({ flows, flowCount, ...all }: Difference, columns: number): string[] {
  const shown = flowCount > 1 ? flows.slice(0, FLOWS_SHOWN) : [];
  const entries: Entry[] = [
    { label: 'all', out: all.out, in: all.in },
    ...shown.map(({ flow, ...ways }) => ({ label: flow, ...ways })),
  ];
  const left = flowCount - shown.length;
  const last =
    shown.length === 0 || left === 0 ? [] : [`and ${format.formatCount(left)} more flows`];
  const wide = rowsOf(entries, 0);
  const labelled = align([['', ...wide[0]!], ...labelRows(entries, wide.slice(1))], [0, 1]);
  if (width(labelled) <= columns) return [...labelled, ...last];
  let hidden = 0;
  let lines = align(wide, [0]);
  while (width(lines) + 2 > columns && hidden < NARROWING.length) {
    lines = align(rowsOf(entries, ++hidden), [0]);
  }
  const [titles, ...rows] = lines.map((line) => `  ${line}`);
  const parts = entries.flatMap(({ label, ...ways }) => [
    label,
    ...rows.splice(0, WAYS.filter((way) => ways[way] !== null).length),
  ]);
  return [titles!, ...parts, ...last];
}

/** The titles, then a row for each way of each entry. */
function rowsOf(entries: readonly Entry[], hidden: number): string[][] {
  const gone: readonly string[] = NARROWING.slice(0, hidden);
  const shown = COLUMNS.filter(({ title }) => !gone.includes(title));
  const rows = entries.flatMap((entry) =>
    WAYS.flatMap((way) => {
      const figures = entry[way];
      return figures === null ? [] : [[way, ...shown.map((column) => column.cell(figures))]];
    }),
  );
  return [['way', ...shown.map(({ title }) => title)], ...rows];
}

/** The label stands before the first row of its entry. */
function labelRows(entries: readonly Entry[], rows: readonly string[][]): string[][] {
  const labels = entries.flatMap(({ label, ...ways }) =>
    WAYS.filter((way) => ways[way] !== null).map((_, i) => (i === 0 ? label : '')),
  );
  return rows.map((row, i) => [labels[i]!, ...row]);
}

function width(lines: readonly string[]): number {
  return Math.max(...lines.map((line) => line.length));
}

/** What is not so in most captures. */
function detailLines(way: 'out' | 'in', figures: WayFigures | null): string[] {
  if (figures === null) return [];
  const { reordered, reorderExtentMax, corrupted, marked, dscpChanged, strangers } = figures;
  const parts = [
    reordered > 0 && `overtaken by up to ${format.formatCount(reorderExtentMax)} packets`,
    corrupted > 0 && `${format.formatCount(corrupted)} with another payload`,
    marked > 0 && `${format.formatCount(marked)} marked CE`,
    dscpChanged > 0 && `${format.formatCount(dscpChanged)} with another DSCP`,
    strangers > 0 && `${format.formatCount(strangers)} arrived that were not sent`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? [] : [`${way}: ${parts.join(', ')}`];
}

function timeCell(ns: number | undefined): string {
  if (ns === undefined) return '–';
  return ns < 0 ? `-${format.formatNs(-ns)}` : format.formatNs(ns);
}
