/** Whether impairments go together in every state that a schedule comes to, not only at the start. */

import { checkImpairments, type Inconsistency } from '../consistency.js';
import { findImpairmentKey } from '../registry.js';
import type { Impairments, Rule, Schedule } from '../rule.js';
import { impairmentsAt } from '../schedule.js';
import { problem } from './document.js';

/** States beyond these are combinations that have been seen in all likelihood. */
const STATES_MAX = 2_000;

/** `places`: where in the file each step comes from. */
export function refuseInconsistentStates(rule: Rule, places: readonly number[]): void {
  const { schedule } = rule;
  if (schedule === null) return;
  const orphans = new Map<string, { found: Inconsistency; place: number }>();
  const met = new Set<string>();
  for (const { atNs, place } of boundariesOf(schedule, places)) {
    const impairments = impairmentsAt(rule, atNs);
    const found = checkImpairments(impairments);
    if (found !== null && !found.isOrphan) throw problem(place, found.sentence, found.mend);
    if (found !== null) orphans.set(found.key, { found, place });
    for (const key of ORPHANS) {
      if (found?.key !== key && impairments.some((each) => isSet(key, each))) met.add(key);
    }
  }
  // What goes without for a time is in order; what always does was a slip.
  for (const [key, { found, place }] of orphans) {
    if (!met.has(key)) throw problem(place, found.sentence, found.mend);
  }
}

/** The keys that need another one. */
const ORPHANS = ['ecn', 'queue', 'aqm', 'reorder'];

function isSet(name: string, impairments: Impairments): boolean {
  return findImpairmentKey(name)?.format(impairments) != null;
}

function boundariesOf({ steps, loopNs }: Schedule, places: readonly number[]) {
  const ends = steps.map(({ atNs, overNs, forNs }) => atNs + Math.max(overNs, forNs ?? 0));
  const periodNs = Math.max(...steps.map(({ everyNs }) => everyNs));
  const untilNs = loopNs > 0 ? loopNs - 1 : Math.max(...ends) + 2 * periodNs;
  const boundaries = new Map<number, number>([[0, places[0]]]);
  steps.forEach(({ atNs, everyNs, forNs, overNs }, i) => {
    for (
      let beginNs = atNs;
      beginNs <= untilNs && boundaries.size < STATES_MAX;
      beginNs += everyNs
    ) {
      for (const ns of [beginNs, beginNs + overNs, beginNs + (forNs ?? 0)]) {
        if (ns <= untilNs) boundaries.set(ns, places[i]);
      }
      if (everyNs === 0) break;
    }
  });
  return [...boundaries].map(([atNs, place]) => ({ atNs, place }));
}
