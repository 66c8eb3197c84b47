/** `rulesOverlap` against trying every packet of a small universe. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { Classifier } from '../../src/rules/classifier.js';
import { rulesContend, rulesOverlap } from '../../src/rules/overlap.js';
import { parseRule } from '../../src/rules/parse.js';
import { Direction, type Match, type Rule } from '../../src/rules/rule.js';
import { concat } from '../support/packet-bytes.js';
import * as packets from '../support/packets.js';
import * as quic from '../support/quic.js';

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

interface Packet {
  readonly bytes: Uint8Array;
  readonly direction: number;
}

const universe = everyPacket();

function everyPacket(): Packet[] {
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

/** Which packets a match takes. */
function taken(match: Match, text: string, among: readonly Packet[]): boolean[] {
  const view = new PacketView();
  const rule: Rule = { ...parseRule('any'), text, match };
  const classifier = new Classifier([rule]);
  return among.map(({ bytes, direction }) => {
    view.parse(bytes, 0, bytes.length, LinkType.rawIp);
    return classifier.classify(view, view.sourcePort, view.destinationPort, direction) === 0;
  });
}

/** `fc.option` gives a value at least every second time. */
function rarely<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: values });
}

const match = fc
  .record({
    protocol: fc.constantFrom('any', 'udp', 'tcp', 'icmp'),
    ports: fc.option(fc.constantFrom(...RANGES), { freq: 2 }),
    address: rarely(fc.constantFrom(...PREFIXES)),
    src: rarely(fc.constantFrom(...PREFIXES)),
    dst: rarely(fc.constantFrom(...PREFIXES)),
    sport: rarely(fc.constantFrom(...RANGES)),
    dport: rarely(fc.constantFrom(...RANGES)),
    dir: rarely(fc.constantFrom('in', 'out')),
  })
  .map(({ protocol, ports, address, ...terms }): string => {
    const head = `${protocol}${ports && protocol !== 'icmp' ? `:${ports}` : ''}`;
    const rest = Object.entries(terms).flatMap(([key, value]) =>
      value ? [`${key}=${value}`] : [],
    );
    return [head + (address ? `@${address}` : ''), ...rest].join(' ');
  });

const known = new Map<string, { match: Match; packets: boolean[] } | null>();

function look(text: string, among = universe) {
  const key = `${among.length} ${text}`;
  let found = known.get(key);
  if (found === undefined) {
    try {
      const parsed = parseRule(text).match;
      found = { match: parsed, packets: taken(parsed, text, among) };
    } catch {
      found = null; // It contradicts itself.
    }
    known.set(key, found);
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

/** All that terms about packets can tell apart, a representative of each. */
function everyTerm(): Packet[] {
  const names = ['a.example', 'b.example', 'x.a.example', 'y.x.a.example'];
  const queries = names.map((name) => packets.dnsQuery(name));
  const kinds = [
    ...(['initial', '0rtt', 'handshake'] as const).map((kind) => quic.long(kind)),
    quic.retry(),
    quic.short(),
  ];
  const none = new Uint8Array(0);
  const overTcp = queries.map((query) => concat(Uint8Array.of(0, query.length), query));
  const flags = [0, 1, 2, 3, 16, 17, 18, 19];
  const transports = [
    ...[none, ...queries, ...kinds].map((payload) => (bytes: number) => {
      return packets.udp(1, 2, concat(payload, new Uint8Array(bytes - 28 - payload.length)));
    }),
    ...[none, ...overTcp].flatMap((payload) =>
      flags.map((each) => (bytes: number) => {
        const padded = concat(payload, new Uint8Array(bytes - 40 - payload.length));
        return packets.tcp(1, 2, { flags: each, payload: padded });
      }),
    ),
  ];
  return transports.flatMap((transport) =>
    [100, 150, 200, 250].flatMap((length) =>
      [0, 10, 46].map((dscp) => {
        const options = { trafficClass: dscp << 2 };
        const bytes = packets.ipv4('10.0.0.1', '10.0.0.2', transport(length), options);
        return { bytes, direction: Direction.out };
      }),
    ),
  );
}

const termMatch = fc
  .record({
    head: fc.constantFrom('any', 'any', 'udp', 'tcp'),
    len: rarely(fc.constantFrom('100', '100-200', '150', '200-300', '250')),
    dscp: rarely(fc.constantFrom('ef', 'be', 'af11')),
    flags: rarely(fc.constantFrom('syn', '!syn', 'syn,!ack', 'ack,!fin', 'fin,ack')),
    shown: fc.option(
      fc.constantFrom(
        ...['initial', '0rtt', 'handshake', 'retry', 'short'].map((kind) => `quic=${kind}`),
        ...['a.example', 'b.example', '*.example', '*.a.example', '*.x.a.example'].map(
          (name) => `qname=${name}`,
        ),
      ),
    ),
  })
  .map(({ head, shown, ...terms }) => {
    const given = Object.entries(terms).flatMap(([key, value]) =>
      value === null ? [] : [`${key}=${value}`],
    );
    return [head, ...given, ...(shown === null ? [] : [shown])].join(' ');
  });

test('terms about packets keep two matches apart exactly when no packet has both', () => {
  const among = everyTerm();
  let overlapping = 0;
  let disjoint = 0;
  const texts = fc.sample(termMatch, { seed: 1, numRuns: 130 });
  for (const textA of texts) {
    const a = look(textA, among);
    if (a === null) continue;
    expect([textA, a.packets.includes(true)]).toEqual([textA, true]);
    for (const textB of texts) {
      const b = look(textB, among);
      if (b === null) continue;
      // That no packet is both DNS and QUIC is not certain: the same bytes may look like either.
      if (a.match.quic !== null && b.match.qname !== null) continue;
      if (a.match.qname !== null && b.match.quic !== null) continue;
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
  ['flags=syn', 'udp', false],
  ['flags=syn', 'tcp:80', true],
  ['quic=initial', 'tcp', false],
  ['dns qname=a.example', 'dns qname=b.example', false],
  ['dns qname=a.example', 'quic=initial', true],
  ['tls sni=a.example', 'tls sni=b.example', true], // Of what was seen of the flow at another time.
  ['tls sni=a.example', 'quic', false],
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
