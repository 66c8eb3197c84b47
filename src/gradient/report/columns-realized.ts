/**
 * What was realized of what was stepped, for the table: as one number where the two directions differ by no
 * more than chance, else as two.
 */
import { clopperPearson } from '../../netem/interval.js';
import type { Realized, StepSummary } from '../result.js';

type Shown = Pick<Realized, 'realized' | 'ci95'>;

/** Both directions' losses as one where each may well be the other's; else out, then in. */
export function together({ realized: all }: StepSummary, steppedKey: string): readonly Shown[] {
  const asked = all.filter(({ configured }) => configured !== null);
  const [out, back] = asked;
  if (steppedKey !== 'loss' || out === undefined || back === undefined) return asked;
  const isLoss = asked.every(({ realized, lost, packets }) => isNear(realized, lost / packets));
  const isIn = (value: number | null, ci: Realized['ci95']) =>
    value !== null && ci !== null && value >= ci[0] && value <= ci[1];
  const isAlike = isIn(out.realized, back.ci95) && isIn(back.realized, out.ci95);
  if (!isLoss || !isAlike || out.configured !== back.configured) return asked;
  const [lost, packets] = [out.lost + back.lost, out.packets + back.packets];
  return [{ realized: lost / packets, ci95: clopperPearson(lost, packets, 0.95) }];
}

/** Files have rounded numbers. */
function isNear(a: number | null, b: number): boolean {
  return a !== null && Math.abs(a - b) <= 1e-9;
}

/** Each different one once. */
export function alike(texts: readonly string[]): string {
  return [...new Set(texts)].join(' / ');
}
