/**
 * The ways between the two ends of a veth that are compared: the veth alone, a C loop over the TAPs
 * and the table that `netemu up` makes, and `netemu up` itself with a rule that does nothing.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstanceStatus } from '../../src/control/types.js';
import type { NetnsLab, Running } from '../../test/support/netns-lab.js';

export const DEVICE = 'v0';
export const PORT = 5201;

export const WAY_NAMES = ['veth alone', 'C loop', 'netemu up'] as const;
export type WayName = (typeof WAY_NAMES)[number];

const C_LOOP_LAUNCHER = fileURLToPath(new URL('./c-loop-launcher.js', import.meta.url));

export interface OpenWay {
  /** The process that forwards; 0 where the kernel does it alone. */
  readonly pid: number;
  close(): Promise<void>;
}

/** `programs` is the directory of the compiled C programs. */
export async function openWay(name: WayName, lab: NetnsLab, programs: string): Promise<OpenWay> {
  switch (name) {
    case 'veth alone':
      return { pid: 0, close: async () => {} };
    case 'C loop':
      return openCLoop(lab, join(programs, 'loop'));
    case 'netemu up': {
      const netemu = await openNetemu(lab, `udp:${PORT}`);
      return { pid: netemu.pid, close: async () => void (await closeNetemu(netemu)) };
    }
  }
}

async function openCLoop(lab: NetnsLab, program: string): Promise<OpenWay> {
  const args = [C_LOOP_LAUNCHER, program, DEVICE, `udp:${PORT}`];
  const launcher = lab.start(lab.near, process.execPath, ...args);
  const [, pid] = await launcher.printed(/^live (\d+)\n/m);
  return { pid: Number(pid), close: async () => void (await launcher.end()) };
}

export function openNetemu(lab: NetnsLab, rule: string): Promise<Running> {
  return lab.up(rule, '--json');
}

/** Returns the last status. */
export async function closeNetemu(running: Running): Promise<InstanceStatus> {
  const { code, stdout, stderr } = await running.end();
  if (code !== 0) throw new Error(`netemu up ended with exit code ${code}:\n${stderr}`);
  return JSON.parse(stdout) as InstanceStatus;
}

/** Lets all threads of the process run on these processors only (a list as taskset(1) takes it). */
export function pin(way: OpenWay, processors: string): void {
  if (way.pid === 0) return;
  execFileSync('taskset', ['-a', '-p', '-c', processors, String(way.pid)], { stdio: 'ignore' });
}
