/** The impairments there are, in canonical order. */

import type { ImpairmentKey } from './impairment-key.js';
import { delay } from './keys/delay.js';
import { jitter } from './keys/jitter.js';
import { loss } from './keys/loss.js';
import { partition } from './keys/partition.js';
import { rtt } from './keys/rtt.js';

export const IMPAIRMENT_KEYS: readonly ImpairmentKey[] = [loss, delay, rtt, jitter, partition];

export const IMPAIRMENT_NAMES: readonly string[] = IMPAIRMENT_KEYS.map((key) => key.name);

export function findImpairmentKey(name: string): ImpairmentKey | undefined {
  return IMPAIRMENT_KEYS.find((key) => key.name === name.toLowerCase());
}
