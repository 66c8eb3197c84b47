/** Whether a rule gives flows another source, now or at some time of its schedule. */
import type { Rule } from './rule.js';
import { valuesEver } from './schedule.js';

export function mayRebind(rule: Rule): boolean {
  return valuesEver(rule).some(({ rebind }) => rebind != null);
}
