/**
 * What a replay gives depends on packets, rules and seed alone: not on the pieces in which the file comes, nor on
 * how it comes, nor on how fast time passes, nor on who is told.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { openSource } from '../../src/pcap/capture-source.js';
import { Pace } from '../../src/replay/pace.js';
import { peek } from '../../src/replay/peek.js';
import { goldenPackets, pcapngOf, pcapOf } from '../support/golden-captures.js';
import { type Replayed, type ReplaySpec, replayed, sourceOf } from '../support/replays.js';

const directory = mkdtempSync(join(tmpdir(), 'netemu-test-'));
afterAll(() => rmSync(directory, { recursive: true }));

const RULES = [
  'udp loss 5% duplicate 5% corrupt 2% delay 3ms jitter 3ms unordered',
  'tcp rate 5mbit queue 30p aqm codel delay 2ms',
  'any partition reject',
];

const CAPTURES = {
  dns: pcapngOf(goldenPackets('dns')),
  quic: pcapOf(goldenPackets('quic')),
  tcp: pcapngOf(goldenPackets('tcp')),
};
type Name = keyof typeof CAPTURES;
const names = Object.keys(CAPTURES) as Name[];

/** Everything that must be the same. */
function essence({ result, bytes, verdicts, log, replay }: Replayed) {
  const rows = replay.engine.rules.flatMap((_, rule) => [
    replay.counters.row(replay.engine.rowOf(rule, 0)),
    replay.counters.row(replay.engine.rowOf(rule, 1)),
  ]);
  return { result, bytes: bytes.toString('latin1'), verdicts, log, rows };
}

const usual = new Map<Name, ReturnType<typeof essence>>();

async function expectSame(name: Name, spec: ReplaySpec): Promise<void> {
  if (!usual.has(name)) {
    usual.set(name, essence(await replayed(CAPTURES[name], { rules: RULES })));
  }
  expect(essence(await replayed(CAPTURES[name], { rules: RULES, ...spec }))).toEqual(
    usual.get(name),
  );
}

test('at any speed', async () => {
  const factor = fc.double({ min: 2, max: 6, noNaN: true }).map((power) => 10 ** power);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), factor, async (name, times) => {
      await expectSame(name, { pace: new Pace(times) });
    }),
    { numRuns: 12, seed: 1 },
  );
});

test('at any speed, also where nothing but delays holds packets', async () => {
  const rules = ['any delay 3ms jitter 3ms unordered duplicate 5%'];
  const usually = essence(await replayed(CAPTURES.tcp, { rules }));
  const paced = essence(await replayed(CAPTURES.tcp, { rules, pace: new Pace(100) }));
  expect(paced).toEqual(usually);
  const [{ delaySumNs, timed }] = usually.rows;
  expect(delaySumNs / timed).toBeGreaterThan(2e6);
  expect(delaySumNs / timed).toBeLessThan(4e6);
});

test('in any pieces', async () => {
  const sizes = fc.array(
    fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9_000 })),
    {
      minLength: 1,
      maxLength: 50,
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), sizes, async (name, pieces) => {
      let turn = 0;
      const next = () => pieces[turn++ % pieces.length];
      await expectSame(name, { source: (bytes) => sourceOf(bytes, next) });
    }),
    { numRuns: 20, seed: 2 },
  );
});

test.each(names)(
  '%s from a file, packed or not, from a pipe, and after a look at it',
  async (name) => {
    const plain = join(directory, name);
    const packed = join(directory, `${name}.gz`);
    writeFileSync(plain, CAPTURES[name]);
    writeFileSync(packed, gzipSync(CAPTURES[name]));
    for (const path of [plain, packed]) {
      const source = await openSource(path);
      await expectSame(name, { source: () => source });
      await source.close();
      const { source: again } = await peek(await openSource(path));
      await expectSame(name, { source: () => again });
      await again.close();
    }
    const { stdout } = spawn('cat', [plain]);
    const chunks = stdout[Symbol.asyncIterator]();
    const source = () => ({
      name: 'pipe',
      async read(into: Uint8Array, at: number): Promise<number> {
        const { done, value } = await chunks.next();
        if (done === true) return 0;
        into.set(value, at);
        return value.length;
      },
      async close() {},
    });
    await expectSame(name, { source });
  },
);

test('with little memory as long as nothing overflows', async () => {
  await expectSame('dns', { memoryBytes: 2 ** 22 });
});

test('another seed gives other verdicts, and the hash says so', async () => {
  const { result } = await replayed(CAPTURES.quic, { rules: RULES, seed: 'another' });
  const { verdictsSha256 } = usual.get('quic')!.result;
  expect(result.verdictsSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(result.verdictsSha256).not.toBe(verdictsSha256);
});

test('at its own speed it takes as long as the capture, and no wait is cut short', async () => {
  const begun = performance.now();
  const { result } = await replayed(CAPTURES.dns, { rules: RULES, pace: new Pace(4) });
  const tookMs = performance.now() - begun;
  expect(tookMs).toBeGreaterThan(result.spanNs / 4 / 1e6 - 2);
});
