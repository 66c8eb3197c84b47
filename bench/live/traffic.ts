/** UDP by traffic.c: packets/s, the forwarder's CPU time for each, round trips. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Place } from './place.js';
import type { OpenWay } from './ways.js';

export const PORT = 5201;

/** `up` is from inside to outside. */
export type Direction = 'up' | 'down';

interface Window {
  /** Not counted: what is cold gets warm. */
  readonly warmMs: number;
  readonly windowMs: number;
}

export interface Load extends Window {
  readonly direction: Direction;
  readonly bytes: number;
  /** Packets/s, evenly spaced; 0: as many as the sender can. */
  readonly rate: number;
}

export interface Search extends Window {
  readonly bytes: number;
  /** Packets/s, somewhere near what is looked for. */
  readonly startRate: number;
  readonly steps: number;
}

export interface Delivered {
  readonly packetsPerSecond: number;
  /** Of the way's processes together. */
  readonly cpuUsPerPacket: number;
}

export interface RoundTrips {
  readonly p50Us: number;
  readonly p99Us: number;
}

const SOURCES = ['traffic', 'tap-loop', 'tun-loop'];
const PING_BYTES = 64;
const PING_GAP_US = 1_000;
const PATIENCE_MS = 60_000;

/** Sender and receiver run on the processors given, a list as taskset(1) takes it. */
export class Traffic {
  readonly #program: string;
  readonly #processors: string;

  constructor(programs: string, processors: string) {
    this.#program = join(programs, 'traffic');
    this.#processors = processors;
  }

  load(way: OpenWay, load: Load): Delivered {
    const { direction, bytes, rate, warmMs, windowMs } = load;
    const [from, to] = direction === 'up' ? [way.inside, way.outside] : [way.outside, way.inside];
    const numbers = [bytes, rate, warmMs, windowMs, ...way.pids];
    const { packets, windowNs, cpuNs } = this.#run('load', from, to, numbers);
    return {
      packetsPerSecond: packets / (windowNs / 1e9),
      cpuUsPerPacket: cpuNs / 1e3 / packets,
    };
  }

  /** The highest rate, in packets/s, of which less than 1 in 1,000 is lost on its way up. */
  steadyRate(way: OpenWay, search: Search): number {
    const { bytes, startRate, steps, warmMs, windowMs } = search;
    const numbers = [bytes, Math.round(startRate), steps, warmMs, windowMs];
    return this.#run('steady', way.inside, way.outside, numbers).packetsPerSecond;
  }

  /** One at a time, 1 ms apart. */
  roundTrips(way: OpenWay, count: number): RoundTrips {
    const numbers = [PING_BYTES, count, PING_GAP_US];
    const { p50Ns, p99Ns } = this.#run('trips', way.inside, way.outside, numbers);
    return { p50Us: p50Ns / 1e3, p99Us: p99Ns / 1e3 };
  }

  #run(what: string, from: Place, to: Place, numbers: readonly number[]): Record<string, number> {
    const ends = [from.netns, to.netns, to.address, PORT].map(String);
    const command = [this.#program, what, ...ends, ...numbers.map(String)];
    const text = execFileSync('taskset', ['-c', this.#processors, ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
    });
    return JSON.parse(text) as Record<string, number>;
  }
}

/** Compiles the C programs into the directory; false where there is no C compiler. */
export function compilePrograms(sources: string, directory: string): boolean {
  try {
    for (const name of SOURCES) {
      const [source, made] = [join(sources, `${name}.c`), join(directory, name)];
      const args = ['-O2', '-Wall', '-o', made, source, '-lm'];
      execFileSync('cc', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
