import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asksFor, dnsName } from '../../src/packet/dns.js';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { concat } from '../support/packet-bytes.js';
import * as packets from '../support/packets.js';

const view = new PacketView();

function asks(name: string, packet: Uint8Array): boolean {
  if (!view.parse(packet, 0, packet.length, LinkType.rawIp)) throw new Error('not parsed');
  return asksFor(view, dnsName(name));
}

const overUdp = (message: Uint8Array) =>
  packets.ip('10.0.0.1', '10.0.0.2', packets.udp(4000, 53, message));

function overTcp(payload: Uint8Array): Uint8Array {
  return packets.ip('fd00::1', 'fd00::2', packets.tcp(4000, 53, { payload }));
}

function withLength(message: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(message.length >> 8, message.length & 0xff), message);
}

/** A message with this name in wire format. */
function messageOf(wire: string): Uint8Array {
  return concat(packets.hex('0001 0100 0001 0000 0000 0000'), packets.hex(wire));
}

test.each([
  ['example.com', 'example.com', true],
  ['example.com', 'eXamPLE.cOm', true],
  ['example.com', 'www.example.com', false],
  ['example.com', 'example.org', false],
  ['example.com', 'example.co', false],
  ['example.com', 'xexample.com', false],
  ['example.com', 'com', false],
  ['*.example.com', 'www.example.com', true],
  ['*.example.com', 'a.b.WWW.example.com', true],
  ['*.example.com', 'example.com', false],
  ['*.example.com', 'xexample.com', false],
  ['*.example.com', 'www.example.org', false],
  ['*.com', 'example.com', true],
  ['*.com', 'com', false],
  ['localhost', 'localhost', true],
  ['_dns.x-y.example', '_dns.x-y.example', true],
])('qname=%s and a question for %s: %s', (pattern, name, expected) => {
  const query = packets.dnsQuery(name);
  const answer = query.slice();
  answer[2] |= 0x80;
  for (const message of [query, answer]) {
    expect(asks(pattern, overUdp(message))).toBe(expected);
    expect(asks(pattern, overTcp(withLength(message)))).toBe(expected);
  }
});

test('a label that only looks like several is one', () => {
  // One label of 11 bytes, whose bytes read "example\3com".
  expect(asks('*.com', overUdp(messageOf('0b 6578616d706c65 03 636f6d 00 00010001')))).toBe(false);
  expect(asks('example.com', overUdp(messageOf('0b 6578616d706c65 03 636f6d 00')))).toBe(false);
});

test('only the first question counts, and there must be one', () => {
  const query = packets.dnsQuery('example.com');
  query[5] = 0;
  expect(asks('example.com', overUdp(query))).toBe(false);
  query[5] = 2;
  expect(asks('example.com', overUdp(query))).toBe(true);
});

test('compression pointers, long labels and cut names are refused', () => {
  expect(asks('example.com', overUdp(messageOf('07 6578616d706c65 c00c')))).toBe(false);
  expect(asks('com', overUdp(messageOf('c0 03 636f6d 00')))).toBe(false);
  expect(asks('example.com', overUdp(messageOf('07 6578616d706c65 03 636f6d')))).toBe(false);
  expect(asks('example.com', overUdp(messageOf('07 6578616d706c65 40 636f6d')))).toBe(false);
});

test('a name of 255 bytes is read, a longer one not', () => {
  const label = (length: number) => 'x'.repeat(length);
  const longest = [label(63), label(63), label(63), label(57), 'tld'].join('.');
  expect(longest.length).toBe(253); // And the first length byte and the root.
  expect(asks('*.tld', overUdp(packets.dnsQuery(longest)))).toBe(true);
  expect(asks(longest, overUdp(packets.dnsQuery(longest)))).toBe(true);
  expect(asks('*.tld', overUdp(packets.dnsQuery(`x${longest}`)))).toBe(false);
});

test('over TCP the message must begin in the segment, and may end in the next', () => {
  const message = withLength(packets.dnsQuery('example.com'));
  expect(asks('example.com', overTcp(message.subarray(0, message.length - 4)))).toBe(true);
  expect(asks('example.com', overTcp(message.subarray(0, message.length - 5)))).toBe(false);
  expect(asks('example.com', overTcp(message.subarray(2)))).toBe(false);
  expect(asks('example.com', overTcp(message.subarray(0, 2)))).toBe(false);
  expect(asks('example.com', overTcp(message.subarray(0, 1)))).toBe(false);
  expect(asks('example.com', overTcp(new Uint8Array(0)))).toBe(false);
  message.set([0, 16]); // No message is this short.
  expect(asks('example.com', overTcp(message))).toBe(false);
});

test('in other protocols and later fragments there is none', () => {
  const query = packets.dnsQuery('example.com');
  expect(asks('example.com', packets.ip('10.0.0.1', '10.0.0.2', packets.sctp(1, 53, query)))).toBe(
    false,
  );
  const [first, later] = packets.fragmentIpv4(overUdp(concat(query, new Uint8Array(30))), 40);
  expect([asks('example.com', first), asks('example.com', later)]).toEqual([true, false]);
});

test('as labels compared one by one, on random names', () => {
  const label = fc.constantFrom('a', 'b', 'A', 'ab', 'com', 'COM', 'x'.repeat(63));
  const name = fc.array(label, { minLength: 1, maxLength: 4 });
  let matched = 0;
  const property = fc.property(name, name, fc.boolean(), (labels, pattern, below) => {
    const [given, wanted] = [labels, pattern].map((all) => all.map((each) => each.toLowerCase()));
    const tail = given.slice(-wanted.length).join('.') === wanted.join('.');
    const expected =
      tail && (below ? given.length > wanted.length : given.length === wanted.length);
    const text = (below ? '*.' : '') + wanted.join('.');
    if (asks(text, overUdp(packets.dnsQuery(labels.join('.')))) !== expected) {
      throw new Error(`${text} and ${labels.join('.')}: ${!expected}`);
    }
    if (expected) matched++;
  });
  fc.assert(property, { seed: 1, numRuns: 3_000 });
  expect(matched).toBeGreaterThan(100);
});
