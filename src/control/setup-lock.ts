/**
 * One instance is set up at a time: names, indexes and the check for overlapping rules would race
 * otherwise. The lock is a file lock, so it ends with the process that has it.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentError } from '../errors.js';
import { check, close, Errno, O_CREAT, O_RDWR, open, tryLock } from '../tun/sys.js';
import { ensureRuntimeDir } from './runtime-dir.js';

const PATIENCE_MS = 15_000;
const RETRY_MS = 20;

export async function withSetupLock<T>(action: () => Promise<T>): Promise<T> {
  const path = join(ensureRuntimeDir(), 'lock');
  const fd = check(open(path, O_RDWR | O_CREAT, 0o600), `open ${path}`);
  try {
    const giveUpMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const locked = tryLock(fd);
      if (locked === 0) break;
      if (locked !== -Errno.EAGAIN) check(locked, `lock ${path}`);
      if (performance.now() > giveUpMs) throw busy(path);
      await sleep(RETRY_MS);
    }
    return await action();
  } finally {
    close(fd);
  }
}

function busy(path: string): Error {
  return environmentError(
    'E_SETUP_LOCK',
    `another netemu has been starting for ${PATIENCE_MS / 1000} s`,
    `see which: fuser -v ${path}`,
  );
}
