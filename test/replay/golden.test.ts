/**
 * Golden verdicts: each capture of test/golden under each rule set of test/golden/rules, and the SHA-256 of
 * what became of it, kept in test/golden/sums.json. A change here is a change of what users have written
 * down: their seeds would no longer give what they gave. Where that is meant, NETEMU_UPDATE_GOLDEN=1 writes the
 * sums anew.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Fate } from '../../src/netem/fates.js';
import { openSource } from '../../src/pcap/capture-source.js';
import { CaptureExitMaker } from '../../src/replay/capture-exit.js';
import { Directions } from '../../src/replay/directions.js';
import { Replay } from '../../src/replay/replay.js';
import { PlainTimeline } from '../../src/replay/timeline.js';
import { parseScenario } from '../../src/rules/scenario/scenario.js';
import { GOLDEN_CAPTURES, goldenPackets, pcapngOf } from '../support/golden-captures.js';

const RULES = 'test/golden/rules';
const SUMS = 'test/golden/sums.json';
const SEED = 'golden';
const MEMORY_BYTES = 2 ** 22;

interface Sum {
  /** Packets that left, which says more than that two hashes differ. */
  readonly left: number;
  readonly verdicts: string;
  /** Of the pcapng that is written. */
  readonly output: string;
}

const folder = mkdtempSync(join(tmpdir(), 'netemu-golden-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ruleSets = readdirSync(RULES).filter((name) => name.endsWith('.yaml'));
const sums: Record<string, Sum> = {};
const met = new Set<string>();

for (const capture of GOLDEN_CAPTURES) {
  const path = join(folder, `${capture}.pcapng`);
  writeFileSync(path, pcapngOf(goldenPackets(capture)));
  for (const ruleSet of ruleSets) {
    test(`${capture} with ${ruleSet}`, async () => {
      const name = `${capture} ${ruleSet.replace('.yaml', '')}`;
      sums[name] = await sumOf(path, ruleSet);
      expect(sums[name]).toEqual(expectedSums()[name]);
    });
  }
}

test('all sums are of something, and each rule has met a packet', () => {
  if (isUpdate()) writeFileSync(SUMS, `${JSON.stringify(sums, null, 2)}\n`);
  expect(sums).toEqual(expectedSums());
  expect(ruleSets).toHaveLength(10);
  const rules = ruleSets.flatMap((ruleSet) => scenarioOf(ruleSet).rules.map(({ text }) => text));
  expect(rules.filter((text) => !met.has(text))).toEqual([]);
});

async function sumOf(path: string, ruleSet: string): Promise<Sum> {
  const { rules, seed } = scenarioOf(ruleSet);
  const exit = new CaptureExitMaker({ path: null, format: null, inputs: [], sha256: true });
  const decided = ({ rule }: Fate) => rule >= 0 && met.add(rules[rule].text);
  const source = await openSource(path);
  try {
    const replay = new Replay({
      source,
      rules,
      seed: seed ?? SEED,
      memoryBytes: MEMORY_BYTES,
      timeline: new PlainTimeline(),
      directions: new Directions({ kind: 'auto' }, null),
      exit,
      observers: [{ arrived: () => {}, decided }],
      pace: null,
    });
    const { verdictsSha256, fault } = await replay.run();
    expect(fault).toBe(null);
    return { left: exit.packets, verdicts: verdictsSha256, output: exit.sha256! };
  } finally {
    await source.close();
  }
}

function scenarioOf(ruleSet: string) {
  const read = (name: string) => readFileSync(join(RULES, name), 'utf8');
  return parseScenario(read(ruleSet), ruleSet, { read });
}

/** While they are made anew, what was found is what was expected. */
function expectedSums(): Readonly<Record<string, Sum>> {
  return isUpdate() ? sums : JSON.parse(readFileSync(SUMS, 'utf8'));
}

function isUpdate(): boolean {
  return process.env.NETEMU_UPDATE_GOLDEN === '1';
}
