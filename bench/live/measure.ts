/**
 * One round of one way. TCP first, everything where the kernel puts it. For packets/s and CPU time sender
 * and receiver share the first processor and the forwarder has the last for itself, whatever the machine.
 * For round trips and lateness everything runs again where the kernel puts it.
 */
import { readFileSync } from 'node:fs';
import { moveBulk, startServer } from './iperf.js';
import type { Samples } from './samples.js';
import { Traffic } from './traffic.js';
import { type OpenWay, openDelaying, openWay, pin, WAYS, type WayId } from './ways.js';

/** What `--rows` takes. */
export const ROWS = ['tcp', 'flood', 'steady', 'calm', 'trips', 'memory', 'lateness'] as const;
export type Row = (typeof ROWS)[number];

export interface Sizes {
  readonly warmMs: number;
  readonly windowMs: number;
  readonly streams: readonly number[];
  /** Of TCP, as iperf3 takes it. */
  readonly amount: readonly string[];
  readonly searchSteps: number;
  readonly stepMs: number;
  readonly pings: number;
  /** By packets/s. */
  readonly latenessMs: Readonly<Record<number, number>>;
}

export interface Processors {
  readonly first: string;
  readonly last: string;
  readonly all: string;
}

const SMALL_BYTES = 64;
const LARGE_BYTES = 1_200;
/** Far below what saturates, so that CPU time per packet has the price of waiting in it. */
const CALM_RATE = 20_000;
const STEP_WARM_MS = 60;

/** Those whose packets/s would say something about their rule, not about the way. */
const IMPAIRED: readonly WayId[] = ['run-loss', 'run-delay'];
/** One frame a packet: super-packets are what its table's owner is for. */
const WITHOUT_TCP: readonly WayId[] = ['tap-loop'];

export class Measurement {
  readonly #programs: string;
  readonly #processors: Processors;
  readonly #sizes: Sizes;
  readonly #rows: ReadonlySet<Row>;
  readonly #samples: Samples;

  constructor(
    programs: string,
    processors: Processors,
    sizes: Sizes,
    rows: ReadonlySet<Row>,
    samples: Samples,
  ) {
    this.#programs = programs;
    this.#processors = processors;
    this.#sizes = sizes;
    this.#rows = rows;
    this.#samples = samples;
  }

  async way(id: WayId): Promise<void> {
    const way = await openWay(id, this.#programs);
    const note = (row: string, value: number) => this.#samples.note(WAYS[id], row, value);
    try {
      if (this.#rows.has('tcp') && !WITHOUT_TCP.includes(id)) await this.#tcp(way, note);
      if (!IMPAIRED.includes(id)) this.#packets(way, note);
      if (this.#rows.has('memory') && way.pids.length > 0) note('memory', residentMib(way));
    } finally {
      await way.close();
    }
  }

  async #tcp(way: OpenWay, note: Note): Promise<void> {
    const { amount, streams } = this.#sizes;
    await startServer(way);
    for (const count of streams) {
      for (const direction of ['up', 'down'] as const) {
        const moved = await moveBulk(way, { direction, streams: count, amount });
        note(`tcp ${direction} ${count}`, moved.gbitPerSecond);
        if (way.pids.length > 0) note(`tcp ${direction} ${count} CPU`, moved.cpuMsPerGb);
      }
    }
  }

  #packets(way: OpenWay, note: Note): void {
    const { warmMs, windowMs, searchSteps: steps, stepMs, pings } = this.#sizes;
    const { first, last, all } = this.#processors;
    const traffic = new Traffic(this.#programs, first);
    const noteCpu = (row: string, us: number) => way.pids.length > 0 && note(row, us);
    const load = { bytes: SMALL_BYTES, warmMs, windowMs };
    pin(way, last);
    const flooded = this.#rows.has('flood') || this.#rows.has('steady');
    const full = flooded ? traffic.load(way, { ...load, direction: 'up', rate: 0 }) : null;
    if (full !== null && this.#rows.has('flood')) {
      note('flood up', full.packetsPerSecond);
      noteCpu('flood up CPU', full.cpuUsPerPacket);
      const back = traffic.load(way, { ...load, direction: 'down', rate: 0 });
      note('flood down', back.packetsPerSecond);
      noteCpu('flood down CPU', back.cpuUsPerPacket);
    }
    if (full !== null && this.#rows.has('steady')) {
      const search = { steps, warmMs: STEP_WARM_MS, windowMs: stepMs };
      let startRate = full.packetsPerSecond;
      for (const bytes of [SMALL_BYTES, LARGE_BYTES]) {
        const found = traffic.steadyRate(way, { ...search, bytes, startRate });
        note(`steady ${bytes}`, found);
        startRate = Math.max(found, startRate / 2);
      }
    }
    if (this.#rows.has('calm')) {
      const calm = traffic.load(way, { ...load, direction: 'up', rate: CALM_RATE });
      noteCpu('calm CPU', calm.cpuUsPerPacket);
    }
    pin(way, all);
    if (!this.#rows.has('trips')) return;
    const trips = new Traffic(this.#programs, all).roundTrips(way, pings);
    note('trip p50', trips.p50Us);
    note('trip p99', trips.p99Us);
  }

  /** From the very first packet of a new instance. */
  async lateness(id: 'up' | 'run', rate: number): Promise<void> {
    const way = await openDelaying(id);
    try {
      const windowMs = this.#sizes.latenessMs[rate];
      const traffic = new Traffic(this.#programs, this.#processors.all);
      traffic.load(way, { direction: 'up', bytes: SMALL_BYTES, rate, warmMs: 0, windowMs });
      const { latenessNs, rules } = await way.status();
      if (rules[0].out.delayed === 0) throw new Error('no packet was delayed');
      for (const quantile of ['p50', 'p99', 'p999', 'max'] as const) {
        this.#samples.note(WAYS[id], `lateness ${rate} ${quantile}`, latenessNs[quantile] / 1e3);
      }
    } finally {
      await way.close();
    }
  }
}

type Note = (row: string, value: number) => void;

/** VmRSS of the way's processes. */
function residentMib(way: OpenWay): number {
  const kib = way.pids.map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmRSS:\s*(\d+)/m.exec(status)![1]);
  });
  return kib.reduce((total, one) => total + one, 0) / 1_024;
}
