/** Values of options that are no rules: sizes and times, with their limits. */

import { usageError } from '../errors.js';
import { MEMORY_BYTES_DEFAULT } from '../netem/limits.js';

/** Below this not even the buffers that packets are read into fit. */
export const MEMORY_BYTES_MIN = 16 * 2 ** 20;

/** `--memory`. */
export async function readMemory(text: string | undefined): Promise<number> {
  if (text === undefined) return MEMORY_BYTES_DEFAULT;
  const { withSource } = await import('../rules/problem.js');
  const { parseSize } = await import('../rules/units.js');
  const bytes = withSource({ text, flag: '--memory' }, () => parseSize(text));
  const { totalmem } = await import('node:os');
  if (bytes < MEMORY_BYTES_MIN) {
    throw usageError('E_MEMORY', `--memory ${text}: 16mib is the least it can work with`);
  }
  if (bytes > totalmem()) {
    const megabytes = Math.floor(totalmem() / 1e6);
    throw usageError('E_MEMORY', `--memory ${text}: this machine has ${megabytes}mb`);
  }
  const { constants } = await import('node:buffer');
  if (bytes > constants.MAX_LENGTH) {
    const gib = Math.floor(constants.MAX_LENGTH / 2 ** 30);
    throw usageError('E_MEMORY', `--memory ${text}: ${gib}gib is the most that fits one buffer`);
  }
  return bytes;
}

/** `--for` and the like; null: none is given. 0 is refused unless `mayBeZero`. */
export async function readDurationMs(
  text: string | undefined,
  flag = '--for',
  mayBeZero = false,
): Promise<number | null> {
  if (text === undefined) return null;
  const { withSource } = await import('../rules/problem.js');
  const { parseDuration } = await import('../rules/units.js');
  const ns = withSource({ text, flag }, () => parseDuration(text, 's'));
  if (ns > 0 || mayBeZero) return ns / 1e6;
  throw usageError('E_FOR', `${flag} ${text}: it would end before it begins`);
}

/** A whole number from 1 to `max`; null: none is given. */
export function readCount(text: string | undefined, flag: string, max: number): number | null {
  if (text === undefined) return null;
  const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= max) return count;
  throw usageError('E_COUNT', `${flag} ${text}: a whole number from 1 to ${max} is needed`);
}

/** Such as `10%`, above 0 and below 100 %; null: none is given. */
export async function readShare(text: string | undefined, flag: string): Promise<number | null> {
  if (text === undefined) return null;
  const { withSource } = await import('../rules/problem.js');
  const { parseProbability } = await import('../rules/units.js');
  const share = withSource({ text, flag }, () => parseProbability(text));
  if (share > 0 && share < 1) return share;
  throw usageError('E_SHARE', `${flag} ${text}: it must be above 0 and below 100%`);
}
