/** Whether packets of a rule may have to wait, now or at some time of its schedule. */
import type { Rule } from './rule.js';
import { valuesEver } from './schedule.js';

export function mayHold(rule: Rule): boolean {
  return valuesEver(rule).some(
    ({ delayNs, jitter, rate, trace, slot, reorder }) =>
      (delayNs ?? 0) > 0 || [jitter, rate, trace, slot, reorder].some((each) => each != null),
  );
}
