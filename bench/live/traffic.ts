/** The load: what sends packets from one end to the other and measures what arrives. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetnsLab, Running } from '../../test/support/netns-lab.js';
import { PORT } from './ways.js';

/** As the impaired end sees it: `out` is from near to far. */
export type Direction = 'out' | 'in';

export interface Flow {
  readonly direction: Direction;
  /** Packets/s, evenly spaced; 0: as many as the sender can. */
  readonly rate: number;
  /** Not counted: what is cold gets warm. */
  readonly warmMs: number;
  readonly windowMs: number;
  /** The process whose CPU time is taken; 0: none. */
  readonly pid: number;
  /** Where sender and receiver run, as taskset(1) takes it. */
  readonly processors: string;
}

export interface Delivered {
  readonly packetsPerSecond: number;
  readonly cpuUsPerPacket: number;
}

export interface RoundTrips {
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface Traffic {
  deliver(flow: Flow): Promise<Delivered>;
  /** One at a time, 1 ms apart; null where this load cannot measure them. */
  roundTrips(count: number): Promise<RoundTrips | null>;
}

const SENDER_STARTS_MS = 300;
const PING_GAP_US = 1_000;

/** By traffic.c. */
export class CompiledTraffic implements Traffic {
  readonly #lab: NetnsLab;
  readonly #program: string;

  constructor(lab: NetnsLab, programs: string) {
    this.#lab = lab;
    this.#program = join(programs, 'traffic');
  }

  async deliver({ direction, rate, warmMs, windowMs, pid, processors }: Flow): Promise<Delivered> {
    const { sender, receiver, host } = ends(this.#lab, direction);
    const sink = this.#start(receiver, processors, 'sink', PORT, warmMs, windowMs, pid);
    await sink.printed(/^ready$/m);
    const sendMs = warmMs + windowMs + SENDER_STARTS_MS;
    const send = this.#start(sender, processors, 'send', host, PORT, sendMs, rate);
    const { packets, windowNs, cpuNs } = await resultOf(sink);
    await send.end();
    return {
      packetsPerSecond: packets / (windowNs / 1e9),
      cpuUsPerPacket: cpuNs / 1e3 / packets,
    };
  }

  async roundTrips(count: number): Promise<RoundTrips> {
    const { near, far, far4 } = this.#lab;
    const echo = this.#lab.start(far, this.#program, 'echo', String(PORT));
    await echo.printed(/^ready$/m);
    const args = ['ping', far4, PORT, count, PING_GAP_US].map(String);
    const { p50Ns, p99Ns } = await resultOf(this.#lab.start(near, this.#program, ...args));
    await echo.end();
    return { p50Us: p50Ns / 1e3, p99Us: p99Ns / 1e3 };
  }

  #start(namespace: string, processors: string, ...args: (string | number)[]): Running {
    const command = ['-c', processors, this.#program, ...args.map(String)];
    return this.#lab.start(namespace, 'taskset', ...command);
  }
}

async function resultOf(running: Running): Promise<Record<string, number>> {
  const { code, stdout, stderr } = await running.finished;
  if (code !== 0) throw new Error(`${running.child.spawnargs.join(' ')}: ${stderr}`);
  return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Record<string, number>;
}

function ends(lab: NetnsLab, direction: Direction) {
  return direction === 'out'
    ? { sender: lab.near, receiver: lab.far, host: lab.far4 }
    : { sender: lab.far, receiver: lab.near, host: lab.near4 };
}

const PAYLOAD_BYTES = 64;

interface IperfReport {
  readonly end: { readonly sum: { packets: number; lost_packets: number; seconds: number } };
}

/** By iperf3, in whole seconds. */
export class IperfTraffic implements Traffic {
  readonly #lab: NetnsLab;

  constructor(lab: NetnsLab) {
    this.#lab = lab;
  }

  async deliver({ direction, rate, warmMs, windowMs, pid, processors }: Flow): Promise<Delivered> {
    const { sender, receiver, host } = ends(this.#lab, direction);
    const iperf = ['-c', processors, 'iperf3'];
    const serve = [...iperf, '-s', '-1', '-p', String(PORT), '--forceflush'];
    const server = this.#lab.start(receiver, 'taskset', ...serve);
    await server.printed(/listening/);
    const seconds = String(Math.ceil((warmMs + windowMs) / 1_000));
    const bits = String(rate * PAYLOAD_BYTES * 8);
    const load = ['-u', '-l', String(PAYLOAD_BYTES), '-b', bits, '-t', seconds, '-J'];
    const client = [...iperf, '-c', host, '-p', String(PORT), ...load];
    const cpuBeforeMs = cpuTimeMs(pid);
    const report = this.#lab.run(sender, 'taskset', ...client);
    const cpuMs = cpuTimeMs(pid) - cpuBeforeMs;
    await server.end();
    const {
      packets,
      lost_packets,
      seconds: tookSeconds,
    } = (JSON.parse(report) as IperfReport).end.sum;
    const delivered = packets - lost_packets;
    return {
      packetsPerSecond: delivered / tookSeconds,
      cpuUsPerPacket: (cpuMs * 1e3) / delivered,
    };
  }

  async roundTrips(): Promise<null> {
    return null;
  }
}

/** utime and stime, proc(5); the kernel shows them in ticks of 10 ms on every platform. */
function cpuTimeMs(pid: number): number {
  if (pid === 0) return 0;
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Compiles traffic.c and loop.c into the directory; false where there is no C compiler. */
export function compilePrograms(sources: string, directory: string): boolean {
  try {
    for (const name of ['traffic', 'loop']) {
      const [source, made] = [join(sources, `${name}.c`), join(directory, name)];
      execFileSync('cc', ['-O2', '-o', made, source], { stdio: ['ignore', 'ignore', 'inherit'] });
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
