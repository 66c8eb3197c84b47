/**
 * Schedules in real time: a stream of a packet each millisecond says when what held. A schedule's zero is
 * when the rule comes into force, somewhere within `up`, so each test begins with something that
 * shows on the wire. Times are those at which the sender sent; they may be off by TOLERANCE_MS, as sender and
 * netemu share a busy machine.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { test } from '../support/live-test.js';
import { nowMs, Stream, type Timeline } from '../support/timeline.js';

const TOLERANCE_MS = 100;
const PORT = 5_001;

/** The path of a scenario with that text. */
function scenario(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'netemu-schedule-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'scenario.yaml');
  writeFileSync(file, text);
  return file;
}

function expectNear(valueMs: number, wishedMs: number): void {
  expect(Math.abs(valueMs - wishedMs), `${valueMs} ms for ${wishedMs} ms`).toBeLessThan(
    TOLERANCE_MS,
  );
}

/** Each gap as wished: when it began, after the first one, and how long it was. */
function expectGaps({ gaps }: Timeline, wished: readonly { atMs: number; forMs: number }[]): void {
  expect(gaps.length).toBe(wished.length);
  for (const [i, { atMs, forMs }] of wished.entries()) {
    expectNear(gaps[i].fromMs - gaps[0].fromMs, atMs);
    expectNear(gaps[i].toMs - gaps[i].fromMs, forMs);
  }
}

test('at: and loop: nothing arrives in the windows, all outside', async ({ lab }) => {
  const file = scenario(`
    rules: [{match: "udp:${PORT}", name: probe, loss: 100%}]
    schedule:
      - {at: 600ms, rules: [{match: probe, loss: none}]}
      - {at: 1.2s, rules: [{match: probe, loss: 100%}]}
      - {at: 1.6s, rules: [{match: probe, loss: none}]}
    loop: 2.2s`);
  const stream = await Stream.start(lab, lab.far6, PORT);
  const beforeMs = nowMs();
  await lab.up('-f', file);
  const liveMs = nowMs();
  await sleep(liveMs + 3_000 - nowMs());
  const timeline = await stream.stop();
  // What holds at the start holds from the start.
  expect(timeline.gaps[0].fromMs).toBeGreaterThan(beforeMs);
  expect(timeline.gaps[0].fromMs).toBeLessThan(liveMs + TOLERANCE_MS);
  const first = { atMs: 0, forMs: 600 };
  expectGaps(timeline, [first, { atMs: 1_200, forMs: 400 }, { ...first, atMs: 2_200 }]);
  const { out } = (await lab.status()).rules[0];
  const lost = timeline.gaps.reduce((sum, gap) => sum + gap.lost, 0);
  expect(out.dropped.loss).toBe(lost);
});

test('every: and for: again and again, as long as asked for', async ({ lab }) => {
  const file = scenario(`
    rules: ["udp:${PORT}"]
    schedule:
      - {every: 700ms, from: 200ms, for: 300ms, rules: [{match: "udp:${PORT}", partition: drop}]}`);
  const stream = await Stream.start(lab, lab.far4, PORT);
  await lab.up('-f', file);
  await sleep(2_400);
  const timeline = await stream.stop();
  const count = timeline.gaps.length;
  expect(count).toBeGreaterThanOrEqual(3);
  const windows = Array.from({ length: count }, (_, i) => ({ atMs: i * 700, forMs: 300 }));
  expectGaps(timeline, windows);
});

test('a ramp: what is lost grows evenly', async ({ lab }) => {
  const file = scenario(`
    rules: [{match: "udp:${PORT}", name: probe, partition: drop}]
    schedule:
      - {at: 500ms, rules: [{match: probe, partition: none, loss: 0% -> 100% over 3s}]}
      - {at: 3.5s, rules: [{match: probe, loss: none}]}`);
  const stream = await Stream.start(lab, lab.far4, PORT);
  await lab.up('-f', file, '--seed', 'ramp');
  await sleep(4_000);
  const { gaps, sent } = await stream.stop();
  const startMs = gaps[0].toMs;
  for (const second of [0, 1, 2]) {
    const fromMs = startMs + second * 1_000;
    const within = sent.filter(({ ms }) => ms >= fromMs && ms < fromMs + 1_000);
    const share = within.filter(({ isLost }) => isLost).length / within.length;
    // A sixth, a half, five sixths; TOLERANCE_MS make 3 points, chance 5 (three standard deviations).
    expect(Math.abs(share - (second + 0.5) / 3), `second ${second}: ${share}`).toBeLessThan(0.08);
  }
});

test('set -f: the schedule counts from then; the same again does not disturb it', async ({
  lab,
}) => {
  const file = scenario(`
    rules: [{match: "udp:${PORT}", name: probe}]
    schedule:
      - {at: 1.5s, for: 400ms, rules: [{match: probe, loss: 100%}]}`);
  const stream = await Stream.start(lab, lab.far4, PORT);
  await lab.up(`udp:${PORT} loss 0%`);
  const set = () => lab.netemu('set', 'n1', '-f', file).succeeded();
  const beforeMs = nowMs();
  await set();
  const afterMs = nowMs();
  await set();
  await sleep(afterMs + 2_300 - nowMs());
  const { gaps } = await stream.stop();
  expect(gaps.length).toBe(1);
  const [{ fromMs, toMs }] = gaps;
  expect(fromMs).toBeGreaterThan(beforeMs + 1_500 - TOLERANCE_MS);
  expect(fromMs).toBeLessThan(afterMs + 1_500 + TOLERANCE_MS);
  expectNear(toMs - fromMs, 400);
});

test('a rate that changes at once and by a ramp is what arrives', async ({ lab }) => {
  const file = scenario(`
    rules: [{match: "udp:${PORT}", name: probe, partition: drop, rate: 2mbit, queue: 50p}]
    schedule:
      - {at: 500ms, rules: [{match: probe, partition: none}]}
      - {at: 1.5s, rules: [{match: probe, rate: 6mbit}]}
      - {at: 2.5s, rules: [{match: probe, rate: 6mbit -> 2mbit over 1s}]}`);
  // 8 Mbit/s and a bit: there is always something to send.
  const payloadBytes = 1_000;
  const stream = await Stream.start(lab, lab.far4, PORT, payloadBytes);
  await lab.up('-f', file);
  await sleep(4_000);
  const { gaps, received } = await stream.stop();
  const startMs = gaps[0].toMs;
  const arrivedMs = received.sentMs.map((ms, i) => ms + received.delaysMs[i] - startMs);
  const megabits = (fromMs: number, toMs: number) => {
    const packets = arrivedMs.filter((ms) => ms >= fromMs && ms < toMs).length;
    return (packets * (payloadBytes + 28) * 8) / (toMs - fromMs) / 1e3;
  };
  // Without the edges, which are as sharp as TOLERANCE_MS.
  const found = [megabits(100, 900), megabits(1_100, 1_900), megabits(2_000, 3_000)];
  for (const [i, wished] of [2, 6, 4].entries()) {
    expect(Math.abs(found[i] / wished - 1), `${found[i]} for ${wished}`).toBeLessThan(0.15);
  }
});

test('--profile: a ping through LTE takes as long as the profile says', async ({ lab }) => {
  await lab.up('--profile', 'lte');
  for (const address of [lab.far4, lab.far6]) {
    const said = lab.run(lab.near, 'ping', '-n', '-c', '5', '-i', '0.1', address);
    const [, minMs] = / = ([0-9.]+)\//.exec(said)!;
    // 35 ms each way, and 84 or 104 bytes at 12 Mbit/s.
    expect(Number(minMs)).toBeGreaterThanOrEqual(70);
    expect(Number(minMs)).toBeLessThan(70 + TOLERANCE_MS);
  }
});
