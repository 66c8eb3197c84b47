import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FLOW_KEY_WORDS, hashFlowKey, writeFlowKey } from '../../src/packet/flow-key.js';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { fragmentIpv4, icmpEcho, icmpv6Echo, ip, ipv4, raw, tcp, udp } from '../support/packets.js';

const A = '192.0.2.1';
const B = '198.51.100.2';

/** The key as text, and which endpoint sent the packet. */
function keyOf(packet: Uint8Array): { key: string; side: number; hash: number } {
  const view = new PacketView();
  expect(view.parse(packet, 0, packet.length, LinkType.rawIp)).toBe(true);
  const key = new Int32Array(FLOW_KEY_WORDS + 2).fill(7);
  const side = writeFlowKey(view, view.sourcePort, view.destinationPort, key, 1);
  expect([key[0], key[FLOW_KEY_WORDS + 1]]).toEqual([7, 7]); // Nothing beside its place is touched.
  return { key: key.join(' '), side, hash: hashFlowKey(key, 1) };
}

test('the words of a key', () => {
  const view = new PacketView();
  const packet = ipv4(B, A, udp(53, 40000));
  view.parse(packet, 0, packet.length, LinkType.rawIp);
  const key = new Int32Array(FLOW_KEY_WORDS);
  expect(writeFlowKey(view, 53, 40000, key, 0)).toBe(1); // 198.… is higher than 192.….
  const lower = [0, 0, 0xffff, 0xc000_0201 | 0];
  const higher = [0, 0, 0xffff, 0xc633_6402 | 0];
  expect([...key]).toEqual([...lower, ...higher, (40000 << 16) | 53, 17 | (4 << 8)]);
});

test('both directions have the same key and different sides', () => {
  const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '200.0.0.1', '255.255.255.255');
  const address6 = fc.constantFrom('::1', 'fd00::1', 'fd00::2', 'fd00:0:1::1', '8000::', '7fff::');
  const ends = fc.oneof(fc.tuple(address, address), fc.tuple(address6, address6));
  const port = fc.constantFrom(1, 53, 32768, 65535);
  const property = fc.property(ends, port, port, ([from, to], fromPort, toPort) => {
    const there = keyOf(ip(from, to, udp(fromPort, toPort)));
    const back = keyOf(ip(to, from, udp(toPort, fromPort)));
    expect(back.key).toBe(there.key);
    expect(back.hash).toBe(there.hash);
    const isItsOwnReply = from === to && fromPort === toPort;
    expect(back.side).toBe(isItsOwnReply ? there.side : 1 - there.side);
  });
  fc.assert(property, { seed: 1, numRuns: 2_000 });
});

test('the lower endpoint is lower as an unsigned number', () => {
  expect(keyOf(ipv4('10.0.0.1', '200.0.0.1', udp(1, 2))).side).toBe(0);
  expect(keyOf(ipv4('200.0.0.1', '10.0.0.1', udp(1, 2))).side).toBe(1);
  for (const [lower, higher] of [
    ['7fff::', '8000::'],
    ['::7fff:0:0:0:0:0', '::8000:0:0:0:0:0'],
    ['::7fff:0:0:0', '::8000:0:0:0'],
    ['::7fff:0', '::8000:0'],
  ]) {
    expect(keyOf(ip(lower, higher, udp(1, 2))).side).toBe(0);
    expect(keyOf(ip(higher, lower, udp(1, 2))).side).toBe(1);
  }
  expect(keyOf(ipv4(A, A, udp(1, 65535))).side).toBe(0);
  expect(keyOf(ipv4(A, A, udp(65535, 1))).side).toBe(1);
});

test('flows differ by protocol, version, addresses and ports', () => {
  const keys = [
    keyOf(ipv4(A, B, udp(1, 2))),
    keyOf(ipv4(A, B, tcp(1, 2))),
    keyOf(ipv4(A, B, udp(2, 1))),
    keyOf(ipv4(A, B, udp(1, 3))),
    keyOf(ipv4(A, '198.51.100.3', udp(1, 2))),
    keyOf(ipv4(A, B, raw(47))),
    keyOf(ipv4(A, B, raw(50))),
    keyOf(ip('::ffff:c000:201', '::ffff:c633:6402', udp(1, 2))), // The same words as the first.
  ];
  expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length);
  expect(new Set(keys.map(({ hash }) => hash)).size).toBe(keys.length);
});

test('pings are flows by identifier', () => {
  const request = keyOf(ipv4(A, B, icmpEcho(7)));
  const reply = keyOf(ipv4(B, A, icmpEcho(7, { reply: true })));
  expect(reply.key).toBe(request.key);
  expect([request.side, reply.side]).toEqual([0, 1]);
  expect(keyOf(ipv4(A, B, icmpEcho(8))).key).not.toBe(request.key);
  const request6 = keyOf(ip('fd00::1', 'fd00::2', icmpv6Echo(7)));
  const reply6 = keyOf(ip('fd00::2', 'fd00::1', icmpv6Echo(7, { reply: true })));
  expect(reply6.key).toBe(request6.key);
});

test('a ping to oneself: the reply comes from the other side', () => {
  const request = keyOf(ipv4('127.0.0.1', '127.0.0.1', icmpEcho(7)));
  const reply = keyOf(ipv4('127.0.0.1', '127.0.0.1', icmpEcho(7, { reply: true })));
  expect(reply.key).toBe(request.key);
  expect([request.side, reply.side]).toEqual([0, 1]);
});

test('a later fragment with the ports of its first has the same key', () => {
  const [first, last] = fragmentIpv4(ipv4(B, A, udp(53, 40000, new Uint8Array(40))), 24);
  const view = new PacketView();
  const key = new Int32Array(FLOW_KEY_WORDS);
  view.parse(last, 0, last.length, LinkType.rawIp);
  expect(writeFlowKey(view, 53, 40000, key, 0)).toBe(1);
  expect(`7 ${key.join(' ')} 7`).toBe(keyOf(first).key);
});

test('hashes are fixed', () => {
  const hashes = [
    ipv4(A, B, udp(1, 2)),
    ipv4(A, B, tcp(50000, 443)),
    ip('fd00::1', 'fd00::2', udp(40000, 53)),
  ].map((packet) => keyOf(packet).hash);
  expect(hashes).toMatchInlineSnapshot(`
    [
      596387440,
      -2078736641,
      -788512127,
    ]
  `);
});

test('hashes of neighbouring flows spread evenly', () => {
  // 65,536 flows over 256 buckets by the low byte, and by the high byte: 256 each on average;
  // chi-square with 255 degrees of freedom is below 330 with probability 0.999.
  const view = new PacketView();
  const packet = ipv4(A, B, udp(1, 2));
  view.parse(packet, 0, packet.length, LinkType.rawIp);
  const key = new Int32Array(FLOW_KEY_WORDS);
  const low = new Float64Array(256);
  const high = new Float64Array(256);
  for (let port = 0; port < 65_536; port++) {
    writeFlowKey(view, port, 53, key, 0);
    const hash = hashFlowKey(key, 0);
    low[hash & 0xff]++;
    high[hash >>> 24]++;
  }
  for (const counts of [low, high]) {
    const chiSquare = counts.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0);
    expect(chiSquare).toBeLessThan(330);
  }
});
