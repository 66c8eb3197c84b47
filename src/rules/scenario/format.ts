/** Steps of a schedule in canonical spelling: `at 10s loss 0% -> 5% over 60s delay none`. */

import { type ImpairmentKey, type Setting, UNIMPAIRED } from '../impairment-key.js';
import { formatValues } from '../impairments.js';
import { IMPAIRMENT_KEYS } from '../registry.js';
import { Direction } from '../rule.js';
import { formatSetting } from '../settings.js';
import { formatDuration } from '../units.js';

/** What a step sets: at once, or on a ramp that takes `overNs`. */
export interface Change {
  readonly from: Setting;
  readonly to: Setting;
  readonly overNs: number;
}

/** When a step holds: once from `atNs` on, or each `everyNs`; for `forNs`, or for good. */
export interface Timing {
  readonly atNs: number;
  readonly everyNs: number;
  readonly forNs: number | null;
}

export function formatStep({ atNs, everyNs, forNs }: Timing, changes: readonly Change[]): string {
  const begin = everyNs === 0 ? `at ${formatDuration(atNs)}` : `every ${formatDuration(everyNs)}`;
  const from = everyNs === 0 || atNs === everyNs ? '' : ` from ${formatDuration(atNs)}`;
  const length = forNs === null ? '' : ` for ${formatDuration(forNs)}`;
  return [`${begin}${from}${length}`, ...changes.map(formatChange)].join(' ');
}

export function formatSchedule(steps: readonly string[], loopNs: number): string {
  return [...steps, ...(loopNs === 0 ? [] : [`loop ${formatDuration(loopNs)}`])].join('; ');
}

function formatChange(change: Change): string {
  if (change.overNs === 0) return formatSetting(change.to);
  return IMPAIRMENT_KEYS.flatMap((key) => {
    const [out, into] = [
      formatRamp(key, change, Direction.out),
      formatRamp(key, change, Direction.in),
    ];
    return formatValues(key, out, into) ?? [];
  }).join(' ');
}

function formatRamp(key: ImpairmentKey, { from, to, overNs }: Change, direction: Direction) {
  if (!key.fields.some((field) => field in to[direction])) return null;
  const [begin, end] = [from, to].map((setting) => {
    const values = setting[direction];
    // The only number that is written as nothing when it is 0.
    return key.format({ ...UNIMPAIRED, ...values }) ?? (values.delayNs === 0 ? '0ms' : null);
  });
  // What another key spells, as `delay` does for `rtt`, gives null twice.
  if (key.name === 'rtt' || begin === null || end === null) return null;
  return begin === end ? end : `${begin} -> ${end} over ${formatDuration(overNs)}`;
}
