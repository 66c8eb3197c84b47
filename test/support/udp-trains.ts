/**
 * Trains of datagrams by UDP_SEGMENT to three ports, each with a rule of its own, and a receiver that knows
 * each datagram. The last of each train is shorter than the others.
 */
import { join } from 'node:path';
import { type NetnsLab, PROGRAMS, type Running } from './netns-lab.js';
import { range } from './traffic.js';

export const CALLS = 50;
const SEGMENTS = 40;
const BYTES = 1_200;
const LAST_BYTES = 700;

/** To each port. */
export const DATAGRAMS = CALLS * SEGMENTS;

const [NTH_PORT, RANDOM_PORT, CORRUPT_PORT] = [6001, 6002, 6003];
const PORTS = [NTH_PORT, RANDOM_PORT, CORRUPT_PORT];

export const UDP_RULES = [
  `udp:${NTH_PORT} loss nth 2,7,10-12,2000 delay 2ms`,
  `udp:${RANDOM_PORT} loss 1%`,
  `udp:${CORRUPT_PORT} corrupt 1%`,
];
/** Of the first rule, from 0. */
export const NTH_LOST = [1, 6, 9, 10, 11, 1999];
/** Of the second rule, for the offline engine. */
export const LOSS_PORT = RANDOM_PORT;

/** A shell command that sends them all. */
export function sendTrains(address: string): string {
  const script = join(PROGRAMS, 'udp-trains.mjs');
  const sizes = `${CALLS} ${SEGMENTS} ${BYTES} ${LAST_BYTES}`;
  return PORTS.map((port) => `${process.execPath} ${script} ${address} ${port} ${sizes}`).join(
    ' && ',
  );
}

/** By rule. */
export interface Arrived {
  /** In the order of their arrival. */
  readonly numbers: readonly number[];
  /** That did not come, from 0. */
  readonly missing: readonly number[];
  /** That came, but not as they were sent. */
  readonly broken: number;
}

export class TrainReceiver {
  readonly #running: Running;

  private constructor(running: Running) {
    this.#running = running;
  }

  static async start(lab: NetnsLab, namespace: string, address: string): Promise<TrainReceiver> {
    const running = lab.program(namespace, 'udp-whole.mjs', address, ...PORTS);
    await running.printed(/ready/);
    return new TrainReceiver(running);
  }

  /** Waits until nothing comes any more. */
  async stop(): Promise<Arrived[]> {
    const { stdout } = await this.#running.end('SIGTERM');
    const ports: Omit<Arrived, 'missing'>[] = JSON.parse(stdout.replace(/^ready\n/, ''));
    return ports.map((port) => {
      const came = new Set(port.numbers);
      return { ...port, missing: range(DATAGRAMS).filter((number) => !came.has(number)) };
    });
  }
}
