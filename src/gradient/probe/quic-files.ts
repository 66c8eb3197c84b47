/** Temporary files without a name: nothing of them is left, however the prober ends. */
import { closeSync, constants, ftruncateSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** O_TMPFILE of open(2), which node does not have: x86 and ARM, as nearly all, have the same bit. */
const NAMELESS = 0o20_000_000 | constants.O_DIRECTORY | constants.O_RDWR;

/** Where the file system of the one for temporary files has none: that is always in memory. */
const IN_MEMORY = '/dev/shm';

/** An open file, to read and to write; the caller closes it. `bytes` zeros take no place on the disk. */
export function namelessFile(bytes = 0): number {
  const fd = opened();
  try {
    ftruncateSync(fd, bytes);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

function opened(): number {
  try {
    return openSync(tmpdir(), NAMELESS, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EOPNOTSUPP' && code !== 'EISDIR') throw error;
    return openSync(IN_MEMORY, NAMELESS, 0o600);
  }
}
