/**
 * How far a gradient has come, as text: the step and its samples, the time that is left, and a bar. It is
 * pure; the time left is the plan's, as far as it is not over.
 */
import { printable } from '../../rules/problem.js';
import { cut } from '../../text.js';
import type { Plan, Step } from '../result.js';
import * as format from './format.js';

/** A longer bar says no more. */
const BAR_MAX = 60;

export interface Progress {
  readonly step: number;
  readonly round: number;
  /** Which segment, from 0, and of how many. */
  readonly turn: number;
  readonly turns: number;
  /** Of this segment. */
  readonly samples: number;
  readonly failed: number;
  readonly elapsedMs: number;
}

/** A line of words and a bar, both at most `columns` wide. */
export function progressLines(
  progress: Progress,
  plan: Plan,
  steps: readonly Step[],
  columns: number,
): string[] {
  const width = Math.max(1, Math.floor(columns));
  const { step, round, turns, samples, failed } = progress;
  const rounds = Math.max(1, Math.round(turns / steps.length));
  const planned = plannedSamples(plan, step, rounds);
  const label = printable(steps[step]?.label ?? '');
  const inRound = rounds === 1 ? '' : `, round ${round + 1}/${rounds}`;
  const where = `step ${step + 1}/${steps.length} ${label}${inRound}`;
  const count = format.formatCount(samples);
  const counts = planned === null ? count : `${count} of ${format.formatCount(planned)}`;
  const failures = failed === 0 ? '' : `, ${format.formatCount(failed)} failed`;
  const left = leftMs(progress, plan, planned);
  const time = left === null ? '' : `; about ${format.formatSpan(left)} left`;
  return [
    cut(`${where}: ${counts} samples${failures}${time}`, width),
    bar(doneShare(progress, plan, planned), width),
  ];
}

/** Of one segment; null: as many as its time allows. */
function plannedSamples({ steps }: Plan, step: number, rounds: number): number | null {
  const samples = steps.find((each) => each.step === step)?.samples ?? null;
  return samples === null ? null : Math.ceil(samples / rounds);
}

/** How much of this segment is over, by samples, else by time; 0 when nobody can tell. */
function segmentShare(
  { samples, elapsedMs, turns }: Progress,
  { totalMs }: Plan,
  planned: number | null,
): number {
  if (planned !== null && planned > 0) return Math.min(1, samples / planned);
  return totalMs === null || totalMs <= 0 ? 0 : Math.min(1, (elapsedMs * turns) / totalMs);
}

function doneShare(progress: Progress, plan: Plan, planned: number | null): number {
  const done = progress.turn + segmentShare(progress, plan, planned);
  return progress.turns === 0 ? 0 : Math.min(1, done / progress.turns);
}

/** A plan without a time says it as soon as a tenth of a segment shows how long the others take. */
function leftMs(progress: Progress, plan: Plan, planned: number | null): number | null {
  const share = segmentShare(progress, plan, planned);
  const totalMs =
    plan.totalMs ?? (share < 0.1 ? null : (progress.elapsedMs / share) * progress.turns);
  return totalMs === null ? null : totalMs * (1 - doneShare(progress, plan, planned));
}

function bar(share: number, width: number): string {
  const percent = ` ${Math.floor(share * 100)}%`;
  const inside = Math.min(BAR_MAX, width) - 2 - ' 100%'.length;
  if (inside < 3) return cut(percent.trim(), width);
  const full = Math.floor(share * inside);
  return `[${'#'.repeat(full)}${'.'.repeat(inside - full)}]${percent}`;
}
