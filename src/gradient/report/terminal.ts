/**
 * A result as it is printed when the measuring is over: what was asked, a row for each step, and below the
 * table what a reader should not miss in it. Pure, for any width: a narrow terminal loses columns in the
 * order that `columns.ts` gives, and lines are broken.
 */

import { align, cut } from '../../text.js';
import { pairingOf } from '../analysis/pairing.js';
import type { GradientResult } from '../result.js';
import { type Column, columnsOf, mainOf } from './columns.js';
import * as format from './format.js';
import { findingLines } from './terminal-findings.js';
import { wrap } from './terminal-text.js';

/** None is wider than `columns` characters. */
export function reportLines(result: GradientResult, columns: number): string[] {
  const width = Math.max(1, Math.floor(columns));
  const table = tableLines(result, width);
  const findings = findingLines(result).flatMap((line) => wrap(line, width));
  return [
    ...headingLines(result).flatMap((line) => wrap(line, width)),
    ...section(table),
    ...section(wrap(legendOf(result, table), width)),
    ...section(findings),
  ];
}

function section(lines: readonly string[]): string[] {
  return lines.length === 0 || lines.every((line) => line === '') ? [] : ['', ...lines];
}

function headingLines(result: GradientResult): string[] {
  const { probe, rule, ladder, seed, order, rounds, segments, analysis } = result;
  const counts = new Set(analysis.steps.map(({ samples }) => samples));
  const samples =
    counts.size === 1 ? [`${format.formatCount([...counts][0]!)} samples a step`] : [];
  const how = [
    `seed ${seed}, ${format.PAIRINGS[pairingOf(result) ?? 'independent']}`,
    rounds === 1 ? '1 round' : `${format.formatCount(rounds)} rounds, ${order}`,
    ...samples,
    placeText(result),
  ];
  const planned = rounds * result.steps.length;
  const cut = result.complete
    ? []
    : [`cut short: ${segments.filter((each) => !each.cut).length} of ${planned} parts are whole`];
  return [
    probe.text,
    ...(probe.program === null ? [] : [`by ${probe.program}`]),
    `under ${rule}, stepping ${ladder}`,
    how.join(', '),
    ...cut,
  ];
}

function placeText({ place: { kind, devices, netns, isPrivate } }: GradientResult): string {
  if (kind === 'demo') return 'demo';
  if (kind === 'run') return isPrivate ? 'in a private namespace' : 'in a namespace of its own';
  return `on ${devices.join(', ')}${netns === null ? '' : ` in ${netns}`}`;
}

/** A second table is for wide enough terminals. */
const SECOND_WIDTH_MIN = 60;

/** As many columns as there is room for, those that say most; then the intervals that found none. */
function tableLines(result: GradientResult, width: number): string[] {
  const { steps } = result.analysis;
  const hasCount = new Set(steps.map(({ samples }) => samples)).size === 1;
  const all = columnsOf(result).filter(({ title }) => !(hasCount && title === 'samples'));
  const first = fitting(all, width);
  const rest = all.flatMap((column) =>
    column.alone === null || first.includes(column) ? [] : [{ ...column, ...column.alone }],
  );
  const lines = draw(first).map((line) => cut(line, width));
  if (width < SECOND_WIDTH_MIN || rest.length === 0) return lines;
  const second = fitting([all[0]!, ...rest], width);
  return [...lines, ...section(draw(second).map((line) => cut(line, width)))];
}

function fitting(columns: readonly Column[], width: number): readonly Column[] {
  let shown = columns;
  for (;;) {
    const least = Math.min(...shown.slice(1).map(({ stays }) => stays));
    const fits = draw(shown).every((line) => line.length <= width);
    if (fits || !Number.isFinite(least)) return shown;
    shown = shown.filter(({ stays }, at) => at === 0 || stays !== least);
  }
}

function draw(columns: readonly Column[]): string[] {
  const rows = columns[0]!.cells.map((_, at) => columns.map(({ cells }) => cells[at]!));
  return align([columns.map(({ title }) => title), ...rows], [0]);
}

/** What the titles of the table are short for. */
function legendOf(
  { probe: { metrics }, analysis }: GradientResult,
  table: readonly string[],
): string {
  const hasDirections = table.some((line) => line.includes(' / '));
  const main = mainOf(metrics);
  const summaries = analysis.steps.flatMap((step) => Object.values(step.metrics));
  const isMarked = summaries.some(({ prediction }) => prediction?.outside);
  const isChanged = summaries.some(({ change }) => change !== null);
  const parts = [
    ...(hasDirections ? ['a / b: out and in'] : []),
    ...(main === undefined
      ? []
      : [
          `p50 to max: ${main.name}, ${main.says}`,
          ...(main.better === 'higher'
            ? ['p99: what 99% of the samples reach, failed ones as 0']
            : []),
          ...(isChanged ? ['change: of its median'] : []),
          ...(summaries.some(({ change }) => change?.significant && format.isOfTail(change.test))
            ? ['tail: the median stands, more or less lies beyond p95']
            : []),
        ]),
    ...(isChanged ? ["=: none beyond chance and the machine's own"] : []),
    ...(isMarked ? ['!: not as expected'] : []),
  ];
  return parts.join('; ');
}
