/** Network namespaces as the benchmark sees them: a file that names one, and programs that run in it. */
import { execFileSync, spawn } from 'node:child_process';
import type { NetnsLab, Running } from '../../test/support/netns-lab.js';

/** One end of a way. */
export interface Place {
  /** A file, as `nsenter --net=` takes it. */
  readonly netns: string;
  /** Where the other end reaches it. */
  readonly address: string;
}

/** A way that this machine cannot have; the message says why. */
export class NotHere extends Error {}

const PATIENCE_MS = 10_000;

export function namedNetns(name: string): string {
  return `/run/netns/${name}`;
}

export function netnsOf(pid: number): string {
  return `/proc/${pid}/ns/net`;
}

/** The laboratory ends what is still running when it closes; and it ends with this process. */
export function startIn(
  lab: NetnsLab,
  netns: string,
  program: string,
  ...args: readonly string[]
): Running {
  const options = { stdio: ['ignore', 'pipe', 'pipe'] as 'ignore'[], env: lab.environment() };
  const command = ['nsenter', `--net=${netns}`, program, ...args];
  return lab.watch(spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], options));
}

/** Runs a short program to its good end and returns what it printed. */
export function runIn(netns: string, program: string, ...args: readonly string[]): string {
  return execFileSync('nsenter', [`--net=${netns}`, program, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
  });
}

/** A namespace whose way out is a default route: its own address, and that of the gateway. */
export function defaultRoute(netns: string): { address: string; gateway: string } {
  const ip = (...args: string[]) => JSON.parse(runIn(netns, 'ip', '-j', '-4', ...args));
  const [route] = ip('route', 'show', 'default') as [{ gateway: string; dev: string }];
  type Shown = { addr_info: { local: string }[] }[];
  const devices = ip('addr', 'show', 'dev', route.dev) as Shown;
  return { address: devices[0].addr_info[0].local, gateway: route.gateway };
}

/** Null where there is no such program. */
export function findProgram(name: string): string | null {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
