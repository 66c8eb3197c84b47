/** Processes as /proc shows them: which children one has, and whether it is still there. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** All children, those that its other threads have started too. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1')
        .split(' ')
        .filter((child) => child !== '')
        .map(Number),
    );
  } catch {
    return []; // It has ended.
  }
}

/** The guardian of the instance whose main process is `pid`; null when there is none (yet). */
export function guardianOf(pid: number): number | null {
  const isGuardian = (child: number) => commandLine(child).includes('guardian-main.js');
  return childrenOf(pid).find(isGuardian) ?? null;
}

export function commandLine(pid: number): string {
  return readProc(pid, 'cmdline').replaceAll('\0', ' ');
}

/** A zombie is gone: it holds nothing any more. */
export function isGone(pid: number): boolean {
  const stat = readProc(pid, 'stat');
  return stat === '' || /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(readProc(pid, 'status'))?.[1] ?? 0) * 1024;
}

/** Sends the signal; false when the process has ended already. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Asks again every 10 ms; false when it is still not so after `patienceMs`. */
export async function becomes(
  isSo: () => boolean | Promise<boolean>,
  patienceMs: number,
): Promise<boolean> {
  const giveUpMs = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > giveUpMs) return false;
    await sleep(10);
  }
  return true;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
