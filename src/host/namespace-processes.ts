/** Processes in a network namespace, as /proc shows them: what a command has left running in its own. */
import { fstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isGuardian } from './run-guardian.js';

const POLL_MS = 20;

/** Asks all processes in the namespace to end and gives them that long; whoever is left, is left. */
export async function endProcessesIn(namespaceFd: number, patienceMs: number): Promise<void> {
  const pids = processesIn(namespaceFd);
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It has ended by itself.
    }
  }
  if (pids.length === 0) return;
  const giveUpMs = performance.now() + patienceMs;
  while (processesIn(namespaceFd).length > 0 && performance.now() < giveUpMs) await sleep(POLL_MS);
}

/** Without the guardians of runs inside this one: they end when their work is done. */
function processesIn(namespaceFd: number): number[] {
  const { dev, ino } = fstatSync(namespaceFd);
  const isIn = (pid: string) => {
    try {
      const namespace = statSync(`/proc/${pid}/ns/net`);
      if (namespace.ino !== ino || namespace.dev !== dev) return false;
      return !isGuardian(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
    } catch {
      return false;
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isIn(name))
    .map(Number);
}
