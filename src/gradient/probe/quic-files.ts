/** Temporary files that have lost their name at once: nothing of them is left, however the prober ends. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An open file, to read and to write; the caller closes it. `bytes` zeros take no place on the disk. */
export function namelessFile(bytes = 0): number {
  const folder = mkdtempSync(join(tmpdir(), 'netemu-probe-'));
  try {
    const fd = openSync(join(folder, 'file'), 'wx+', 0o600);
    try {
      ftruncateSync(fd, bytes);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return fd;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
