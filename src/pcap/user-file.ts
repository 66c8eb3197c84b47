/**
 * Files that the user named for netemu to write: netemu mostly runs by sudo, and what it makes is to
 * belong to the user who typed that, not to root.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';

const STANDARD_INPUT = 0;

/**
 * What is new belongs to who typed sudo; what was there, a device or a pipe too, stays whose it is.
 * `'w'` empties a file that was there, `'a'` does not. Throws what `fs.openSync` throws.
 */
export function openForUser(file: string, flag: 'a' | 'w'): number {
  const { SUDO_UID: uid, SUDO_GID: gid } = process.env;
  try {
    const fd = fs.openSync(file, `${flag}x`);
    const isRoot = process.getuid?.() === 0;
    if (isRoot && uid !== undefined && gid !== undefined)
      fs.fchownSync(fd, Number(uid), Number(gid));
    return fd;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return fs.openSync(file, flag);
  }
}

/**
 * Whether writing `output` would overwrite `input`, of which `-` is standard input. Two programs may well
 * share a pipe or a device.
 */
export function isSameFile(input: string, output: string): boolean {
  try {
    const from = input === '-' ? fs.fstatSync(STANDARD_INPUT) : fs.statSync(input);
    const to = fs.statSync(output);
    return to.isFile() && from.dev === to.dev && from.ino === to.ino;
  } catch {
    // One of them is not there yet.
    return path.resolve(input) === path.resolve(output);
  }
}
