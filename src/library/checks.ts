/** What a program may hand over that cannot be. */
import { usageError } from '../errors.js';
import { MEMORY_BYTES_DEFAULT } from '../netem/limits.js';

/** Less would not hold one packet of each size. */
const MEMORY_BYTES_MIN = 16 * 2 ** 20;
/** Above that V8 has no buffer. */
const MEMORY_BYTES_MAX = 2 ** 32;

/** Errors: E_MEMORY. */
export function memoryBytesOf(bytes: number = MEMORY_BYTES_DEFAULT): number {
  if (bytes >= MEMORY_BYTES_MIN && bytes <= MEMORY_BYTES_MAX) return bytes;
  throw usageError('E_MEMORY', `memoryBytes: ${bytes} is not between 16 MiB and 4 GiB`);
}

/** Errors: E_TIME. */
export function checkTime(nowNs: number): void {
  if (nowNs >= 0 && nowNs <= Number.MAX_SAFE_INTEGER) return;
  throw usageError(
    'E_TIME',
    `${nowNs} is not a time: nanoseconds from 0 to 2^53, 104 days, are`,
    'count them from the first packet, not from 1970',
  );
}
