/**
 * How fast and how true the live path is: `npm run bench live -- [--rounds N] [--markdown] [--smoke]`.
 *
 * In each round all ways (ways.ts) are measured one after the other, beginning with another one each
 * time, so that what disturbs the machine disturbs all of them; a ratio is the median of the rounds'
 * ratios. Sender and receiver share the first processor and the forwarder has the last for itself,
 * whatever the machine. So `packets/s` is what arrives at the receiver's socket while the sender
 * offers more than the forwarder can take: with a rate that is lost in part, the forwarder's capacity is
 * the one thing that decides. For round trips and lateness every process runs where the kernel puts it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { NetnsLab } from '../../test/support/netns-lab.js';
import { latenessTable, type Samples, waysTable } from './report.js';
import { CompiledTraffic, compilePrograms, IperfTraffic, type Traffic } from './traffic.js';
import { closeNetemu, openNetemu, openWay, PORT, pin, WAY_NAMES, type WayName } from './ways.js';

/** Of the C programs; benchmarks run in the clone's root (scripts/bench). */
const SOURCES = resolve('bench/live');

interface Sizes {
  readonly rounds: number;
  readonly warmMs: number;
  readonly windowMs: number;
  readonly pings: number;
  readonly latenessMs: number;
}

const FULL: Sizes = { rounds: 7, warmMs: 700, windowMs: 1_000, pings: 1_500, latenessMs: 4_000 };
const SMOKE: Sizes = { rounds: 1, warmMs: 100, windowMs: 100, pings: 20, latenessMs: 200 };

/** Far below what saturates, so that CPU time per packet has the price of waiting in it. */
const CALM_RATE = 20_000;
const LATENESS_RATES = [1_000, 20_000];
const LATENESS_RULE = `udp:${PORT} delay 10ms`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
});
const sizes = { ...(options.smoke ? SMOKE : FULL) };
if (options.rounds !== undefined) sizes.rounds = Number(options.rounds);

if (process.getuid?.() !== 0) {
  console.error('bench live makes network namespaces and runs `netemu up`: run it as root');
  process.exit(3);
}

const processors = allowedProcessors();
const programs = mkdtempSync(join(tmpdir(), 'netemu-bench-'));
const lab = new NetnsLab();
try {
  const compiled = compilePrograms(SOURCES, programs);
  if (!compiled) console.log('no C compiler: without the C loop and round trips, load by iperf3');
  const traffic = compiled ? new CompiledTraffic(lab, programs) : new IperfTraffic(lab);
  const names = WAY_NAMES.filter((name) => compiled || name !== 'C loop');
  const samples: Samples = new Map();
  for (let round = 0; round < sizes.rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      await measureWay(names[(round + i) % names.length], traffic, samples);
    }
    for (const rate of LATENESS_RATES) await measureLateness(rate, traffic, samples);
  }
  console.log(machine());
  console.log(waysTable(names, samples, options.markdown));
  console.log(latenessTable(LATENESS_RATES, samples, options.markdown));
} finally {
  await lab.close();
  rmSync(programs, { recursive: true });
}

async function measureWay(name: WayName, traffic: Traffic, samples: Samples): Promise<void> {
  const way = await openWay(name, lab, programs);
  try {
    const { warmMs, windowMs } = sizes;
    const load = { warmMs, windowMs, pid: way.pid, processors: processors.first };
    pin(way, processors.last);
    for (const direction of ['out', 'in'] as const) {
      const full = await traffic.deliver({ ...load, direction, rate: 0 });
      note(samples, `${name} packets/s ${direction}`, full.packetsPerSecond);
      note(samples, `${name} CPU ${direction}`, full.cpuUsPerPacket);
    }
    const calm = await traffic.deliver({ ...load, direction: 'out', rate: CALM_RATE });
    note(samples, `${name} CPU calm`, calm.cpuUsPerPacket);
    pin(way, processors.all);
    const trips = await traffic.roundTrips(sizes.pings);
    if (trips === null) return;
    note(samples, `${name} RTT p50`, trips.p50Us);
    note(samples, `${name} RTT p99`, trips.p99Us);
  } finally {
    await way.close();
  }
}

/** From the very first packet of a new instance. */
async function measureLateness(rate: number, traffic: Traffic, samples: Samples): Promise<void> {
  const netemu = await openNetemu(lab, LATENESS_RULE);
  await traffic.deliver({
    direction: 'out',
    rate,
    warmMs: 0,
    windowMs: sizes.latenessMs,
    pid: 0,
    processors: processors.all,
  });
  const { latenessNs, rules } = await closeNetemu(netemu);
  if (rules[0].out.delayed === 0) throw new Error('no packet was delayed');
  note(samples, `lateness ${rate} p50`, latenessNs.p50 / 1e3);
  note(samples, `lateness ${rate} p99`, latenessNs.p99 / 1e3);
  note(samples, `lateness ${rate} p99.9`, latenessNs.p999 / 1e3);
  note(samples, `lateness ${rate} max`, latenessNs.max / 1e3);
}

function note(samples: Samples, key: string, value: number): void {
  const list = samples.get(key);
  if (list) list.push(value);
  else samples.set(key, [value]);
}

/** Of a container it may be any of the machine's. */
function allowedProcessors(): { first: string; last: string; all: string } {
  const status = readFileSync('/proc/self/status', 'latin1');
  const all = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)![1];
  const numbers = all.split(/[,-]/);
  return { first: numbers[0], last: numbers.at(-1)!, all };
}

function machine(): string {
  const [{ model }] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const date = new Date().toISOString().slice(0, 10);
  return [
    `${date}: ${availableParallelism()} × ${model.trim()}, ${memory}, Linux ${release()}, Node ${process.versions.node};`,
    `medians of ${sizes.rounds} interleaved rounds, datagrams of 64 bytes.`,
  ].join(' ');
}
