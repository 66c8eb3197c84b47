/**
 * Whatever a network does to whatever packets, `diff` finds exactly that, and a replay with its rules loses the
 * same packets. What was done is counted here in the slow and obvious way.
 */

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replay } from '../../../src/library/replay.js';
import { diff } from '../../../src/replay/diff/difference.js';
import { parseScenario } from '../../../src/rules/scenario/scenario.js';
import { icmpEcho, ip, tcp, udp } from '../../support/packets.js';
import { type Transmission, transmit, writeCapture } from './network.js';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'netemu-test-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** What one packet of a random capture is and what becomes of it. */
interface Drawn {
  readonly flow: number;
  readonly isBack: boolean;
  readonly gapNs: number;
  readonly delaysNs: readonly number[];
}

const delayNs = fc.integer({ min: 1e6, max: 40e6 });
const drawn: fc.Arbitrary<Drawn> = fc.record({
  flow: fc.nat(5),
  isBack: fc.boolean(),
  gapNs: fc.integer({ min: 1, max: 20e6 }),
  delaysNs: fc.oneof(
    { weight: 6, arbitrary: fc.tuple(delayNs) },
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(delayNs, { minLength: 2, maxLength: 3 }) },
  ),
});

/** UDP, TCP and pings, IPv4 and IPv6; `number` makes each packet another one. */
function packetOf({ flow, isBack }: Drawn, number: number): Uint8Array {
  const payload = Uint8Array.of(number >> 8, number & 255, 0, 0, 0, 0);
  const near = flow % 2 === 0 ? '10.0.0.1' : '2001:db8::1';
  const far = flow % 2 === 0 ? '10.9.0.2' : '2001:db8:9::2';
  const [from, to] = isBack ? [far, near] : [near, far];
  const ports: [number, number] = isBack ? [53, 4_000 + flow] : [4_000 + flow, 53];
  if (flow >= 4) return ip(from, to, udp(...ports, payload));
  if (flow >= 2) return ip(from, to, tcp(...ports, { sequence: number, payload }));
  return flow === 0
    ? ip(from, to, icmpEcho(7, { reply: isBack, sequence: number, payload }))
    : ip(from, to, udp(...ports, payload));
}

function transmissionsOf(all: readonly Drawn[]): Transmission[] {
  let timeNs = 0;
  return all.map((each, number): Transmission => {
    timeNs += each.gapNs;
    // The first of a flow opens it, and always comes through, or nothing could tell who that was.
    const isFirst = all.findIndex(({ flow }) => flow === each.flow) === number;
    const delaysNs = isFirst && each.delaysNs.length === 0 ? [2e6] : each.delaysNs;
    return { packet: packetOf(each, number), timeNs, fate: { delaysNs }, isBack: each.isBack };
  });
}

/** RFC 4737, word for word: what arrives after a later one of its flow. */
function reorderedOf(packets: readonly Transmission[], flows: readonly number[]): number {
  return packets.filter((packet, i) => {
    const first = Math.min(...packet.fate.delaysNs) + packet.timeNs;
    return packets.some(
      (later, k) =>
        k > i &&
        flows[k] === flows[i] &&
        later.fate.delaysNs.length > 0 &&
        packet.fate.delaysNs.length > 0 &&
        later.timeNs + Math.min(...later.fate.delaysNs) < first,
    );
  }).length;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const isLost = ({ fate }: Transmission) => fate.delaysNs.length === 0;

/** Null where nothing arrives, so that nothing is known. */
function expectedOf(all: readonly Transmission[], drawn: readonly Drawn[], isBack: boolean) {
  const mine = all.map((_, i) => i).filter((i) => drawn[i]!.isBack === isBack);
  const packets = mine.map((i) => all[i]!);
  const arrived = packets.filter((packet) => !isLost(packet));
  if (arrived.length === 0) return null;
  const delays = arrived.map(({ fate }) => Math.min(...fate.delaysNs));
  return expect.objectContaining({
    sent: packets.length,
    lost: packets.length - arrived.length,
    duplicated: sum(arrived.map(({ fate }) => fate.delaysNs.length - 1)),
    corrupted: 0,
    reordered: reorderedOf(
      packets,
      mine.map((i) => drawn[i]!.flow),
    ),
    strangers: 0,
    delay: expect.objectContaining({ minNs: Math.min(...delays), maxNs: Math.max(...delays) }),
  });
}

test('a random network', async () => {
  const captures = fc.array(drawn, { minLength: 1, maxLength: 150 });
  const property = fc.asyncProperty(captures, async (all) => {
    const packets = transmissionsOf(all);
    const { near, far } = transmit(packets);
    const sent = writeCapture(folder, 'sent.pcap', near);
    const received = writeCapture(folder, 'received.pcap', far, { link: 101 });
    const { difference, makeRules } = await diff({ sent, received });
    expect(difference.out).toEqual(expectedOf(packets, all, false));
    expect(difference.in).toEqual(expectedOf(packets, all, true));
    const lost = new Set(packets.filter(isLost).map(({ packet }) => packet));
    const texts = makeRules();
    const onlyBack = difference.out === null;
    const named = [
      [onlyBack ? '' : 'rules.yaml', sent, near],
      [onlyBack ? 'rules.yaml' : 'back.yaml', received, far],
    ] as const;
    for (const [name, file, capture] of named) {
      const text = texts.get(name);
      if (text === undefined) continue;
      const { rules } = parseScenario(text, name, { read: (each) => texts.get(each)! });
      const { verdicts } = await replay(file, { rules, memoryBytes: 2 ** 24 });
      const dropped = verdicts.filter(({ verdict }) => verdict === 'dropped');
      expect(dropped.map((each) => each.packet)).toEqual(
        capture.flatMap(({ packet }, i) => (lost.has(packet) ? [i + 1] : [])),
      );
    }
  });
  await fc.assert(property, { numRuns: 15, seed: 5 });
});
