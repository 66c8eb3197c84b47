/** `rulesOverlap` against trying every packet of a small universe. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { Classifier } from '../../src/rules/classifier.js';
import { rulesContend, rulesOverlap } from '../../src/rules/overlap.js';
import { parseRule } from '../../src/rules/parse.js';
import { Direction, type Match, type Rule } from '../../src/rules/rule.js';
import * as packets from '../support/packets.js';

// Two addresses below each prefix and one outside, two ports in each range and one outside: a
// packet that two matches have in common can be moved to these without leaving either.
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.1.1', '192.0.2.1'];
const ADDRESSES6 = ['fd00::1', 'fd00::2', 'fd00:1::1', '2001:db8::1'];
const PORTS = [10, 20, 21, 22, 30];
const PREFIXES = [
  '10.0.0.1',
  '10.0.0.0/24',
  '10.0.0.0/8',
  '192.0.2.1',
  'fd00::1',
  'fd00::/32',
  'fd00::/8',
];
const RANGES = ['10', '20-22', '21', '22-30', '10-30'];

const universe = everyPacket();

function everyPacket(): { bytes: Uint8Array; direction: number }[] {
  const pairs = [ADDRESSES, ADDRESSES6].flatMap((list) =>
    list.flatMap((from) => list.map((to) => [from, to] as const)),
  );
  const portPairs = PORTS.flatMap((from) => PORTS.map((to) => [from, to] as const));
  const transports = [
    ...portPairs.map(([from, to]) => packets.udp(from, to)),
    ...portPairs.map(([from, to]) => packets.tcp(from, to)),
    packets.icmpEcho(1),
    packets.raw(47),
  ];
  return pairs.flatMap(([from, to]) =>
    transports.flatMap((transport) => {
      const bytes = packets.ip(from, to, transport);
      return [Direction.out, Direction.in].map((direction) => ({ bytes, direction }));
    }),
  );
}

/** Which packets of the universe a match takes. */
function taken(match: Match, text: string): boolean[] {
  const view = new PacketView();
  const rule: Rule = { ...parseRule('any'), text, match };
  const classifier = new Classifier([rule]);
  return universe.map(({ bytes, direction }) => {
    view.parse(bytes, 0, bytes.length, LinkType.rawIp);
    return classifier.classify(view, view.sourcePort, view.destinationPort, direction) === 0;
  });
}

const match = fc
  .record({
    protocol: fc.constantFrom('any', 'udp', 'tcp', 'icmp'),
    ports: fc.option(fc.constantFrom(...RANGES), { freq: 2 }),
    address: fc.option(fc.constantFrom(...PREFIXES), { freq: 1 }),
    src: fc.option(fc.constantFrom(...PREFIXES), { freq: 1 }),
    dst: fc.option(fc.constantFrom(...PREFIXES), { freq: 1 }),
    sport: fc.option(fc.constantFrom(...RANGES), { freq: 1 }),
    dport: fc.option(fc.constantFrom(...RANGES), { freq: 1 }),
    dir: fc.option(fc.constantFrom('in', 'out'), { freq: 1 }),
  })
  .map(({ protocol, ports, address, ...terms }): string => {
    const head = `${protocol}${ports && protocol !== 'icmp' ? `:${ports}` : ''}`;
    const rest = Object.entries(terms).flatMap(([key, value]) =>
      value ? [`${key}=${value}`] : [],
    );
    return [head + (address ? `@${address}` : ''), ...rest].join(' ');
  });

const known = new Map<string, { match: Match; packets: boolean[] } | null>();

function look(text: string) {
  let found = known.get(text);
  if (found === undefined) {
    try {
      const parsed = parseRule(text).match;
      found = { match: parsed, packets: taken(parsed, text) };
    } catch {
      found = null; // It contradicts itself.
    }
    known.set(text, found);
  }
  return found;
}

test('two matches overlap when a packet of the universe meets both', () => {
  let overlapping = 0;
  let disjoint = 0;
  const texts = fc.sample(match, { seed: 1, numRuns: 150 });
  for (const textA of texts) {
    const a = look(textA);
    if (a === null) continue;
    expect([textA, a.packets.includes(true)]).toEqual([textA, true]);
    for (const textB of texts) {
      const b = look(textB);
      if (b === null) continue;
      const expected = a.packets.some((meets, i) => meets && b.packets[i]);
      if (rulesOverlap(a.match, b.match) !== expected) {
        throw new Error(`${textA} and ${textB} should overlap: ${expected}`);
      }
      if (expected) overlapping++;
      else disjoint++;
    }
  }
  expect(overlapping).toBeGreaterThan(1_000);
  expect(disjoint).toBeGreaterThan(1_000);
});

test.each([
  ['any', 'udp:53', true],
  ['udp:53', 'tcp:53', false],
  ['udp:53', 'udp:54', true], // From 53 to 54.
  ['udp:53@10.0.0.1', 'udp:54@10.0.0.1', true], // The same, to itself.
  ['udp:53@10.0.0.1', 'udp:53@10.0.0.2', true],
  ['udp:53@10.0.0.1', 'udp:54 dst=10.0.0.2 dport=54', true],
  ['udp:53@10.0.0.1', 'udp src=10.0.0.2 sport=54 dport=54', false],
  ['udp dport=53', 'udp dport=54', false],
  ['udp dport=53', 'udp sport=53', true],
  ['dns', 'tcp:53', true],
  ['dns', 'quic', true],
  ['tls', 'quic', false],
  ['icmp', 'any:53', false],
  ['any@10.0.0.0/8', 'any@fd00::/8', false],
  ['src=10.0.0.0/8', 'src=10.1.0.0/16', true],
  ['src=10.0.0.0/16', 'src=10.1.0.0/16', false],
  ['src=10.0.0.0/16', 'dst=10.1.0.0/16', true],
  ['udp dir=in', 'udp dir=out', false],
  ['udp dir=in', 'udp', true],
])('%s and %s: %s', (a, b, expected) => {
  expect(rulesOverlap(parseRule(a).match, parseRule(b).match)).toBe(expected);
  expect(rulesOverlap(parseRule(b).match, parseRule(a).match)).toBe(expected);
});

test.each([
  ['udp:53', 'udp:443', false],
  ['dns', 'quic', false],
  ['udp:53@10.0.0.1', 'udp:53@10.0.0.2', false],
  ['udp:50-60', 'udp:53', true],
  ['udp', 'udp:53', true],
  ['any@10.0.0.0/8', 'udp:53', true],
  ['udp dport=53', 'udp:53', true],
])('%s and %s contend: %s', (a, b, expected) => {
  expect(rulesContend(parseRule(a).match, parseRule(b).match)).toBe(expected);
  expect(rulesContend(parseRule(b).match, parseRule(a).match)).toBe(expected);
});
