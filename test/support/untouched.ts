/** Checks that nothing of netemu is left in a lab: no process, no file, no trace in the kernel. */
import { expect } from 'vitest';
import { differences, readKernelState } from './kernel-watch.js';
import { leftFiles } from './left-files.js';
import type { NetnsLab } from './netns-lab.js';
import { becomes, commandLine, isGone } from './processes.js';

const PATIENCE_MS = 10_000;

/** What a later check compares with. The processes that are there now may stay. */
export interface Untouched {
  /** Fails with what is left. A guardian may take a moment to follow its instance. */
  check(): Promise<void>;
}

export async function rememberState(lab: NetnsLab): Promise<Untouched> {
  const residents = lab.pids(lab.near);
  const before = await readKernelState(lab.near);
  const strangers = () =>
    lab.pids(lab.near).filter((pid) => !residents.includes(pid) && !isGone(pid));
  return {
    async check() {
      await becomes(() => strangers().length === 0, PATIENCE_MS);
      expect(strangers().map(commandLine), 'processes that are left').toEqual([]);
      const after = await readKernelState(lab.near);
      expect(differences(before, after), 'what has changed in the kernel').toBe('');
      expect(leftFiles(lab), 'files that are left').toEqual([]);
    },
  };
}
