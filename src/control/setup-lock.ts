/**
 * One instance is set up at a time: names, indexes, addresses and the check for overlapping rules would
 * race otherwise. The locks end with the process that has them.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentError } from '../errors.js';
import { check, close, Errno, O_CREAT, O_RDONLY, O_RDWR, open } from '../tun/sys.js';
import { tryLock } from '../tun/sys-process.js';
import { ensureRuntimeDir } from './runtime-dir.js';

const PATIENCE_MS = 15_000;
const RETRY_MS = 20;

/** Among the instances of one runtime directory. */
export function withSetupLock<T>(action: () => Promise<T>): Promise<T> {
  const path = join(ensureRuntimeDir(), 'lock');
  return withLock(path, O_RDWR | O_CREAT, `fuser -v ${path}`, action);
}

/** Among all in this network namespace, which is itself what is locked: no file could be found by all. */
export function withNamespaceLock<T>(action: () => Promise<T>): Promise<T> {
  return withLock('/proc/thread-self/ns/net', O_RDONLY, 'lslocks', action);
}

async function withLock<T>(
  path: string,
  flags: number,
  whoHasIt: string,
  action: () => Promise<T>,
): Promise<T> {
  const fd = check(open(path, flags, 0o600), `open ${path}`);
  try {
    const giveUpMs = performance.now() + PATIENCE_MS;
    for (;;) {
      const locked = tryLock(fd);
      if (locked === 0) break;
      if (locked !== -Errno.EAGAIN) check(locked, `lock ${path}`);
      if (performance.now() > giveUpMs) throw busy(whoHasIt);
      await sleep(RETRY_MS);
    }
    return await action();
  } finally {
    close(fd);
  }
}

function busy(whoHasIt: string): Error {
  return environmentError(
    'E_SETUP_LOCK',
    `another netemu has been starting for ${PATIENCE_MS / 1000} s`,
    `see which: ${whoHasIt}`,
  );
}
