/** The impairments there are, in canonical order. */

import type { ImpairmentKey } from './impairment-key.js';
import { aqm } from './keys/aqm.js';
import { compat } from './keys/compat.js';
import { corrupt } from './keys/corrupt.js';
import { delay } from './keys/delay.js';
import { duplicate } from './keys/duplicate.js';
import { ecn } from './keys/ecn.js';
import { jitter } from './keys/jitter.js';
import { loss } from './keys/loss.js';
import { outage } from './keys/outage.js';
import { partition } from './keys/partition.js';
import { per } from './keys/per.js';
import { profile } from './keys/profile.js';
import { queue } from './keys/queue.js';
import { rate } from './keys/rate.js';
import { rebind } from './keys/rebind.js';
import { reorder } from './keys/reorder.js';
import { rtt } from './keys/rtt.js';
import { slot } from './keys/slot.js';
import { trace } from './keys/trace.js';

export const IMPAIRMENT_KEYS: readonly ImpairmentKey[] = [
  partition,
  outage,
  loss,
  ecn,
  corrupt,
  duplicate,
  rate,
  trace,
  queue,
  aqm,
  delay,
  rtt,
  jitter,
  reorder,
  slot,
  rebind,
  per,
  compat,
  profile,
];

export const IMPAIRMENT_NAMES: readonly string[] = IMPAIRMENT_KEYS.map((key) => key.name);

export function findImpairmentKey(name: string): ImpairmentKey | undefined {
  return IMPAIRMENT_KEYS.find((key) => key.name === name.toLowerCase());
}
