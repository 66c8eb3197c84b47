/**
 * Files that rules name: a loss map, a distribution of delays, a mahimahi trace. A scenario finds them
 * beside itself, wherever netemu was started.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';
import { missing, type Received, Receiver, range, send } from '../support/traffic.js';

const MAP_PORT = 5_001;
const JITTER_PORT = 5_002;
const TRACE_PORT = 5_003;
const PACKETS = 2_000;

/** The path of a scenario, with the files that it names in a folder beside it. */
function scenario(text: string, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'netemu-scenario-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'data'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, 'data', name), content);
  }
  const file = join(folder, 'scenario.yaml');
  writeFileSync(file, text);
  return file;
}

interface Sent {
  readonly port: number;
  readonly perMs: number;
  readonly bytes?: number;
}

/** Sends PACKETS to the port and waits until each has met its fate under the rule of that place. */
async function sendAll(lab: NetnsLab, far: string, rule: number, sent: Sent): Promise<Received> {
  const receiver = await Receiver.start(lab, lab.far, far, sent.port);
  await send(lab, lab.near, far, sent.port, { ...sent, count: PACKETS });
  await lab.statusWhen(
    ({ rules }) => rules[rule].out.seen >= PACKETS && rules[rule].out.held === 0,
  );
  return receiver.stop();
}

/** Half of the delays at one end, half at the other: no law that netemu has by name looks like that. */
const SAMPLES = [...Array(100).fill('12ms'), ...Array(100).fill('36ms')].join('\n');
/** The same as iproute2 writes it: 8192 for one standard deviation, eight on a line. */
const DIST = [...Array(25).fill(-8_192), ...Array(25).fill(8_192)]
  .map((value) => `${`${value} `.repeat(8).trim()}\n`)
  .join('');

for (const version of [4, 6] as const) {
  test(`a map, a distribution and a trace, from files beside the scenario: IPv${version}`, async ({
    lab,
  }) => {
    const far = version === 4 ? lab.far4 : lab.far6;
    const files = {
      map: '# of each thousand\n2,7 10-12\n500 # alone\n999-1000\nperiod 1000\n',
      [version === 4 ? 'delays' : 'delays.dist']: version === 4 ? SAMPLES : DIST,
      '6mbit': '2\n',
    };
    const text = `
      rules:
        - udp:${MAP_PORT} loss map data/map
        - match: udp:${JITTER_PORT}
          delay: 50ms
          jitter: 20ms data/${version === 4 ? 'delays' : 'delays.dist'} unordered
        - {match: "udp:${TRACE_PORT}", trace: {out: data/6mbit}, queue: 50p}`;
    await lab.up('-f', scenario(text, files));

    // 1500 bytes as IP packet, an opportunity each; twice as many as there are opportunities.
    const bytes = version === 4 ? 1_472 : 1_452;
    const [mapped, jittered, traced] = await Promise.all([
      sendAll(lab, far, 0, { port: MAP_PORT, perMs: 4 }),
      sendAll(lab, far, 1, { port: JITTER_PORT, perMs: 2 }),
      sendAll(lab, far, 2, { port: TRACE_PORT, perMs: 1, bytes }),
    ]);
    // The file counts from 1, the packets from 0.
    const listed = [2, 7, 10, 11, 12, 500, 999, 1_000];
    const lost = [...listed, ...listed.map((n) => 1_000 + n)].map((n) => n - 1);
    expect(missing(PACKETS, mapped)).toEqual(lost);

    expectTwoDelays(jittered);

    const megabits = (traced.distinct * 1_500 * 8) / 1e3 / deliveryMs(traced);
    // An opportunity passes unused only when the sender has paused; a tenth is for receivers that were busy
    // when the first or the last packet came.
    expect(megabits).toBeGreaterThan(5.4);
    expect(megabits).toBeLessThan(6.6);
  });
}

/** 50 ± 20 ms, half of each; packets are never early, but on a busy machine many are late. */
function expectTwoDelays({ delaysMs, distinct }: Received): void {
  expect(distinct).toBe(PACKETS);
  const short = delaysMs.filter((ms) => ms < 69);
  expect(short.length / PACKETS).toBeGreaterThan(0.3);
  expect(short.length / PACKETS).toBeLessThan(0.56);
  expect(Math.min(...short)).toBeGreaterThan(29);
  // Of an even or a normal law, 40% or more would be here.
  expect(delaysMs.filter((ms) => ms >= 45 && ms < 69).length / PACKETS).toBeLessThan(0.2);
}

/** From the first arrival to the last. */
function deliveryMs({ sentMs, delaysMs }: Received): number {
  const arrivedMs = range(sentMs.length).map((i) => sentMs[i] + delaysMs[i]);
  return Math.max(...arrivedMs) - Math.min(...arrivedMs);
}
