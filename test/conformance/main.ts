/**
 * `scripts/conformance`: measures netem in the guest where the cache does not have it, runs the engine with the
 * same packets, and writes the page. Exit code 1 when a difference is not explained, 2 for wrong options.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES, type Case, fileNameOf } from './cases.js';
import { compare, describe, type Sample, sampleOf } from './comparison.js';
import { runEngine } from './engine-run.js';
import { countOf, measureInGuest, secondsOf } from './guest.js';
import { type Measurement, readLog, readMeasurement, writeStatistics } from './measurement.js';
import type { NoteName } from './notes.js';
import { type CaseResult, type ModeResult, pageOf, unexplained, verdictOf } from './report.js';

const PAGE = 'docs/conformance.md';
const GUEST = resolve('test/conformance/guest');
const PACKETS_DEFAULT = 100_000;
const SEED_DEFAULT = 1;
/** How late the guest's timers are is taken from here. */
const NOISE_CASE = 'delay 10ms';
const NOISE_DELAY_MS = 10;

interface Options {
  readonly packets: number;
  readonly seed: number;
  readonly only: readonly string[];
  readonly out: string | null;
  readonly cache: string | null;
}

process.exitCode = await main(readOptions());

async function main(options: Options): Promise<number> {
  const cases = CASES.filter(
    ({ name }) => options.only.length === 0 || options.only.some((part) => name.includes(part)),
  );
  if (cases.length === 0) return misuse(`no case contains "${options.only.join('" or "')}"`);
  const cache = options.cache ?? mkdtempSync(join(tmpdir(), 'netemu-conformance-cache-'));
  mkdirSync(cache, { recursive: true });
  try {
    await fill(cache, cases, options);
    const results = compareAll(cache, cases, options);
    const out = options.out ?? (options.only.length === 0 ? PAGE : null);
    if (out !== null) {
      writeFileSync(out, pageOf(results, pageFacts(options, results)));
      console.log(`wrote ${out}`);
    }
    const faults = unexplained(results);
    for (const fault of faults) console.log(`differs, unexplained: ${fault}`);
    return faults.length > 0 ? 1 : 0;
  } finally {
    if (options.cache === null) rmSync(cache, { recursive: true, force: true });
  }
}

/** Measures what the cache lacks. */
async function fill(cache: string, cases: readonly Case[], options: Options): Promise<void> {
  const missing = cases.filter((one) => cached(cache, one, options) === null);
  if (missing.length === 0) return;
  const minutes = Math.ceil(secondsOf(missing, options.packets) / 60);
  console.log(`measuring ${missing.length} cases, about ${minutes} minutes`);
  const report = (text: string) => console.log(text);
  await measureInGuest(missing, { ...options, sources: GUEST, cache, report });
}

function cached(cache: string, one: Case, { packets, seed }: Options): Measurement | null {
  const { netem, traffic } = one;
  const asked = { netem, traffic, packets: countOf(one, packets), seed };
  return readMeasurement(cache, fileNameOf(one), asked);
}

function compareAll(cache: string, cases: readonly Case[], options: Options): CaseResult[] {
  const noiseMs = noiseOf(cache, options);
  return cases.map((one) => {
    const measurement = cached(cache, one, options)!;
    const netem = sampleOf(readLog(cache, fileNameOf(one)), one);
    const run = (rule: string | null, notes: readonly NoteName[]) =>
      rule === null ? null : runMode(one, rule, notes, netem, noiseMs, options.seed);
    const result: CaseResult = {
      case: one,
      measurement,
      netem: one.aspects.map((aspect) => describe(aspect, netem)),
      compat: run(one.compatRule, one.compatDiffers),
      default: run(one.rule, one.defaultDiffers),
    };
    const statistics = {
      netem: netem.statistics,
      compat: result.compat?.statistics,
      default: result.default?.statistics,
    };
    writeStatistics(cache, fileNameOf(one), statistics);
    console.log(lineOf(result));
    return result;
  });
}

function runMode(
  one: Case,
  rule: string,
  notes: readonly NoteName[],
  netem: Sample,
  noiseMs: Float64Array,
  seed: number,
): ModeResult {
  let netemu: Sample;
  try {
    netemu = sampleOf(runEngine(`udp ${rule}`, netem.log, String(seed)), one);
  } catch (error) {
    const unavailable = (error as Error).message.split('\n')[0];
    return { rule, notes, unavailable, statistics: null, comparisons: [] };
  }
  const comparisons = compare(one, netem, netemu, noiseMs);
  return { rule, notes, unavailable: null, statistics: netemu.statistics, comparisons };
}

/** None when the case was not measured (`--only`). */
function noiseOf(cache: string, options: Options): Float64Array {
  const one = CASES.find(({ name }) => name === NOISE_CASE)!;
  if (cached(cache, one, options) === null) return Float64Array.of(0);
  const { fates } = sampleOf(readLog(cache, fileNameOf(one)), one);
  return fates.delayMs.map((delay) => delay - NOISE_DELAY_MS);
}

function lineOf({ case: one, netem, compat, default: plain }: CaseResult): string {
  const mode = (name: string, result: ModeResult | null) =>
    result === null ? '' : `\n  ${name}: ${verdictOf(result)} ${wordsOf(result)}`;
  return `${one.name}\n  netem: ${netem.join('; ')}${mode('compat', compat)}${mode('default', plain)}`;
}

function wordsOf({ unavailable, comparisons }: ModeResult): string {
  if (unavailable !== null) return `(${unavailable})`;
  return comparisons
    .map(({ netemu, tests }) => {
      const failed = tests.map(({ text, same }) => (same ? text : `! ${text}`));
      return `${netemu} (${failed.join(', ')})`;
    })
    .join('; ');
}

function pageFacts({ packets, seed }: Options, results: readonly CaseResult[]) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  return {
    netemu: version,
    date: results
      .map(({ measurement }) => measurement.date)
      .sort()
      .at(-1)!,
    packets,
    seed,
    command: `sudo scripts/conformance --packets ${packets} --seed ${seed}`,
    minutes: Math.ceil(secondsOf(CASES, packets) / 60),
  };
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        packets: { type: 'string', default: String(PACKETS_DEFAULT) },
        seed: { type: 'string', default: String(SEED_DEFAULT) },
        only: { type: 'string', multiple: true, default: [] },
        out: { type: 'string' },
        cache: { type: 'string' },
      },
    });
    return {
      packets: wholeNumber('packets', values.packets, 1_000),
      seed: wholeNumber('seed', values.seed, 0),
      only: values.only,
      out: values.out ?? null,
      cache: values.cache === undefined ? null : resolve(values.cache),
    };
  } catch (error) {
    process.exit(misuse((error as Error).message));
  }
}

function wholeNumber(name: string, text: string, min: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && Number.isSafeInteger(value)) return value;
  throw new Error(`--${name} ${text}: a whole number from ${min} is needed`);
}

function misuse(message: string): number {
  console.error(`conformance: ${message}`);
  return 2;
}
