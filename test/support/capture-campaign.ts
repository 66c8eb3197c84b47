/**
 * Mutants of captures through whatever reads captures: each must come to an end, and what is wrong with it must be
 * said with its place in the file and a reason. What hangs is found by its steps, and where a step itself does not
 * return by a thread that watches the number of the mutant.
 */
import { Worker } from 'node:worker_threads';
import { makeMutant, type Random, randomOf } from './capture-mutants.js';

export interface Outcome {
  /** Packets, blocks and whatever else was read: more than `stepsMax` is a hang. */
  readonly items: number;
  /** What ended it early; null for a clean end. */
  readonly fault: { readonly offset: number; readonly reason: string } | null;
}

/** What is tried: it may throw for nothing that the bytes say. `random` is for how the bytes come. */
export type Subject = (bytes: Uint8Array, random: Random) => Outcome | Promise<Outcome>;

/** No item has fewer than 8 bytes. */
export function stepsMax(bytes: Uint8Array): number {
  return bytes.length / 8 + 16;
}

export interface Campaign {
  readonly count: number;
  readonly seed: string;
  /** Number of the first mutant, from 0. */
  readonly first?: number;
  onProgress?(done: number, crashes: number): void;
}

/**
 * What `scripts/capture-mutants` asks for, else `count` mutants with a fixed seed, and then nothing is printed.
 * The time limit is for the whole test.
 */
export function plannedCampaign(count: number): Campaign & { isLong: boolean; timeoutMs: number } {
  const { NETEMU_MUTANTS, NETEMU_MUTANTS_SEED = '1', NETEMU_MUTANTS_FIRST = '0' } = process.env;
  const isLong = NETEMU_MUTANTS !== undefined;
  const planned = Number(NETEMU_MUTANTS ?? count);
  return {
    count: planned,
    seed: NETEMU_MUTANTS_SEED,
    first: Number(NETEMU_MUTANTS_FIRST),
    isLong,
    timeoutMs: 60_000 + planned * 50,
    onProgress: (done, crashes) => {
      if (isLong) console.log(`${done} of ${planned} mutants, ${crashes} crashes`);
    },
  };
}

export interface CampaignResult {
  readonly count: number;
  readonly items: number;
  readonly bytes: number;
  /** How many mutants ended so, by what was said, with `N` for its numbers. */
  readonly endings: ReadonlyMap<string, number>;
  /** What went wrong, with the number of the mutant. */
  readonly crashes: readonly string[];
  readonly slowestMs: number;
  readonly rssMaxBytes: number;
  /** From the first to the largest that was seen. */
  readonly rssGrowthBytes: number;
}

const PROGRESS_EVERY = 10_000;
const RSS_EVERY = 500;

export async function runCampaign(campaign: Campaign, subject: Subject): Promise<CampaignResult> {
  const { count, seed, first = 0 } = campaign;
  const endings = new Map<string, number>();
  const crashes: string[] = [];
  const watchdog = new Watchdog();
  let [items, bytes, slowestMs, rssFirstBytes, rssMaxBytes] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const random = randomOf(`${seed} ${first + i}`);
    const mutant = makeMutant(random);
    watchdog.begins(first + i);
    const startMs = performance.now();
    try {
      const outcome = await subject(mutant, random);
      const ending = endingOf(outcome, mutant);
      endings.set(ending, (endings.get(ending) ?? 0) + 1);
      items += outcome.items;
    } catch (error) {
      crashes.push(`mutant ${first + i} of seed ${seed}: ${(error as Error).stack ?? error}`);
    }
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
    bytes += mutant.length;
    if (i % RSS_EVERY === 0) {
      const rssBytes = process.memoryUsage().rss;
      // The first mutants are compiled code's and the heap's, not theirs.
      if (i <= RSS_EVERY) rssFirstBytes = rssBytes;
      rssMaxBytes = Math.max(rssMaxBytes, rssBytes);
    }
    if ((i + 1) % PROGRESS_EVERY === 0) campaign.onProgress?.(i + 1, crashes.length);
  }
  await watchdog.end();
  const rssGrowthBytes = rssMaxBytes - rssFirstBytes;
  return { count, items, bytes, endings, crashes, slowestMs, rssMaxBytes, rssGrowthBytes };
}

/** A clean end, or the reason; throws when the fault is not what a user can act on. */
function endingOf({ items, fault }: Outcome, mutant: Uint8Array): string {
  if (items > stepsMax(mutant)) throw new Error(`${items} items from ${mutant.length} bytes`);
  if (fault === null) return 'clean end';
  const { offset, reason } = fault;
  if (!Number.isInteger(offset) || offset < 0 || offset > mutant.length) {
    throw new Error(`offset ${offset} in a file of ${mutant.length} bytes`);
  }
  if (!/^[a-z].* .*\w$/.test(reason)) throw new Error(`reason ${JSON.stringify(reason)}`);
  return reason.replace(/\b\d[\d,]*\b/g, 'N').replace(/\bN byte\b/g, 'N bytes');
}

/** One line for each way to end, the most frequent first, and the figures. */
export function summaryOf(result: CampaignResult): string {
  const { count, items, bytes, endings, crashes, slowestMs, rssMaxBytes, rssGrowthBytes } = result;
  const mib = (value: number) => `${(value / 2 ** 20).toFixed(0)} MiB`;
  const sorted = [...endings].sort(([, a], [, b]) => b - a);
  return [
    ...sorted.map(([ending, times]) => `${String(times).padStart(7)} ${ending}`),
    `${count} mutants of ${mib(bytes)} together, ${items} items, ${crashes.length} crashes`,
    `slowest ${slowestMs.toFixed(0)} ms, RSS at most ${mib(rssMaxBytes)}, grown by ${mib(rssGrowthBytes)}`,
    ...crashes,
  ].join('\n');
}

const WATCH_STEPS = 10;
const STEP_MS = 2_000;

/** Ends the process when one mutant has taken WATCH_STEPS steps; a machine that stood still takes one. */
const WATCHDOG = `
  const { workerData: { words, pid } } = require('node:worker_threads');
  let [number, steps] = [0, 0];
  while (Atomics.load(words, 1) === 0) {
    const now = Atomics.load(words, 0);
    steps = now === number ? steps + 1 : 0;
    number = now;
    if (steps > ${WATCH_STEPS} && number > 0) {
      const seconds = ${(WATCH_STEPS * STEP_MS) / 1000};
      require('node:fs').writeSync(2, 'mutant ' + (number - 1) + ' takes more than ' + seconds + ' s\\n');
      process.kill(pid, 'SIGKILL');
    }
    Atomics.wait(words, 1, 0, ${STEP_MS});
  }
`;

class Watchdog {
  /** The number of the mutant, from 1; and whether all is done. */
  readonly #words = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker = new Worker(WATCHDOG, {
    eval: true,
    workerData: { words: this.#words, pid: process.pid },
  });

  begins(number: number): void {
    Atomics.store(this.#words, 0, number + 1);
  }

  async end(): Promise<void> {
    Atomics.store(this.#words, 1, 1);
    Atomics.notify(this.#words, 1);
    await this.#worker.terminate();
  }
}
