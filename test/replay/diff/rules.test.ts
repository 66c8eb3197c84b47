/** The rules that `diff` writes do it again: the same packets are lost, the delays have the same distribution. */

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replay } from '../../../src/library/replay.js';
import { type DiffOptions, diff } from '../../../src/replay/diff/difference.js';
import type { RuleFileTexts } from '../../../src/replay/diff/rule-set.js';
import type { RuleFiles } from '../../../src/rules/files/rule-files.js';
import type { Rule } from '../../../src/rules/rule.js';
import { parseScenario } from '../../../src/rules/scenario/scenario.js';
import { fragmentIpv4, icmpEcho, ip, ipv4, raw, tcp, udp } from '../../support/packets.js';
import { lag1, mean } from '../../support/statistics.js';
import { range } from '../../support/traffic.js';
import { type Ends, type Transmission, transmit, writeCapture } from './network.js';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'netemu-test-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const MS = 1e6;

function filesOf({ near, far }: Ends) {
  return {
    sent: writeCapture(folder, 'sent.pcap', near),
    received: writeCapture(folder, 'received.pcap', far),
  };
}

async function rulesOf(ends: Ends, options: Omit<DiffOptions, 'sent' | 'received'> = {}) {
  const files = filesOf(ends);
  const { difference, makeRules } = await diff({ ...files, ...options });
  return { ...files, difference, texts: makeRules() };
}

function parsed(texts: RuleFileTexts, name = 'rules.yaml'): readonly Rule[] {
  const files: RuleFiles = {
    read: (file) => {
      const text = texts.get(file);
      if (text === undefined) throw new Error(`${file} was not written`);
      return text;
    },
  };
  return parseScenario(texts.get(name)!, name, files).rules;
}

/** The numbers, from 1, of the packets of a capture that a replay loses. */
async function lostAgain(capture: string, rules: readonly Rule[], seed = '1'): Promise<number[]> {
  const { verdicts } = await replay(capture, { rules, seed });
  return verdicts.filter(({ verdict }) => verdict === 'dropped').map(({ packet }) => packet);
}

/** Multiplicative, so that neighbours differ: 0 … 1. */
function chance(i: number, seed: number): number {
  const mixed = Math.imul(i ^ (seed * 0x9e37), 0x2545_f491);
  return (Math.imul(mixed ^ (mixed >>> 15), 0x7001_4f2d) >>> 0) / 2 ** 32;
}

test('a replay of either capture loses the packets that were lost', async () => {
  const flowOf = (i: number): [Uint8Array, Uint8Array] => {
    const payload = Uint8Array.of(i >> 8, i & 255);
    const [client, server] = i % 3 === 2 ? ['fd00::1', 'fd00::'] : ['10.0.0.1', '10.9.0.2'];
    const numbers = { sequence: i, payload };
    return i % 3 === 1
      ? [ip(client, server, tcp(4_001, 443, numbers)), ip(server, client, tcp(443, 4_001, numbers))]
      : [ip(client, server, udp(4_000, 53, payload)), ip(server, client, udp(53, 4_000, payload))];
  };
  const packets = range(600).flatMap((i): Transmission[] => {
    const [question, answer] = flowOf(i);
    const fateOf = (seed: number) => ({ delaysNs: chance(i >> 2, seed) < 0.2 ? [] : [4 * MS] });
    return [
      { packet: question, timeNs: 10 * i * MS, fate: fateOf(1) },
      { packet: answer, timeNs: (10 * i + 5) * MS, fate: fateOf(2), isBack: true },
    ];
  });
  const ends = transmit(packets);
  const { sent, received, texts, difference } = await rulesOf(ends);
  expect(difference.out!.lost).toBeGreaterThan(50);
  expect(difference.in!.lost).toBeGreaterThan(50);
  const lost = new Set(
    packets.filter(({ fate }) => !fate.delaysNs.length).map((each) => each.packet),
  );
  const numbersOf = (capture: Ends['near']) =>
    capture.flatMap(({ packet }, i) => (lost.has(packet) ? [i + 1] : []));
  expect(await lostAgain(sent, parsed(texts))).toEqual(numbersOf(ends.near));
  expect(await lostAgain(received, parsed(texts, 'back.yaml'))).toEqual(numbersOf(ends.far));
  expect(texts.get('rules.yaml')).toBe(
    `# What the network did to the packets from ${sent} to ${received}, found by netemu diff. The same are
# lost again by: netemu replay ${sent} -f rules.yaml
rules:
${parsed(texts)
  .map((rule, i) => `  # 200 sent, ${lostIn(rule)} lost, 0 reordered\n  - "${lineOf(i)}"\n`)
  .join('')}`,
  );
});

function lostIn({ impairments: [{ loss }] }: Rule): number {
  if (loss?.kind !== 'map') throw new Error('no loss map');
  return loss.ranges.reduce((sum, { min, max }) => sum + max - min + 1, 0);
}

function lineOf(i: number): string {
  const match = [
    'udp src=10.0.0.1 dst=10.9.0.2 sport=4000 dport=53',
    'tcp src=10.0.0.1 dst=10.9.0.2 sport=4001 dport=443',
    'udp src=fd00::1 dst=fd00:: sport=4000 dport=53',
  ][i];
  return `${match} loss map loss-${i + 1}.map delay 4ms`;
}

/** Times by rank of the packets that a replay lets through, less those when they came. */
async function delaysAgain(capture: string, rules: readonly Rule[]): Promise<number[]> {
  const { verdicts } = await replay(capture, { rules, seed: '1' });
  return verdicts.flatMap(({ timeNs, releaseNs }) =>
    releaseNs === null ? [] : [releaseNs - timeNs],
  );
}

/** The largest distance of two distributions (Kolmogorov and Smirnov). */
function distance(a: readonly number[], b: readonly number[]): number {
  const [left, right] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  let [i, j, largest] = [0, 0, 0];
  while (i < left.length && j < right.length) {
    const x = Math.min(left[i]!, right[j]!);
    while (left[i]! <= x) i++;
    while (right[j]! <= x) j++;
    largest = Math.max(largest, Math.abs(i / left.length - j / right.length));
  }
  return largest;
}

function numbered(i: number): Uint8Array {
  return ip('10.0.0.1', '10.9.0.2', udp(4_000, 53, Uint8Array.of(i >> 16, i >> 8, i)));
}

function streamOf(delays: readonly number[], spacingNs: number): Transmission[] {
  return delays.map((delayNs, i) => ({
    packet: numbered(i),
    timeNs: i * spacingNs,
    fate: { delaysNs: [delayNs] },
  }));
}

const COUNT = 2_000;
/** Of samples of COUNT from one law the distance is larger once in a million. */
const DISTANCE_MAX = 2.7 * Math.sqrt(2 / COUNT);

test('delays that are independent come again with their distribution', async () => {
  // Two humps and a long tail, as of a radio link with retransmissions.
  const delays = range(COUNT).map((i) => {
    const hump = chance(i, 3) < 0.3 ? 45 * MS : 20 * MS;
    return Math.round(hump + 3 * MS * -Math.log(1 - chance(i, 4)));
  });
  const { sent, texts } = await rulesOf(transmit(streamOf(delays, 1e9)));
  const again = await delaysAgain(sent, parsed(texts));
  expect(distance(delays, again)).toBeLessThan(DISTANCE_MAX);
  expect(mean(again) / mean(delays)).toBeCloseTo(1, 1.3);
  expect(texts.get('rules.yaml')).toMatch(/delay 30\.\d+ms jitter 1[12]\.\d+ms delay-1\.txt"/);
});

test('delays that wander keep their order, their distribution and how alike neighbours are', async () => {
  let level = 0;
  const delays = range(COUNT).map((i) => {
    level = 0.99 * level + 2 * (chance(i, 5) - 0.5);
    return Math.round(30 * MS + level * MS);
  });
  // Far enough apart for the order to be kept by itself.
  const { sent, texts } = await rulesOf(transmit(streamOf(delays, 4 * MS)));
  const again = await delaysAgain(sent, parsed(texts));
  expect(lag1(again)).toBeCloseTo(lag1(delays), 1.7);
  // Neighbours are so much alike that both series are worth a hundredth of independent samples.
  expect(distance(delays, again)).toBeLessThan(10 * DISTANCE_MAX);
  expect(texts.get('rules.yaml')).toMatch(/ corr 9[89]\.\d*%"/);
});

/** By RFC 4737: how many leave after one that came later. */
function overtaken(times: readonly number[]): number {
  let earliest = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const time of times.toReversed()) {
    if (time > earliest) count++;
    earliest = Math.min(earliest, time);
  }
  return count;
}

test('where packets were reordered they are reordered again, as often', async () => {
  const delays = range(COUNT).map((i) => Math.round(20 * MS + 10 * MS * chance(i, 6)));
  const { sent, texts, difference } = await rulesOf(transmit(streamOf(delays, 5 * MS)));
  expect(difference.out!.reordered).toBe(overtaken(delays.map((ns, i) => ns + i * 5 * MS)));
  expect(texts.get('rules.yaml')).toMatch(/ unordered"/);
  const again = await delaysAgain(sent, parsed(texts));
  expect(distance(delays, again)).toBeLessThan(DISTANCE_MAX);
  const times = again.map((ns, i) => ns + i * 5 * MS);
  expect(overtaken(times) / difference.out!.reordered).toBeCloseTo(1, 0.7);
});

test('copies and damage come again by their share', async () => {
  const packets = range(COUNT).map((i): Transmission => {
    const packet = numbered(i);
    const changed = packet.slice();
    if (i % 50 === 7) changed[changed.length - 3] ^= 0x80;
    const delaysNs = i % 20 === 3 ? [MS, MS + 1000] : [MS];
    return { packet, timeNs: i * MS, fate: { delaysNs, changed } };
  });
  const { sent, texts, difference } = await rulesOf(transmit(packets));
  expect(difference.out).toMatchObject({ lost: 0, duplicated: 100, corrupted: 40 });
  expect(texts.get('rules.yaml')).toContain('corrupt 2% duplicate 5% delay 1ms"');
  const { verdicts } = await replay(sent, { rules: parsed(texts) });
  const share = (effect: string) =>
    verdicts.filter(({ effects }) => (effects as readonly string[]).includes(effect)).length /
    COUNT;
  expect(share('duplicated')).toBeCloseTo(0.05, 1.7);
  expect(share('corrupted')).toBeCloseTo(0.02, 1.7);
});

test('with --flow one rule for other runs: the losses of several flows as a model', async () => {
  const packets = range(3_000).flatMap((i): Transmission[] => {
    const port = 40_000 + (i % 30);
    const payload = Uint8Array.of(i >> 8, i & 255);
    const isLost = i % 100 >= 94;
    return [
      {
        packet: ip('10.0.0.1', '10.9.0.2', udp(port, 53, payload)),
        timeNs: 10 * i * MS,
        fate: { delaysNs: isLost ? [] : [4 * MS] },
      },
      {
        packet: ip('10.9.0.2', '10.0.0.1', udp(53, port, payload)),
        timeNs: (10 * i + 5) * MS,
        fate: { delaysNs: i % 50 === 1 ? [] : [3 * MS] },
        isBack: true,
      },
    ];
  });
  const { texts } = await rulesOf(transmit(packets), { match: 'udp:53' });
  const [rule] = parsed(texts);
  expect([...texts.keys()]).toEqual(['rules.yaml']);
  expect(rule!.text).toBe('udp:53 loss out:6% burst 6 in:2% delay out:4ms in:3ms');
});

test('flows that overtake each other keep each its own order, and their runs are their own', async () => {
  // Each flow has a delay of its own, and loses each fourth of its packets with the one after it.
  const packets = range(2_000).map((i): Transmission => {
    const [flow, number] = [i % 10, Math.floor(i / 10)];
    return {
      packet: ip('10.0.0.1', '10.9.0.2', udp(40_000 + flow, 53, Uint8Array.of(number))),
      timeNs: i * MS,
      fate: { delaysNs: number % 8 < 2 ? [] : [(10 + 5 * flow) * MS + (number % 7) * 1e5] },
    };
  });
  const { sent, texts, difference } = await rulesOf(transmit(packets), { match: 'udp:53' });
  expect(difference.out!.reordered).toBe(0);
  expect(parsed(texts)[0]!.text).toMatch(
    /^udp:53 loss out:25% burst 2 delay out:32\.\d+ms jitter out:14\.\d+ms delay-out.txt corr 99\.\d+% per flow$/,
  );
  const { verdicts } = await replay(sent, { rules: parsed(texts) });
  for (const flow of range(10)) {
    const times = verdicts.flatMap(({ flowNumber, releaseNs }) =>
      flowNumber === flow && releaseNs !== null ? [releaseNs] : [],
    );
    expect(overtaken(times)).toBe(0);
  }
});

test('with --flow and one flow its losses themselves, each way', async () => {
  const { texts } = await rulesOf(
    transmit(
      streamOf(
        range(50).map(() => MS),
        MS,
      ).map((each, i) => ({
        ...each,
        fate: { delaysNs: i === 4 || i === 5 ? [] : [MS + i] },
      })),
    ),
    { match: 'udp:53@10.9.0.2' },
  );
  expect(parsed(texts)[0]!.text).toMatch(
    /^udp:53@10.9.0.2 loss out:map loss-out.map delay out:1\.\d+ms jitter out:\d+ns delay-out.txt/,
  );
  expect(texts.get('loss-out.map')).toBe('# packets of the flow that were lost: 2 of 50\n5-6\n');
});

test('every kind of flow has a rule, the narrow ones first', async () => {
  const large = ipv4('10.0.0.1', '10.9.0.2', udp(7, 8, new Uint8Array(3_000)), {
    identification: 9,
  });
  const [first, second] = fragmentIpv4(large, 1_200);
  const packets = [
    ip('10.0.0.1', '10.9.0.2', raw(50, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))),
    ip('10.0.0.1', '10.9.0.2', icmpEcho(1)),
    ip('10.0.0.1', '10.9.0.2', icmpEcho(2)),
    // The first fragment was not captured.
    second!,
    ip('10.0.0.1', '10.9.0.2', udp(5, 6)),
    first!,
  ].map((packet, i) => ({ packet, timeNs: i * MS, fate: { delaysNs: [MS] } }));
  const { texts } = await rulesOf(transmit(packets));
  expect(parsed(texts).map(({ match }) => match.text)).toEqual([
    'udp src=10.0.0.1 dst=10.9.0.2 sport=5 dport=6',
    'udp src=10.0.0.1 dst=10.9.0.2 sport=7 dport=8',
    'icmp src=10.0.0.1 dst=10.9.0.2',
    'udp src=10.0.0.1 dst=10.9.0.2',
    'any src=10.0.0.1 dst=10.9.0.2',
  ]);
});

test('a flow that paused is a new one to the engine, and both share a rule without a map', async () => {
  const packets = range(40).map((i) => ({
    packet: numbered(i),
    timeNs: i * MS + (i < 20 ? 0 : 200e9),
    fate: { delaysNs: i === 3 || i === 23 ? [] : [MS] },
  }));
  const { texts, difference } = await rulesOf(transmit(packets));
  expect(difference.flowCount).toBe(2);
  expect(texts.get('rules.yaml')).toContain('# 40 sent, 2 lost, 0 reordered, 2 flows');
  expect(parsed(texts)[0]!.text).toMatch(/ loss 5% delay 1ms$/);
});

test('a flow of which nothing arrives has no delay', async () => {
  const packets = [
    ...streamOf([MS, MS], MS),
    ...range(7).map((i) => ({
      packet: ip('10.0.0.1', '10.9.0.2', tcp(1, 2, { sequence: i })),
      timeNs: i * MS,
      fate: { delaysNs: [] },
    })),
  ];
  const { texts } = await rulesOf(transmit(packets));
  expect(parsed(texts)[1]!.text).toMatch(/dport=2 loss map loss-2.map$/);
  expect(texts.get('loss-2.map')).toContain('\n1-7\n');
});

test('what cannot be a rule', async () => {
  const flows = range(129).map((i) => ({
    packet: ip('10.0.0.1', '10.9.0.2', udp(1_000 + i, 53)),
    timeNs: i * MS,
    fate: { delaysNs: [MS] },
  }));
  await expect(rulesOf(transmit(flows))).rejects.toMatchObject({
    code: 'E_DIFF_FLOWS',
    mend: expect.stringContaining('--flow MATCH'),
  });
  const ends = transmit(streamOf([MS, MS], MS), 25 * 3600e9);
  await expect(rulesOf(ends)).rejects.toMatchObject({ code: 'E_DIFF_CLOCK' });
});
