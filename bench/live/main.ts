/**
 * How fast and how true the live path is:
 *
 *     npm run bench live -- [--rounds N] [--only WAY,…] [--rows ROW,…] [--markdown] [--smoke]
 *
 * In each round all ways (ways.ts) are measured one after the other, beginning with another one each
 * time, so that what disturbs the machine disturbs all of them; what is printed are medians, and a ratio
 * is the median of the rounds' ratios. What can be left out (no C compiler, no mahimahi) is left out and
 * said; a measurement that fails is said and has no number.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { goalsTable } from './goals.js';
import { Measurement, type Processors, ROWS, type Row, type Sizes } from './measure.js';
import { findProgram, NotHere } from './place.js';
import { latenessTable, TITLES, waysTable } from './report.js';
import { Samples } from './samples.js';
import { compilePrograms } from './traffic.js';
import { WAY_IDS, WAYS, type WayId } from './ways.js';

/** Of the C programs; benchmarks run in the clone's root (scripts/bench). */
const SOURCES = resolve('bench/live');

const FULL: Sizes = {
  warmMs: 200,
  windowMs: 400,
  streams: [1, 4],
  amount: ['-t', '1'],
  searchSteps: 7,
  stepMs: 150,
  pings: 600,
  latenessMs: { 1000: 2_000, 20000: 1_000, 50000: 1_000 },
};
const SMOKE: Sizes = {
  warmMs: 20,
  windowMs: 50,
  streams: [1],
  amount: ['-n', '20M'],
  searchSteps: 1,
  stepMs: 20,
  pings: 20,
  latenessMs: { 1000: 100 },
};
const FULL_ROUNDS = 5;
/** Those that every machine with a C compiler can have. */
const SMOKE_WAYS: readonly WayId[] = ['veth', 'up', 'tap-loop', 'run', 'tun-headers'];
const COMPILED: readonly WayId[] = ['tap-loop', 'tun-headers', 'tun-plain', 'mahimahi'];
const COMPILED_ROWS: readonly Row[] = ['flood', 'steady', 'calm', 'trips', 'lateness'];

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string' },
    only: { type: 'string' },
    rows: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
});
const sizes = options.smoke ? SMOKE : FULL;
const roundCount = Number(options.rounds ?? (options.smoke ? 1 : FULL_ROUNDS));
const ids = new Set(chosen('--only', options.only, WAY_IDS, options.smoke ? SMOKE_WAYS : WAY_IDS));
const rows = new Set(chosen('--rows', options.rows, ROWS, ROWS));

if (process.getuid?.() !== 0) {
  console.error('bench live makes network namespaces and runs `netemu`: run it as root');
  process.exit(3);
}

const latenessRates = Object.keys(sizes.latenessMs).map(Number);
const programs = mkdtempSync(join(tmpdir(), 'netemu-bench-'));
// The laboratories remove themselves, too, when the process exits.
process.once('exit', () => rmSync(programs, { recursive: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

if (!compilePrograms(SOURCES, programs)) {
  console.log('no C compiler: without C loops, mahimahi and all that is measured with UDP');
  for (const id of COMPILED) ids.delete(id);
  for (const row of COMPILED_ROWS) rows.delete(row);
}
if (findProgram('iperf3') === null && rows.delete('tcp')) console.log('no iperf3: without TCP');

const samples = new Samples();
const measurement = new Measurement(programs, processors(), sizes, rows, samples);
for (samples.round = 0; samples.round < roundCount; samples.round++) await round();
console.log(machine());
const tables = [
  waysTable([...ids], samples, options.markdown),
  latenessTable([...ids], latenessRates, samples, options.markdown),
  goalsTable(samples, TITLES, latenessRates, options.markdown),
];
for (const text of tables) if (text !== '') console.log(text);

async function round(): Promise<void> {
  const order = [...ids];
  if ([...rows].some((row) => row !== 'lateness')) {
    for (const i of order.keys()) {
      const id = order[(samples.round + i) % order.length];
      await attempt(id, () => measurement.way(id));
    }
  }
  if (!rows.has('lateness')) return;
  for (const id of ['run', 'up'] as const) {
    if (!ids.has(id)) continue;
    for (const rate of latenessRates) await attempt(id, () => measurement.lateness(id, rate));
  }
}

async function attempt(id: WayId, measure: () => Promise<void>): Promise<void> {
  try {
    await measure();
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof NotHere) {
      console.log(`without ${WAYS[id]}: ${message}`);
      ids.delete(id);
      return;
    }
    console.error(`round ${samples.round + 1}, ${WAYS[id]}: ${message}`);
    process.exitCode = 1;
  }
}

/** A list separated by commas, each of the words known. */
function chosen<T extends string>(
  option: string,
  text: string | undefined,
  known: readonly T[],
  byDefault: readonly T[],
): readonly T[] {
  if (text === undefined) return byDefault;
  const words = text.split(',');
  const unknown = words.find((word) => !known.includes(word as T));
  if (unknown === undefined) return words as T[];
  console.error(`${option} has "${unknown}"; there are: ${known.join(',')}`);
  process.exit(2);
}

/** Of a container it may be any of the machine's. */
function processors(): Processors {
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
    `medians of ${roundCount} interleaved rounds.`,
  ].join(' ');
}
