/**
 * The ways between two ends that are compared: nothing but a veth, netemu, what netemu would cost if it
 * did nothing (C loops over the very same devices), and mahimahi. Each is opened in namespaces of
 * its own, which vanish with it, so that nothing of one way (conntrack, rules of a firewall) is in another.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstanceStatus } from '../../src/control/types.js';
import { NetnsLab } from '../../test/support/netns-lab.js';
import { openMahimahi } from './mahimahi.js';
import { defaultRoute, namedNetns, netnsOf, type Place, runIn } from './place.js';

/** What the tables call them, by what `--only` calls them. */
export const WAYS = {
  veth: 'veth alone',
  up: 'up',
  'up-record': 'up, recorded',
  'tap-loop': 'C loop, TAPs',
  run: 'run',
  'run-loss': 'run, loss 1%',
  'run-delay': 'run, delay 10ms',
  'tun-headers': 'C loop, headers',
  'tun-plain': 'C loop, plain',
  mahimahi: 'mm-delay 0',
} as const;
export type WayId = keyof typeof WAYS;
export const WAY_IDS = Object.keys(WAYS) as WayId[];

/** Matches everything and does nothing. */
const IDLE_RULE = 'any';
const DELAY_RULE = 'any delay 10ms';
const DEVICE = 'v0';
const INSTANCE = 'bench';
/** Far beyond the bandwidth-delay product: else TCP's own buffers would be what is measured. */
const BUFFERS = '4096 262144 268435456';

const TAP_LOOP_LAUNCHER = fileURLToPath(new URL('./tap-loop-launcher.js', import.meta.url));
const TUN_LOOP_LAUNCHER = fileURLToPath(new URL('./tun-loop-launcher.js', import.meta.url));

export interface OpenWay {
  readonly lab: NetnsLab;
  /** The impaired host, or the command: `up` goes from here to `outside`. */
  readonly inside: Place;
  readonly outside: Place;
  /** The processes that forward; none where the kernel does it alone. */
  readonly pids: readonly number[];
  close(): Promise<void>;
}

/** A way of netemu, which can tell how late it was. */
export interface OpenNetemu extends OpenWay {
  status(): Promise<InstanceStatus>;
}

/** `programs` is the directory of the compiled C programs. Throws where the way cannot be had here. */
export function openWay(id: WayId, programs: string): Promise<OpenWay> {
  return inLab((lab) => {
    switch (id) {
      case 'veth':
        return vethEnds(lab, []);
      case 'up':
        return openUp(lab, IDLE_RULE);
      case 'up-record':
        return openUp(lab, IDLE_RULE, '--record', join(lab.runtimeDir, 'bench.pcapng'));
      case 'tap-loop':
        return openTapLoop(lab, join(programs, 'tap-loop'));
      case 'run':
        return openRun(lab, IDLE_RULE);
      case 'run-loss':
        return openRun(lab, `${IDLE_RULE} loss 1%`);
      case 'run-delay':
        return openRun(lab, DELAY_RULE);
      case 'tun-headers':
        return openTunLoop(lab, join(programs, 'tun-loop'), 'headers');
      case 'tun-plain':
        return openTunLoop(lab, join(programs, 'tun-loop'), 'plain');
      case 'mahimahi':
        return openMahimahi(lab, programs);
    }
  });
}

/** With a delay of 10 ms. */
export function openDelaying(id: 'up' | 'run'): Promise<OpenNetemu> {
  return inLab((lab) => (id === 'up' ? openUp : openRun)(lab, DELAY_RULE));
}

/** An opened way without its laboratory, and what must be done before that closes. */
type Opened<W extends OpenWay> = Omit<W, 'lab' | 'close'> & {
  readonly end?: () => Promise<unknown>;
};

async function inLab<W extends OpenWay>(
  open: (lab: NetnsLab) => Opened<W> | Promise<Opened<W>>,
): Promise<W> {
  const lab = new NetnsLab();
  try {
    const { end, ...opened } = await open(lab);
    const close = async () => {
      await end?.();
      await lab.close();
    };
    return { ...opened, lab, close } as unknown as W;
  } catch (error) {
    await lab.close();
    throw error;
  }
}

function vethEnds(lab: NetnsLab, pids: readonly number[]): Opened<OpenWay> {
  return {
    inside: { netns: namedNetns(lab.near), address: lab.near4 },
    outside: { netns: namedNetns(lab.far), address: lab.far4 },
    pids,
  };
}

async function openUp(
  lab: NetnsLab,
  rule: string,
  ...options: string[]
): Promise<Opened<OpenNetemu>> {
  const netemu = await lab.up(rule, '--name', INSTANCE, ...options);
  const status = () => lab.statusSample(INSTANCE);
  return { ...vethEnds(lab, [netemu.pid]), status, end: () => netemu.end() };
}

async function openTapLoop(lab: NetnsLab, program: string): Promise<Opened<OpenWay>> {
  const args = [TAP_LOOP_LAUNCHER, program, DEVICE, IDLE_RULE];
  const launcher = lab.start(lab.near, process.execPath, ...args);
  const [, pid] = await launcher.printed(/^live (\d+)\n/m);
  return { ...vethEnds(lab, [Number(pid)]), end: () => launcher.end() };
}

async function openRun(lab: NetnsLab, rule: string): Promise<Opened<OpenNetemu>> {
  leadToWorld(lab);
  const command = ['sh', '-c', 'echo inside $$; exec sleep 600'];
  const netemu = lab.netemu('run', rule, '--name', INSTANCE, '--', ...command);
  const [, pid] = await netemu.printed(/^inside (\d+)\n/m);
  const ends = endsOf(lab, netnsOf(Number(pid)));
  if (rule === DELAY_RULE) {
    const settings = ['tcp_rmem', 'tcp_wmem'].map((key) => `net.ipv4.${key}=${BUFFERS}`);
    for (const { netns } of Object.values(ends)) runIn(netns, 'sysctl', '-qw', ...settings);
  }
  const status = () => lab.statusSample(INSTANCE);
  return { ...ends, pids: [netemu.pid], status, end: () => netemu.end() };
}

async function openTunLoop(
  lab: NetnsLab,
  program: string,
  headers: 'headers' | 'plain',
): Promise<Opened<OpenWay>> {
  leadToWorld(lab);
  const launcher = lab.start(lab.near, process.execPath, TUN_LOOP_LAUNCHER, program, headers);
  const [, pid, fd] = await launcher.printed(/^live (\d+) (\d+)\n/m);
  return {
    ...endsOf(lab, `/proc/${launcher.pid}/fd/${fd}`),
    pids: [Number(pid)],
    end: () => launcher.end(),
  };
}

/** The caller's namespace has a default route, as hosts have. */
function leadToWorld(lab: NetnsLab): void {
  lab.run(lab.near, 'ip', 'route', 'add', 'default', 'via', lab.far4);
}

/** From the command's namespace to the caller's. */
function endsOf(lab: NetnsLab, netns: string): { inside: Place; outside: Place } {
  const { address, gateway } = defaultRoute(netns);
  return {
    inside: { netns, address },
    outside: { netns: namedNetns(lab.near), address: gateway },
  };
}

/** Lets all threads of the way's processes run on these processors only, a list as taskset(1) takes it. */
export function pin(way: OpenWay, processors: string): void {
  for (const pid of way.pids) {
    execFileSync('taskset', ['-a', '-p', '-c', processors, String(pid)], { stdio: 'ignore' });
  }
}
