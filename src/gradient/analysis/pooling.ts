/** From what was measured in each round to what was in all of them, with 95 % and 99 % intervals. */
import type { Interval, Measure } from '../../control/types.js';
import { clopperPearson } from '../../netem/interval.js';
import { zOf } from '../statistics/intervals.js';

/** Without a value when nothing was there to measure. */
export interface Pooled {
  readonly realized: number | null;
  readonly ci95: Interval | null;
  readonly ci99: Interval | null;
}

const NOTHING: Pooled = { realized: null, ci95: null, ci99: null };

/** A 99 % interval of something nearly normal is wider than its 95 % interval by this factor. */
const WIDER_99 = zOf(0.99) / zOf(0.95);

/**
 * A share of all rounds' packets. `memory` is the lag-1 autocorrelation ρ of the events: n packets of a
 * two-state chain tell as much as n·(1−ρ)/(1+ρ) independent ones.
 */
export function pooledShare(count: number, of: number, memory: number): Pooled {
  if (!(of >= 1)) return NOTHING;
  const k = Math.max(0, Math.min(count, of));
  const worth = memory > 0 ? (1 - memory) / (1 + memory) : 1;
  const trials = Math.max(1, Math.round(of * worth));
  const events = Math.min(trials, Math.round(k * worth));
  return {
    realized: k / of,
    ci95: clopperPearson(events, trials, 0.95),
    ci99: clopperPearson(events, trials, 0.99),
  };
}

/** A measure of one round, and what it weighs: how much it was measured from. */
interface Weighted {
  readonly measure: Measure;
  readonly weight: number;
}

/** The weighted mean of rounds' means; their errors are independent, so that the squares of them add up. */
export function pooledMean(rounds: readonly Weighted[]): Pooled {
  const known = measured(rounds);
  const total = known.reduce((sum, { weight }) => sum + weight, 0);
  if (total <= 0) return NOTHING;
  const realized = known.reduce((sum, each) => sum + each.weight * each.realized, 0) / total;
  if (known.some(({ ci95 }) => ci95 === null)) return { ...NOTHING, realized };
  const squares = known.reduce((sum, { weight, ci95 }) => {
    return sum + ((weight * (ci95![1] - ci95![0])) / 2) ** 2;
  }, 0);
  const half = Math.sqrt(squares) / total;
  return {
    realized,
    ci95: [Math.max(0, realized - half), realized + half],
    ci99: [Math.max(0, realized - WIDER_99 * half), realized + WIDER_99 * half],
  };
}

/**
 * Bits of all rounds over their time: the harmonic mean of their rates, weighted by bits. The interval is
 * an error of reading, which no chance widens.
 */
export function pooledRate(rounds: readonly Weighted[]): Pooled {
  const known = measured(rounds).filter(({ realized }) => realized > 0);
  const total = known.reduce((sum, { weight }) => sum + weight, 0);
  if (total <= 0) return NOTHING;
  const over = (rate: (each: Known) => number) =>
    total / known.reduce((sum, each) => sum + each.weight / rate(each), 0);
  const realized = over((each) => each.realized);
  const isRead = known.every(({ ci95 }) => ci95 !== null && ci95[0] > 0);
  if (!isRead) return { ...NOTHING, realized };
  const ci: Interval = [over(({ ci95 }) => ci95![0]), over(({ ci95 }) => ci95![1])];
  return { realized, ci95: ci, ci99: ci };
}

interface Known {
  readonly realized: number;
  readonly ci95: Interval | null;
  readonly weight: number;
}

function measured(rounds: readonly Weighted[]): Known[] {
  return rounds.flatMap(({ measure: { realized, ci95 }, weight }) =>
    realized === null || !(weight > 0) ? [] : [{ realized, ci95, weight }],
  );
}
