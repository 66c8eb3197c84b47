/**
 * Whatever the bytes: nothing throws, and after a successful `parse` every offset is inside the
 * given range and the fields agree with each other. Bytes around the range must not matter.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FLOW_KEY_WORDS, hashFlowKey, writeFlowKey } from '../../src/packet/flow-key.js';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { cooked, cooked2, loopback } from '../support/link-headers.js';
import * as packets from '../support/packets.js';

const A = '192.0.2.1';
const B = '198.51.100.2';
const C = '2001:db8::1';
const D = '2001:db8:ffff::2';
const query = packets.udp(40000, 53, packets.dnsQuery('example.org'));

/** One of every kind that the view knows. */
const SEEDS: readonly Uint8Array[] = [
  packets.ipv4(A, B, query),
  packets.ipv4(A, B, query, { options: packets.hex('94040000') }),
  packets.ipv4(A, B, packets.tcp(50000, 443, { flags: 2 })),
  packets.ipv4(A, B, packets.icmpEcho(7)),
  packets.ipv4(A, B, packets.sctp(5000, 5001)),
  ...packets.fragmentIpv4(packets.ipv4(A, B, query), 16),
  packets.ipv6(C, D, query),
  packets.ipv6(C, D, packets.tcp(50000, 443)),
  packets.ipv6(C, D, packets.icmpv6Echo(9)),
  packets.ipv6(C, D, query, {
    extensions: [0, 43, 60, 135, 139, 140].map((type) => packets.extension(type)),
  }),
  packets.ipv6(C, D, query, { extensions: [packets.authentication(), packets.extension(60, 3)] }),
  ...packets.fragmentIpv6(packets.ipv6(C, D, query), 16, 0xdead_beef),
];
const FRAMES = SEEDS.flatMap((packet) => [
  packets.ethernet(packet),
  packets.ethernet(packet, { tags: [[0x8100, 10]] }),
  packets.ethernet(packet, {
    tags: [
      [0x88a8, 10],
      [0x8100, 20],
    ],
  }),
]);

/** With the link headers of captures. */
const CAPTURED = SEEDS.flatMap((packet) => [
  { bytes: cooked(packet), linkType: LinkType.linuxCooked },
  { bytes: cooked(packet, { tags: [[0x8100, 10]] }), linkType: LinkType.linuxCooked },
  { bytes: cooked2(packet), linkType: LinkType.linuxCooked2 },
  { bytes: cooked2(packet, { tags: [[0x8100, 10]] }), linkType: LinkType.linuxCooked2 },
  { bytes: loopback(packet), linkType: LinkType.nullLoopback },
]);

const view = new PacketView();
const key = new Int32Array(FLOW_KEY_WORDS);

/** Parses `bytes` between margins of 0xff, and checks what must hold for any bytes. */
function check(bytes: Uint8Array, linkType: number): boolean {
  const buffer = new Uint8Array(bytes.length + 128).fill(0xff);
  buffer.set(bytes, 64);
  const parsed = view.parse(buffer, 64, bytes.length, linkType);
  if (!parsed) return false;
  const end = 64 + bytes.length;
  const { l3Offset, l3Length, l4Offset, l4Length, wireLength } = view;
  const inside =
    64 <= l3Offset && l3Offset < l4Offset && 0 <= l4Length && l3Offset + l3Length <= end;
  const fits =
    l4Offset + l4Length === l3Offset + l3Length &&
    (view.truncated ? wireLength > l3Length : wireLength === l3Length);
  const isPort = (port: number) => Number.isInteger(port) && port >= 0 && port <= 0xffff;
  const portsFit =
    isPort(view.sourcePort) && isPort(view.destinationPort) && (!view.hasPorts || l4Length >= 4);
  const fragmentFits =
    view.isFragment === (view.isFirstFragment || view.isLaterFragment) &&
    !(view.isFirstFragment && view.isLaterFragment) &&
    !(view.isLaterFragment && view.hasPorts);
  if (!(inside && fits && portsFit && fragmentFits && !view.malformed)) {
    throw new Error(`inconsistent view of ${Buffer.from(bytes).toString('hex')}`);
  }
  writeFlowKey(view, view.sourcePort, view.destinationPort, key, 0);
  if (!Number.isInteger(hashFlowKey(key, 0))) throw new Error('hash');
  return true;
}

test('random bytes', () => {
  const linkType = fc.constantFrom(...Object.values(LinkType), 255);
  const property = fc.property(
    fc.uint8Array({ maxLength: 120, size: 'max' }),
    linkType,
    (bytes, type) => {
      check(bytes, type);
    },
  );
  fc.assert(property, { seed: 1, numRuns: 20_000 });
});

test('random bytes behind a good beginning', () => {
  const start = fc.constantFrom(...SEEDS.map((seed) => seed.subarray(0, 8)));
  let parsed = 0;
  const property = fc.property(
    start,
    fc.uint8Array({ maxLength: 120, size: 'max' }),
    (head, rest) => {
      if (check(packets.concat(head, rest), LinkType.rawIp)) parsed++;
    },
  );
  fc.assert(property, { seed: 2, numRuns: 20_000 });
  expect(parsed).toBeGreaterThan(5_000); // So the checks behind `parse` have been at work.
});

test('mutated packets of every kind', () => {
  // Any of: other bytes at some places, cut short, made longer.
  const mutation = fc.record({
    changes: fc.array(fc.tuple(fc.nat(1_000), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
    cut: fc.option(fc.nat(140), { freq: 3 }),
    more: fc.uint8Array({ maxLength: 16, size: 'max' }),
  });
  const seeds = fc.constantFrom(
    ...SEEDS.map((bytes) => ({ bytes, linkType: LinkType.rawIp })),
    ...FRAMES.map((bytes) => ({ bytes, linkType: LinkType.ethernet })),
    ...CAPTURED,
  );
  let parsed = 0;
  const property = fc.property(seeds, mutation, ({ bytes, linkType }, { changes, cut, more }) => {
    const mutated = bytes.slice(0, cut === null ? bytes.length : cut % (bytes.length + 1));
    for (const [at, value] of changes) {
      if (mutated.length > 0) mutated[at % mutated.length] = value;
    }
    if (check(packets.concat(mutated, more), linkType)) parsed++;
  });
  fc.assert(property, { seed: 3, numRuns: 50_000 });
  expect(parsed).toBeGreaterThan(20_000);
});

test('the unmutated seeds all parse', () => {
  for (const seed of SEEDS) expect(check(seed, LinkType.rawIp)).toBe(true);
  for (const frame of FRAMES) expect(check(frame, LinkType.ethernet)).toBe(true);
  for (const { bytes, linkType } of CAPTURED) expect(check(bytes, linkType)).toBe(true);
});
