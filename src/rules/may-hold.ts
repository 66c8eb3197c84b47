/** Whether packets of a rule may have to wait, now or at some time of its schedule. */
import type { Rule } from './rule.js';

export function mayHold({ impairments, schedule }: Rule): boolean {
  const later = schedule?.steps.flatMap(({ to }) => to) ?? [];
  return [...impairments, ...later].some(
    ({ delayNs, jitter, rate, trace, slot, reorder }) =>
      (delayNs ?? 0) > 0 ||
      jitter != null ||
      rate != null ||
      trace != null ||
      slot != null ||
      reorder != null,
  );
}
