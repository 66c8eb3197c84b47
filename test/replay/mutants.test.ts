/**
 * Broken captures through a whole replay, with rules, to an output: as for the reader alone
 * (test/pcap/mutants.test.ts), and the same however the bytes come. `scripts/capture-mutants` runs it with a
 * hundred thousand of them.
 */
import { expect, test } from 'vitest';
import type { CaptureSource } from '../../src/pcap/capture-source.js';
import { CaptureExitMaker } from '../../src/replay/capture-exit.js';
import { Directions } from '../../src/replay/directions.js';
import { Replay } from '../../src/replay/replay.js';
import { PlainTimeline } from '../../src/replay/timeline.js';
import { parseRules } from '../../src/rules/parse.js';
import {
  type Outcome,
  plannedCampaign,
  runCampaign,
  summaryOf,
} from '../support/capture-campaign.js';
import type { Random } from '../support/capture-mutants.js';

const campaign = plannedCampaign(100);
const { count, isLong, timeoutMs } = campaign;

const RSS_GROWTH_BYTES_MAX = 400 * 2 ** 20;
const MEMORY_BYTES = 16 * 2 ** 20;

const RULES = parseRules([
  'udp loss 10% duplicate 10% corrupt 10% delay 5ms jitter 5ms',
  'tcp rate 1mbit queue 20p aqm codel reorder 5% by 2',
  'any partition reject',
]);

test(`${count} mutants are replayed to their end`, { timeout: 2 * timeoutMs }, async () => {
  const result = await runCampaign(campaign, replayTwice);
  if (isLong) console.log(summaryOf(result));
  expect(result.crashes).toEqual([]);
  expect(result.rssGrowthBytes).toBeLessThan(RSS_GROWTH_BYTES_MAX);
  expect(result.items).toBeGreaterThan(count);
});

async function replayTwice(file: Uint8Array, random: Random): Promise<Outcome> {
  const whole = await replay(file, () => file.length);
  const pieces = await replay(file, () => 1 + random([8, 100, 5_000][random(3)]));
  if (JSON.stringify(whole) !== JSON.stringify(pieces)) {
    throw new Error(`${JSON.stringify(whole)}, in pieces ${JSON.stringify(pieces)}`);
  }
  return whole;
}

interface Digest extends Outcome {
  readonly verdicts: string;
  readonly output: string | null;
}

async function replay(file: Uint8Array, pieceBytes: () => number): Promise<Digest> {
  const output = { path: null, format: 'pcapng', inputs: [], sha256: true } as const;
  const exit = new CaptureExitMaker(output);
  const run = new Replay({
    source: sourceOf(file, pieceBytes),
    rules: RULES,
    seed: 'mutants',
    memoryBytes: MEMORY_BYTES,
    timeline: new PlainTimeline(),
    directions: new Directions({ kind: 'auto' }, null),
    exit,
    observers: [],
    pace: null,
  });
  const { counts, fault, verdictsSha256 } = await run.run();
  const { packets, left } = counts;
  expect(exit.packets).toBe(left);
  const place = fault && { offset: fault.offset, reason: fault.reason };
  return { items: packets, fault: place, verdicts: verdictsSha256, output: exit.sha256 };
}

function sourceOf(file: Uint8Array, pieceBytes: () => number): CaptureSource {
  let done = 0;
  return {
    name: 'mutant',
    async read(into, at, room) {
      const part = file.subarray(done, done + Math.min(room, pieceBytes()));
      into.set(part, at);
      done += part.length;
      return part.length;
    },
    async close() {},
  };
}
