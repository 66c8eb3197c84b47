/**
 * mahimahi's `mm-delay 0`, where it is installed: its own namespace, two TUNs, and a process for each
 * direction. It is set-user-ID and refuses to be started by root, so it is started as a user without
 * privileges; and it calls iptables in a way that iptables refuses today (iptables.c).
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { NetnsLab, Running } from '../../test/support/netns-lab.js';
import { defaultRoute, findProgram, NotHere, namedNetns, netnsOf, type Place } from './place.js';

/** Where mm-delay looks for it. */
const IPTABLES = '/usr/sbin/iptables';
/** Debian's `nobody` and `nogroup`. */
const USER = ['--reuid=65534', '--regid=65534', '--clear-groups'];
const NAME = 'mm-delay';

export interface Mahimahi {
  readonly inside: Place;
  readonly outside: Place;
  readonly pids: readonly number[];
  end(): Promise<void>;
}

export async function openMahimahi(lab: NetnsLab, programs: string): Promise<Mahimahi> {
  const program = findProgram(NAME);
  if (program === null) throw new NotHere('mahimahi is not installed');
  if (!existsSync(IPTABLES)) throw new NotHere(`it needs ${IPTABLES}`);
  lab.sysctl(lab.near, 'net.ipv4.ip_forward', 1);
  const standIn = makeStandIn(programs);
  const command = `exec setpriv ${USER.join(' ')} ${program} 0 sh -c 'echo inside $$; exec sleep 600'`;
  const script = `mount --bind ${standIn} ${IPTABLES} && ${command}`;
  const shell = lab.start(lab.near, 'unshare', '--mount', 'sh', '-c', script);
  const [, pid] = await shell.printed(/^inside (\d+)\n/m).catch(() => {
    throw new NotHere(`it does not start: ${shell.stderr.trim()}`);
  });
  const inside = netnsOf(Number(pid));
  const { address, gateway } = defaultRoute(inside);
  const family = familyOf(shell.pid);
  const onExit = () => killAll(family);
  process.once('exit', onExit);
  return {
    inside: { netns: inside, address },
    outside: { netns: namedNetns(lab.near), address: gateway },
    pids: family.filter((member) => nameOf(member) === NAME),
    end: () => end(shell, family, onExit),
  };
}

/** Compiles iptables.c for a copy of the real one, over which it will be mounted. */
function makeStandIn(programs: string): string {
  const [real, standIn] = [join(programs, 'xtables'), join(programs, 'iptables')];
  copyFileSync(realpathSync(IPTABLES), real);
  execFileSync('cc', ['-O2', `-DREAL="${real}"`, '-o', standIn, join('bench/live', 'iptables.c')]);
  return standIn;
}

/** It ends what it has started, but not when it is killed, as by the end of this process. */
async function end(shell: Running, family: readonly number[], onExit: () => void): Promise<void> {
  await shell.end('SIGTERM');
  process.off('exit', onExit);
  killAll(family);
}

function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

/** The process and all that come from it. */
function familyOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  const children = readFileSync(path, 'latin1').split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

function nameOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
}
