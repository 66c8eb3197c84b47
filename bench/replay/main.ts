/**
 * How fast a capture is replayed from file to file, beside programs that only copy it:
 *
 *     npm run bench replay -- [--size MB] [--format pcap|pcapng] [--rounds N] [--only WAY,…] [--markdown]
 *         [--smoke]
 *
 * The capture is made in the temporary directory (TMPDIR) and goes with the benchmark: twice its size must be
 * free there. In each round all ways (ways.ts) run one after the other, beginning with another one each time;
 * what is printed are medians, and a ratio is the median of the rounds' ratios. Starting node is counted.
 *
 * Goals: 1.5 million packets/s with loss and delay, faster than editcap, under 200 MB of memory whatever
 * the file's size.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Samples } from '../live/samples.js';
import { type Capture, FORMATS, makeCapture } from './capture.js';
import { measure, TIME } from './measure.js';
import { goalsTable, thousands, waysTable } from './report.js';
import { REFERENCE_NAMES, versionOf, WAY_NAMES } from './ways.js';

const FULL = { megabytes: 1_000, rounds: 3 };
const SMOKE = { megabytes: 2, rounds: 1 };

const { values: options } = parseArgs({
  options: {
    size: { type: 'string' },
    format: { type: 'string', default: 'pcap' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    markdown: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
  },
});
const byDefault = options.smoke ? SMOKE : FULL;
const megabytes = Number(options.size ?? byDefault.megabytes);
const roundCount = Number(options.rounds ?? byDefault.rounds);
const [format] = chosen('--format', options.format, FORMATS);
const names = new Set(chosen('--only', options.only ?? WAY_NAMES.join(), WAY_NAMES));

const versions: string[] = [];
for (const name of REFERENCE_NAMES) {
  if (!names.has(name)) continue;
  const version = versionOf(name);
  if (version !== null) {
    versions.push(version);
  } else {
    console.log(`without ${name}, which is not here`);
    names.delete(name);
  }
}
if (!existsSync(TIME)) console.log(`no ${TIME}: without CPU time and memory`);

const directory = mkdtempSync(join(tmpdir(), 'netemu-bench-'));
process.once('exit', () => rmSync(directory, { recursive: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const capture = makeCapture(join(directory, `in.${format}`), format, megabytes * 1e6);
const samples = new Samples();
for (samples.round = 0; samples.round < roundCount; samples.round++) round();
console.log(machine(capture));
console.log(waysTable([...names], samples, options.markdown));
const goals = goalsTable(samples, options.markdown);
if (goals !== '') console.log(goals);

function round(): void {
  const order = [...names];
  for (const i of order.keys()) {
    const name = order[(samples.round + i) % order.length];
    try {
      measure(name, capture, directory, samples);
    } catch (error) {
      console.error(`round ${samples.round + 1}, ${name}: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
}

/** A list separated by commas, each of the words known. */
function chosen<T extends string>(option: string, text: string, known: readonly T[]): T[] {
  const words = text.split(',');
  const unknown = words.find((word) => !known.includes(word as T));
  if (unknown === undefined) return words as T[];
  console.error(`${option} has "${unknown}"; there are: ${known.join(',')}`);
  process.exit(2);
}

function machine({ packets, bytes }: Capture): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const date = new Date().toISOString().slice(0, 10);
  return [
    `${date}: ${availableParallelism()} × ${cpus()[0].model.trim()}, ${memory}, Linux ${release()},`,
    `Node ${process.versions.node}${versions.map((version) => `, ${version}`).join('')};`,
    `${thousands(packets)} packets in ${thousands(bytes / 1e6)} MB of ${format};`,
    `medians of ${roundCount} interleaved rounds.`,
  ].join(' ');
}
