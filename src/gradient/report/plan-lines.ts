/**
 * What is said before a gradient begins: how long it takes, how many samples each step gets, how exactly they
 * tell the share that theory is about, and what more exactness would cost.
 */

import { align, cut } from '../../text.js';
import type { Plan, PlannedStep, Step } from '../result.js';
import * as format from './format.js';
import { wrap } from './terminal-text.js';

/** A ladder that takes longer is started by mistake, or over night. */
const LONG_MS = 30 * 60_000;

/** None is wider than `columns` characters. */
export function planLines(plan: Plan, steps: readonly Step[], columns: number): string[] {
  const width = Math.max(1, Math.floor(columns));
  return [
    ...wrap(headline(plan), width),
    ...tableLines(plan, steps).map((line) => cut(line, width)),
    ...warnings(plan, steps).flatMap((line) => wrap(line, width)),
  ];
}

function headline({ steps, totalMs }: Plan): string {
  const count = `${format.formatCount(steps.length)} steps with the baseline`;
  return totalMs === null
    ? `${count}, nobody can tell how long that takes`
    : `${count}, about ${format.formatSpan(totalMs)}`;
}

/** Columns that say nothing in any row are left out. */
function tableLines(plan: Plan, steps: readonly Step[]): string[] {
  const titles = ['step', 'samples', 'expected', 'precision', 'needed'];
  const rows = plan.steps.map((planned) => [
    labelOf(planned, steps),
    countCell(planned.samples),
    planned.expected === null
      ? ''
      : `${planned.metric ?? ''} ${format.formatShare(planned.expected)}`.trim(),
    planned.precision === null ? '' : precisionText(planned.precision),
    countCell(planned.needed),
  ]);
  const used = titles.map((_, at) => rows.some((row) => row[at] !== ''));
  if (!used.slice(1).includes(true)) return [];
  const shown = [titles, ...rows].map((row) => row.filter((_, at) => used[at]));
  return align(shown, [0]);
}

function labelOf({ step }: PlannedStep, steps: readonly Step[]): string {
  return steps[step]?.label ?? String(step);
}

function countCell(count: number | null): string {
  return count === null ? '' : format.formatCount(count);
}

/** Relative to what is expected, as a whole percentage: "±140%". */
function precisionText(precision: number): string {
  return `±${format.formatNumber(Number((precision * 100).toPrecision(2)))}%`;
}

function warnings({ steps: planned, totalMs }: Plan, steps: readonly Step[]): string[] {
  const lines: string[] = [];
  if (planned.some(({ precision }) => precision !== null)) {
    lines.push('precision: half of the 95% interval, of what is expected');
  }
  if (totalMs === null) return lines;
  if (totalMs > LONG_MS) {
    lines.push(
      `warning: this takes ${format.formatSpan(totalMs)}; with fewer samples it is shorter ` +
        '(--count, --precision, --repeat)',
    );
  }
  const neededMs = neededTime(planned, totalMs);
  if (neededMs <= Math.max(LONG_MS, totalMs)) return lines;
  const short = planned.filter(({ samples, needed }) => isShort(samples, needed));
  const at = short.map((each) => labelOf(each, steps)).join(', ');
  const span = format.formatSpan(neededMs);
  lines.push(
    `warning: with the samples needed at ${at} it would take ${span}; it stays less precise`,
  );
  return lines;
}

/** If each step had as many samples as it needs, and each sample took what it takes now. */
function neededTime(planned: readonly PlannedStep[], totalMs: number): number {
  const all = planned.reduce((sum, { samples }) => sum + (samples ?? 0), 0);
  if (all === 0) return 0;
  const wanted = planned.reduce(
    (sum, { samples, needed }) => sum + Math.max(samples ?? 0, needed ?? 0),
    0,
  );
  return (totalMs * wanted) / all;
}

function isShort(samples: number | null, needed: number | null): boolean {
  return samples !== null && needed !== null && samples < needed;
}
