/** What makes a packet the same packet after a network, and what makes it another one. */

import { expect, test } from 'vitest';
import { LinkType, PacketView } from '../../../src/packet/packet-view.js';
import { Identity } from '../../../src/replay/diff/identity.js';
import {
  concat,
  ethernet,
  extension,
  fragmentHeader,
  fragmentIpv4,
  icmpEcho,
  icmpv6Echo,
  ip,
  ipv4,
  ipv6,
  raw,
  sctp,
  tcp,
  udp,
} from '../../support/packets.js';

const HERE = '192.0.2.1';
const THERE = '198.51.100.2';
const payload = Uint8Array.of(1, 2, 3, 4, 5, 6, 7);

function identityOf(
  packet: Uint8Array,
  nat = false,
  bytesMax = Number.POSITIVE_INFINITY,
  link = 1,
) {
  const view = new PacketView();
  const bytes = link === 1 ? packet : ethernet(packet, { padToBytes: 60 });
  const linkType = link === 1 ? LinkType.rawIp : LinkType.ethernet;
  expect(view.parse(bytes, 0, bytes.length, linkType)).toBe(true);
  const identity = new Identity(nat);
  identity.read(view, bytesMax);
  return [identity.header, identity.whole];
}

/** With some bytes changed: `[at, value]`. */
function changed(packet: Uint8Array, ...changes: readonly [number, number][]): Uint8Array {
  const other = packet.slice();
  for (const [at, value] of changes) other[at] = value;
  return other;
}

const plain = ipv4(HERE, THERE, udp(4_000, 53, payload), { identification: 7 });
const six = ip('fd00::1', 'fd00::2', tcp(4_000, 80, { sequence: 9, payload }));
const syn = (mss: number) =>
  ip(HERE, THERE, tcp(1, 2, { flags: 2, options: Uint8Array.of(2, 4, mss >> 8, mss & 255) }));

test.each<[string, Uint8Array, Uint8Array]>([
  ['hop limit', plain, changed(plain, [8, 3])],
  ['hop limit of IPv6', six, changed(six, [7, 3])],
  ['traffic class', plain, changed(plain, [1, 0xbb])],
  ['traffic class of IPv6', six, changed(six, [0, 0x6b], [1, 0xb0])],
  ["don't fragment", plain, changed(plain, [6, 0x40])],
  ['checksum of the header', plain, changed(plain, [10, 1], [11, 2])],
  ['checksum of UDP', plain, changed(plain, [26, 1], [27, 2])],
  ['checksum of TCP', six, changed(six, [56, 1], [57, 2])],
  [
    'checksum of ICMP',
    ip(HERE, THERE, icmpEcho(1)),
    changed(ip(HERE, THERE, icmpEcho(1)), [22, 9]),
  ],
  [
    'checksum of SCTP',
    ip(HERE, THERE, sctp(1, 2)),
    changed(ip(HERE, THERE, sctp(1, 2)), [28, 9], [31, 1]),
  ],
  ['MSS', syn(1_460), syn(1_400)],
  [
    'options',
    plain,
    ipv4(HERE, THERE, udp(4_000, 53, payload), { identification: 7, options: new Uint8Array(8) }),
  ],
  [
    'extension headers',
    ipv6('fd00::1', 'fd00::2', udp(1, 2, payload)),
    ipv6('fd00::1', 'fd00::2', udp(1, 2, payload), { extensions: [extension(0), extension(60)] }),
  ],
])('%s: the same', (_, before, after) => {
  expect(before).not.toEqual(after);
  expect(identityOf(after)).toEqual(identityOf(before));
  expect(identityOf(after, true)).toEqual(identityOf(before, true));
});

test('link header and padding: the same', () => {
  expect(identityOf(plain, false, Number.POSITIVE_INFINITY, 0)).toEqual(identityOf(plain));
});

test.each<[string, Uint8Array, Uint8Array]>([
  ['identification', plain, changed(plain, [5, 8])],
  ['fragment offset', ...pair(fragmentIpv4(plain, 8))],
  ['more fragments', plain, changed(plain, [6, 0x20])],
  ['protocol', ip(HERE, THERE, raw(50, payload)), ip(HERE, THERE, raw(51, payload))],
  ['sequence number', six, changed(six, [47, 8])],
  ['TCP flags', six, changed(six, [53, 0x11])],
  ['TCP options', ...timestamps()],
  ['flow label', six, changed(six, [3, 1])],
  [
    'sequence of a ping',
    ip(HERE, THERE, icmpEcho(1, { sequence: 1 })),
    ip(HERE, THERE, icmpEcho(1, { sequence: 2 })),
  ],
  [
    'length',
    plain,
    ipv4(HERE, THERE, udp(4_000, 53, concat(payload, payload)), { identification: 7 }),
  ],
  ['fragment of IPv6', laterFragment(1, 9), laterFragment(2, 9)],
  ['identification of a fragment of IPv6', laterFragment(1, 9), laterFragment(1, 10)],
])('%s: another packet', (_, one, other) => {
  expect(identityOf(one)).not.toEqual(identityOf(other));
  expect(identityOf(one, true)).not.toEqual(identityOf(other, true));
  expect(identityOf(one)[0]).not.toBe(identityOf(other)[0]);
});

test.each<[string, Uint8Array, Uint8Array]>([
  ['addresses', plain, ipv4('203.0.113.1', THERE, udp(4_000, 53, payload), { identification: 7 })],
  ['ports', plain, ipv4(HERE, THERE, udp(61_000, 53, payload), { identification: 7 })],
  ['addresses of IPv6', six, ip('fd00::1', 'fd00::3', tcp(4_000, 80, { sequence: 9, payload }))],
  [
    'identifier of a ping',
    ip('fd00::1', 'fd00::2', icmpv6Echo(1)),
    ip('fd00::1', 'fd00::2', icmpv6Echo(2)),
  ],
  ['what an ICMP error quotes', error(1), error(2)],
])('%s: another packet, but not to --nat', (_, one, other) => {
  expect(identityOf(one)).not.toEqual(identityOf(other));
  expect(identityOf(one, true)).toEqual(identityOf(other, true));
});

test('the payload: another packet with the same headers, each bit of it', () => {
  const [header, whole] = identityOf(plain);
  for (let at = 28; at < plain.length; at++) {
    for (let bit = 1; bit < 256; bit *= 2) {
      const [otherHeader, otherWhole] = identityOf(changed(plain, [at, plain[at]! ^ bit]));
      expect([otherHeader, otherWhole === whole]).toEqual([header, false]);
    }
  }
});

test('what is cut off does not count, its length does', () => {
  const long = (last: number, count = 100) =>
    ip(HERE, THERE, udp(1, 2, concat(new Uint8Array(count), Uint8Array.of(last))));
  expect(identityOf(long(1), false, 60)).toEqual(identityOf(long(2), false, 60));
  expect(identityOf(long(1), false, 60)).not.toEqual(identityOf(long(1, 101), false, 60));
  const short = long(1).subarray(0, 60);
  expect(identityOf(short, false, 60)).toEqual(identityOf(long(1), false, 60));
  // Down to where the transport's header is cut.
  for (let bytes = 20; bytes < 60; bytes++) {
    expect(identityOf(long(1).subarray(0, bytes), false, bytes)).toEqual(
      identityOf(long(1), false, bytes),
    );
  }
});

test('many packets that differ little have hashes of their own', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 5_000; i++) {
    const bytes = Uint8Array.of(i >> 8, i & 255);
    seen.add(identityOf(ip(HERE, THERE, tcp(1, 2, { sequence: i, payload: bytes }))).join());
  }
  expect(seen.size).toBe(5_000);
});

/** Destination unreachable, with the head of a packet. */
function error(port: number): Uint8Array {
  const quote = ip(HERE, THERE, udp(port, 53));
  return ip(THERE, HERE, raw(1, concat(Uint8Array.of(3, 3, 0, 0, 0, 0, 0, 0), quote)));
}

function pair<T>([first, second]: readonly T[]): [T, T] {
  return [first!, second!];
}

function timestamps(): [Uint8Array, Uint8Array] {
  const of = (value: number) => Uint8Array.of(1, 1, 8, 10, 0, 0, 0, value, 0, 0, 0, 0);
  return pair([1, 2].map((value) => ip(HERE, THERE, tcp(1, 2, { options: of(value) }))));
}

function laterFragment(place: number, id: number): Uint8Array {
  const extensions = [fragmentHeader(id, place, true)];
  return ipv6('fd00::1', 'fd00::2', raw(17, new Uint8Array(16)), { extensions });
}
