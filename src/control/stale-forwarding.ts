/**
 * Settings that runs have left changed which were killed together with their guardians: every command that
 * deals with instances puts them back. Costs a look at a directory where there are none.
 */
import { readdirSync } from 'node:fs';
import { FORWARDING_STATE } from '../host/state-files.js';
import { commonDir, runtimeDir } from './runtime-dir.js';

export async function restoreStaleForwarding(): Promise<void> {
  for (const directory of new Set([commonDir(), runtimeDir()])) {
    if (!hasStates(directory)) continue;
    const { restoreForwarding } = await import('../host/forwarding.js');
    // Without the rights, or the programs, for it this is not the command that can.
    await restoreForwarding(directory).catch(() => {});
  }
}

function hasStates(directory: string): boolean {
  try {
    return readdirSync(directory).some((name) => name.startsWith(FORWARDING_STATE));
  } catch {
    return false;
  }
}
