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

/** `--for`; null: none is given. */
export async function readDurationMs(text: string | undefined): Promise<number | null> {
  if (text === undefined) return null;
  const { withSource } = await import('../rules/problem.js');
  const { parseDuration } = await import('../rules/units.js');
  const ns = withSource({ text, flag: '--for' }, () => parseDuration(text, 's'));
  if (ns === 0) throw usageError('E_FOR', `--for ${text}: it would end before it begins`);
  return ns / 1e6;
}
