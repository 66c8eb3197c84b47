/**
 * What follows from knowing how long a sample waits for its retries, and how probably: the shares that are
 * late or fail, and the mean of those that are answered.
 */
import type { Channel } from './channel.js';
import type { Baseline, Expectation } from './expectation.js';
import type { RoundTrip } from './round-trip.js';

/** The probability that it is the packet sent after `waitMs` whose answer comes first. */
export interface Wait {
  readonly waitMs: number;
  readonly probability: number;
}

/** That a rung lies beside the limit may change the share beyond it by so much, not more. */
const CONTESTED_MAX = 0.2;

/** Of those that are answered before `limitMs`; null where jitter, or a millisecond, decides. */
export function answeredBefore(
  waits: readonly Wait[],
  { leastMs, mostMs }: RoundTrip,
  limitMs: number,
): readonly Wait[] | null {
  // What is only just in time by the formula is late on a busy machine.
  const marginOf = (waitMs: number) => 0.005 * waitMs;
  const certain = waits.filter(({ waitMs }) => waitMs + marginOf(waitMs) + mostMs < limitMs);
  const possible = waits.filter(({ waitMs }) => waitMs - marginOf(waitMs) + leastMs < limitMs);
  if (certain.length === possible.length) return certain;
  const contested = totalOf(possible) - totalOf(certain);
  return contested <= CONTESTED_MAX * (1 - totalOf(possible)) ? certain : null;
}

export function totalOf(waits: readonly Wait[]): number {
  return waits.reduce((sum, { probability }) => sum + probability, 0);
}

export function shareOf(probability: number, model: string): Expectation {
  // Sums of many products leave 1e-17 beside a whole number.
  return { kind: 'share', probability: Math.min(1, Math.max(0, probability)), model };
}

/** Of the answered ones; null where none is, or the baseline is unknown. */
export function meanOfAnswered(
  waits: readonly Wait[],
  roundTrip: RoundTrip,
  baseline: Baseline | null,
  model: string,
): Expectation | null {
  const answered = totalOf(waits);
  if (baseline === null || answered === 0) return null;
  const moment = (power: number) =>
    waits.reduce((sum, { waitMs, probability }) => sum + waitMs ** power * probability, 0) /
    answered;
  const meanMs = moment(1);
  const sd = Math.hypot(Math.sqrt(Math.max(0, moment(2) - meanMs ** 2)), roundTrip.sdMs);
  // Round trips have one of their own, small beside that of waits for a timeout.
  const thirdMoment = moment(3) - 3 * meanMs * moment(2) + 2 * meanMs ** 3;
  return { kind: 'mean', mean: roundTrip.meanMs + meanMs, sd, thirdMoment, model };
}

/** For the sentence that says which theory. */
export function lossesOf({ out, in: back }: Channel): string {
  const percent = (share: number) => `${Number((100 * share).toPrecision(4))}%`;
  if (out.loss === back.loss) return `independent losses of ${percent(out.loss)} each way`;
  return `independent losses of ${percent(out.loss)} out and ${percent(back.loss)} in`;
}
