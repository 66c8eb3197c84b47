/** In which order steps and rounds are measured. */
import seedrandom from 'seedrandom';
import type { Order } from './result.js';

/** One step in one round. */
export interface Turn {
  readonly step: number;
  readonly round: number;
}

/**
 * `ramp`: all rounds of a step, then the next; `interleaved`: all steps in each round, so that what drifts
 * meanwhile befalls all of them; `random`: shuffled by the seed, so that a drift cannot look like a slope.
 */
export function turnsOf(steps: number, rounds: number, order: Order, seed: string): Turn[] {
  const all = (outer: number, inner: number, turn: (a: number, b: number) => Turn) =>
    Array.from({ length: outer * inner }, (_, i) => turn(Math.floor(i / inner), i % inner));
  if (order === 'ramp') return all(steps, rounds, (step, round) => ({ step, round }));
  const interleaved = all(rounds, steps, (round, step) => ({ step, round }));
  return order === 'interleaved' ? interleaved : shuffled(interleaved, seed);
}

/** Fisher and Yates. */
function shuffled(turns: readonly Turn[], seed: string): Turn[] {
  const random = seedrandom(`${seed} order`);
  const list = [...turns];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}
