/** Which steps of two ladders are the same: those with the same rule, whatever their place. */
import type { Step } from '../result.js';

export interface LadderMatch {
  readonly label: string;
  /** Null: the first has no such step. */
  readonly before: Step | null;
  readonly after: Step | null;
}

/** In the order of the first, then what only the second has. */
export function matchSteps(before: readonly Step[], after: readonly Step[]): LadderMatch[] {
  const matches = before.map((step): LadderMatch => {
    const same = after.find((other) => isSame(step, other)) ?? null;
    return { label: step.label, before: step, after: same };
  });
  const found = new Set(matches.map((match) => match.after));
  const rest = after.filter((step) => !found.has(step));
  return [...matches, ...rest.map((step) => ({ label: step.label, before: null, after: step }))];
}

/** The baseline has the value 0, and so may a step. */
function isSame(a: Step, b: Step): boolean {
  const isSameRung = a.label === b.label || a.value === b.value;
  return a.rule === b.rule && isSameRung && (a.index === 0) === (b.index === 0);
}
