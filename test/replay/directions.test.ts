/** Which way packets go: what the capture says, whose addresses, who spoke first, by which interface. */
import { expect, test } from 'vitest';
import type { DirectionRule } from '../../src/replay/directions.js';
import { parsePrefix } from '../../src/rules/address.js';
import { Direction } from '../../src/rules/rule.js';
import { little } from '../support/capture-bytes.js';
import { cooked, cooked2 } from '../support/link-headers.js';
import { concat } from '../support/packet-bytes.js';
import { ethernet, ip, udp } from '../support/packets.js';
import { capture, replayed, type TimedPacket, timeOf } from '../support/replays.js';

const A = '192.0.2.1';
const B = '198.51.100.2';
const A6 = '2001:db8::1';
const B6 = '2001:db8:1::2';

const between = (from: string, to: string) =>
  ethernet(ip(from, to, udp(5_000, 5_000, new Uint8Array(9))));

/** A's question, B's answer, A again; and the same the other way round by IPv6. */
const TALK = [between(A, B), between(B, A), between(A, B), between(B6, A6), between(A6, B6)];

interface Case {
  readonly rule: DirectionRule;
  readonly client?: string;
  readonly packets?: readonly Partial<TimedPacket>[];
  readonly links?: readonly number[];
}

/** As a word of o, i and - for each packet. */
async function directions({ rule, client, packets = [], links }: Case): Promise<string> {
  const timed = TALK.map((data, i) => ({ atNs: i, data, ...packets[i] }));
  const { log } = await replayed(capture(timed, links && { links }), {
    direction: rule,
    client: client === undefined ? null : parsePrefix(client),
  });
  const lines = log.trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line).direction?.[0] ?? '-').join('');
}

const flags = (value: number) => little.options([2, Uint8Array.of(value, 0, 0, 0)]);

test('the first packet of a flow goes out', async () => {
  expect(await directions({ rule: { kind: 'flow' } })).toBe('oiooi');
  expect(await directions({ rule: { kind: 'auto' } })).toBe('oiooi');
});

test('all one way', async () => {
  expect(await directions({ rule: { kind: Direction.out } })).toBe('ooooo');
  expect(await directions({ rule: { kind: Direction.in } })).toBe('iiiii');
});

test.each([
  // By IPv6 it is not known: the first one spoke first.
  [B, 'ioioi'],
  ['198.51.100.0/24', 'ioioi'],
  [A6, 'oioio'],
  ['2001:db8::/48', 'oioio'],
  // Both or neither: from there is out, and what is nobody's is as by flow.
  ['::/0', 'oiooo'],
  ['0.0.0.0/0', 'ooooi'],
  ['203.0.113.0/24', 'oiooi'],
])('by the address of the client, %s', async (client, expected) => {
  expect(await directions({ rule: { kind: 'client' }, client })).toBe(expected);
  expect(await directions({ rule: { kind: 'auto' }, client })).toBe(expected);
});

test('the flags of pcapng come before the client and the flow', async () => {
  // In, out, and one that does not say.
  const packets = [{ options: flags(1) }, { options: flags(2) }, { options: flags(0) }];
  expect(await directions({ rule: { kind: 'auto' }, packets })).toBe('ioooi');
  expect(await directions({ rule: { kind: 'auto' }, packets, client: B })).toBe('ioioi');
  expect(await directions({ rule: { kind: 'flow' }, packets })).toBe('oiooi');
});

test.each([
  ['cooked', 113, cooked],
  ['cooked2', 276, cooked2],
])('a Linux %s header says whose packet it is', async (_, link, wrap) => {
  // To us, broadcast, multicast, to others, from us.
  const packets = TALK.map((frame, packetType) => ({
    data: wrap(frame.subarray(14), { packetType }),
  }));
  expect(await directions({ rule: { kind: 'auto' }, packets, links: [link] })).toBe('iiioo');
});

test('by interface, by its name or its number', async () => {
  const named = (name: string) =>
    little.interface({ options: little.options([2, name], [9, Uint8Array.of(9)]) });
  const file = concat(
    little.section(),
    named('eth0'),
    named('eth1'),
    ...[0, 1, 0, 1].map((index, i) =>
      little.enhanced({ data: TALK[i], time: timeOf(i), interface: index, options: flags(1) }),
    ),
    little.section(),
    named('eth1'),
    little.enhanced({ data: TALK[0], time: timeOf(9) }),
  );
  const cases: [string[], string, string[]][] = [
    [['eth0'], 'oioii', []],
    [['eth1'], 'ioioo', []],
    [['1'], 'ioioi', []],
    [['0', '2'], 'oioio', []],
    [['eth1', 'eth9'], 'ioioo', ['eth9']],
  ];
  for (const [names, expected, missing] of cases) {
    const given = await replayed(file, { direction: { kind: 'interface', names } });
    const lines = given.log.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).direction[0]).join('')).toBe(expected);
    expect(given.directions.missing).toEqual(missing);
  }
});
