/** Whether a rule gives flows another source, now or at some time of its schedule. */
import type { Rule } from './rule.js';

export function mayRebind({ impairments, schedule }: Rule): boolean {
  const later = schedule?.steps.flatMap(({ to }) => to) ?? [];
  return [...impairments, ...later].some(({ rebind }) => rebind != null);
}
