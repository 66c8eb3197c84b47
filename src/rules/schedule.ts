/**
 * A rule's impairments at a moment of its life. A schedule is evaluated, not run: the same time gives
 * the same values, so a replay meets what the live run met. The engine asks when the next change can
 * come (`nextChangeNs`) and what holds from then on (`impairmentsAt`).
 */

import type { Impairments, PerDirection, Rule, Step } from './rule.js';

/** A ramp moves in steps of this length: often enough to look even, seldom enough to cost nothing. */
export const RAMP_STEP_NS = 10e6;

/** What holds `sinceStartNs` after the rule came into force: its own values, and over them each step's. */
export function impairmentsAt(rule: Rule, sinceStartNs: number): PerDirection<Impairments> {
  const { schedule } = rule;
  if (schedule === null) return rule.impairments;
  const nowNs = schedule.loopNs > 0 ? sinceStartNs % schedule.loopNs : sinceStartNs;
  let [out, into] = rule.impairments;
  for (const step of schedule.steps) {
    const phaseNs = phaseOf(step, nowNs);
    if (phaseNs < 0 || (step.forNs !== null && phaseNs >= step.forNs)) continue;
    const [stepOut, stepInto] = valuesAt(step, phaseNs);
    out = { ...out, ...stepOut };
    into = { ...into, ...stepInto };
  }
  return [out, into];
}

/** All values that the rule has in a direction now or may have later, these without what stays. */
export function valuesEver({ impairments, schedule }: Rule): Partial<Impairments>[] {
  return [...impairments, ...(schedule?.steps.flatMap(({ to }) => to) ?? [])];
}

/** The next moment, strictly later, from which `impairmentsAt` may differ; Infinity when there is none. */
export function nextChangeNs(rule: Rule, sinceStartNs: number): number {
  const { schedule } = rule;
  if (schedule === null) return Number.POSITIVE_INFINITY;
  const { steps, loopNs } = schedule;
  const beginNs = loopNs > 0 ? sinceStartNs - (sinceStartNs % loopNs) : 0;
  let nextNs = loopNs > 0 ? loopNs : Number.POSITIVE_INFINITY;
  for (const step of steps) nextNs = Math.min(nextNs, nextOf(step, sinceStartNs - beginNs));
  return beginNs + nextNs;
}

/** Time since the step began, for the last time if it comes again; negative before the first. */
function phaseOf({ atNs, everyNs }: Step, nowNs: number): number {
  const sinceNs = nowNs - atNs;
  return sinceNs < 0 || everyNs === 0 ? sinceNs : sinceNs % everyNs;
}

function nextOf(step: Step, nowNs: number): number {
  const { atNs, everyNs, forNs, overNs } = step;
  const phaseNs = phaseOf(step, nowNs);
  if (phaseNs < 0) return atNs;
  let nextNs = everyNs === 0 ? Number.POSITIVE_INFINITY : everyNs;
  if (forNs !== null && phaseNs < forNs) nextNs = Math.min(nextNs, forNs);
  if (phaseNs < overNs) nextNs = Math.min(nextNs, rampStart(phaseNs) + RAMP_STEP_NS, overNs);
  return nowNs - phaseNs + nextNs;
}

function valuesAt(step: Step, phaseNs: number): PerDirection<Partial<Impairments>> {
  const { from, to, overNs } = step;
  if (phaseNs >= overNs) return to;
  const share = rampStart(phaseNs) / overNs;
  return [between(from[0], to[0], share), between(from[1], to[1], share)];
}

function rampStart(phaseNs: number): number {
  return phaseNs - (phaseNs % RAMP_STEP_NS);
}

/** Numbers that may be anything between two values; all others (times, sizes, counts) are whole. */
const FRACTIONS: ReadonlySet<string> = new Set([
  'probability',
  'correlation',
  'meanBurst',
  ...['p', 'r', 'lossInBad', 'lossInGood'],
  ...['p13', 'p31', 'p32', 'p23', 'p14'],
]);

/** Every number of `from` moved by `share` of its way to that of `to`; the rest they have in common. */
function between<T>(from: T, to: T, share: number, name = ''): T {
  if (typeof from === 'number' && typeof to === 'number') {
    const value = from + (to - from) * share;
    return (FRACTIONS.has(name) ? value : Math.round(value)) as T;
  }
  if (Array.isArray(from) || typeof from !== 'object' || from === null) return from;
  const ends = from as Record<string, unknown>;
  const others = to as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(ends).map(([key, end]) => [key, between(end, others[key], share, key)]),
  ) as T;
}
