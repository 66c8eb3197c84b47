/** Who is struck, how, and when, drawn from a seed: the same seed gives the same plan. */
import seedrandom from 'seedrandom';

/** Weights of a plan: of 79 kills 60 are of the first four kinds, which the promise is about. */
const WEIGHTS = {
  'kill main': 18,
  'kill guardian': 14,
  'kill both': 14,
  'stop main': 14,
  /** kill -9 while it is ending by itself. */
  'kill ending': 6,
  'stop guardian': 3,
  interrupt: 5,
  terminate: 5,
} as const;

export type KillKind = keyof typeof WEIGHTS;

export interface Kill {
  readonly number: number;
  readonly kind: KillKind;
  /** 0: at once after the spawn; 1: when the path is live; above: in steady state. */
  readonly moment: number;
  /** Which of the two goes first, where two are killed. */
  readonly guardianFirst: boolean;
}

/** A third of the kills hit the steady state. */
const MOMENT_MAX = 1.5;

export const PLAN_LENGTH = Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0);

/** The first of each kind strikes at 0. A longer plan is several of PLAN_LENGTH. */
export function planKills(count: number, seed: string): Kill[] {
  const random = seedrandom(seed);
  const kinds = Object.entries(WEIGHTS).flatMap(
    ([kind, weight]) => Array(weight).fill(kind) as KillKind[],
  );
  const started = new Set<KillKind>();
  const order: KillKind[] = [];
  return Array.from({ length: count }, (_, number) => {
    if (order.length === 0) order.push(...shuffled(kinds, random));
    const kind = order.pop()!;
    const moment = random() * MOMENT_MAX;
    const guardianFirst = random() < 0.5;
    const isFirst = !started.has(kind);
    started.add(kind);
    return { number, kind, moment: isFirst ? 0 : moment, guardianFirst };
  });
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const keyed = values.map((value) => ({ value, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
}
