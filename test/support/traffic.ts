/** The traffic programs of test/live/programs as functions: UDP that is counted, timed, echoed. */
import type { InstanceStatus } from '../../src/control/types.js';
import type { NetnsLab, Running } from './netns-lab.js';

/** What udp-count.mjs prints. */
export interface Received {
  readonly received: number;
  readonly distinct: number;
  readonly outOfOrder: number;
  /** In order of arrival. */
  readonly numbers: readonly number[];
  readonly delaysMs: readonly number[];
  /** When each was sent, by `process.hrtime`, which is the same for all programs. */
  readonly sentMs: readonly number[];
}

/** A UDP socket that notes the numbered packets it gets. */
export class Receiver {
  readonly #running: Running;

  constructor(running: Running) {
    this.#running = running;
  }

  static async start(
    lab: NetnsLab,
    namespace: string,
    address: string,
    port: number,
    group?: string,
  ): Promise<Receiver> {
    const groups = group === undefined ? [] : [group];
    const running = lab.program(namespace, 'udp-count.mjs', address, port, ...groups);
    await running.printed(/ready/);
    return new Receiver(running);
  }

  /** Waits until nothing comes any more. */
  async stop(): Promise<Received> {
    const { stdout } = await this.#running.end('SIGTERM');
    return JSON.parse(stdout.replace(/^ready\n/, ''));
  }
}

export interface Sending {
  readonly count: number;
  readonly perMs: number;
  readonly bytes?: number;
  readonly sourcePort?: number;
  /** The address of the interface that multicast leaves by. */
  readonly from?: string;
}

/** Sends numbered packets; resolves when the kernel has taken all of them. */
export async function send(
  lab: NetnsLab,
  namespace: string,
  host: string,
  port: number,
  sending: Sending,
): Promise<void> {
  const { count, perMs, bytes = 64, sourcePort = 0, from } = sending;
  const froms = from === undefined ? [] : [from];
  const args = [host, port, count, perMs, bytes, sourcePort, ...froms];
  await lab.program(namespace, 'udp-send.mjs', ...args).succeeded();
}

/** Round-trip times to a UDP echo server; null where no answer came. */
export async function pingUdp(
  lab: NetnsLab,
  host: string,
  port: number,
  count: number,
  intervalMs = 10,
  namespace = lab.near,
  patienceMs = 5_000,
): Promise<(number | null)[]> {
  const args = [host, port, count, intervalMs, patienceMs];
  const running = lab.program(namespace, 'udp-ping.mjs', ...args);
  return JSON.parse(await running.succeeded()).rttsMs;
}

/** Starts an echo server; on `::` it answers IPv4 as well. */
export async function startEcho(
  lab: NetnsLab,
  namespace: string,
  address: string,
  ...ports: number[]
): Promise<void> {
  await lab.program(namespace, 'udp-echo.mjs', address, ...ports).printed(/ready/);
}

/** The median of those that are there. */
export function median(values: readonly (number | null)[]): number {
  const present = values.filter((value): value is number => value !== null);
  if (present.length === 0) throw new Error('no value has come');
  return present.sort((a, b) => a - b)[Math.floor(present.length / 2)];
}

/** 0 … count − 1 without those that were received. */
export function missing(count: number, { numbers }: Received): number[] {
  const present = new Set(numbers);
  return Array.from({ length: count }, (_, number) => number).filter((n) => !present.has(n));
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** A counter of a namespace's UDP, IPv4 and IPv6 together, as /proc/net/snmp names it. */
export function udpCounter(
  lab: NetnsLab,
  namespace: string,
  name: 'InDatagrams' | 'RcvbufErrors' | 'InCsumErrors',
): number {
  const [names, values] = lab
    .run(namespace, 'grep', '^Udp:', '/proc/self/net/snmp')
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const ipv6 = lab.run(namespace, 'grep', `^Udp6${name}`, '/proc/self/net/snmp6');
  return Number(values[names.indexOf(name)]) + Number(ipv6.trim().split(/\s+/)[1]);
}

/** seen = passed + dropped + held, in every row. */
export function isBalanced(status: InstanceStatus): boolean {
  return status.rules
    .flatMap((rule) => [rule.out, rule.in])
    .every(({ seen, duplicated, passed, dropped, held }) => {
      const { loss, partition, queue, overflow } = dropped;
      return seen + duplicated === passed + held + loss + partition + queue + overflow;
    });
}
