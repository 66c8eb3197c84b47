import { describe, expect, test } from 'vitest';
import { REJECTION_BYTES_MAX, writeRejection } from '../../src/netem/reject.js';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import {
  concat,
  ethernet,
  fragmentIpv4,
  fragmentIpv6,
  hex,
  icmpEcho,
  icmpv6Echo,
  ip,
  ipv4,
  ipv6,
  raw,
  sctp,
  type Transport,
  tcp,
  udp,
} from '../support/packets.js';

const HOST4 = '192.0.2.1';
const PEER4 = '198.51.100.2';
const HOST6 = '2001:db8::1';
const PEER6 = '2001:db8::2';

const MAC = { unicast: '02:00:00:00:00:02', multicast: '01:00:5e:00:00:01' };

/** The answer's upper layer, or null. */
function answerTo(frame: Uint8Array, linkType: number): { protocol: number; l4: string } | null {
  const view = new PacketView();
  expect(view.parse(frame, 0, frame.length, linkType)).toBe(true);
  const bytes = new Uint8Array(REJECTION_BYTES_MAX);
  const length = writeRejection(view, bytes, 0);
  if (length === 0) return null;
  const answer = new PacketView();
  expect(answer.parse(bytes, 0, length, linkType)).toBe(true);
  const l4 = bytes.slice(answer.l4Offset, answer.l4Offset + 2);
  return { protocol: answer.protocol, l4: Buffer.from(l4).toString('hex') };
}

const toIp = (packet: Uint8Array) => answerTo(packet, LinkType.rawIp);
const toEthernet = (packet: Uint8Array, destination: string) =>
  answerTo(ethernet(packet, { destination }), LinkType.ethernet);

const RESET = { protocol: 6, l4: '01bb' };
const PROHIBITED4 = { protocol: 1, l4: '030d' };
const PROHIBITED6 = { protocol: 58, l4: '0101' };

const syn = tcp(50_000, 443, { flags: 2 });
const query = udp(50_000, 53, new Uint8Array(20));

/** An ICMP message of a type, with 8 bytes more. */
const icmp = (protocol: number, type: number): Transport => ({
  protocol,
  bytes: Uint8Array.of(type, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
  checksumAt: 2,
  pseudoHeader: protocol === 58,
});

describe('an answer is due', () => {
  test.each([
    ['TCP', syn, RESET, RESET],
    ['UDP', query, PROHIBITED4, PROHIBITED6],
    ['SCTP', sctp(50_000, 443), PROHIBITED4, PROHIBITED6],
    ['ESP', raw(50, new Uint8Array(20)), PROHIBITED4, PROHIBITED6],
    ['nothing above IP', raw(59), PROHIBITED4, PROHIBITED6],
  ])('to %s', (_, transport, v4, v6) => {
    expect(toIp(ip(HOST4, PEER4, transport))).toEqual(v4);
    expect(toIp(ip(HOST6, PEER6, transport))).toEqual(v6);
    expect(toEthernet(ip(HOST4, PEER4, transport), MAC.unicast)).toEqual(v4);
    expect(toEthernet(ip(HOST6, PEER6, transport), MAC.unicast)).toEqual(v6);
  });

  test('to pings and their answers', () => {
    for (const reply of [false, true]) {
      expect(toIp(ip(HOST4, PEER4, icmpEcho(1, { reply })))).toEqual(PROHIBITED4);
      expect(toIp(ip(HOST6, PEER6, icmpv6Echo(1, { reply })))).toEqual(PROHIBITED6);
    }
  });

  test('on a loopback device', () => {
    expect(toIp(ip('127.0.0.1', '127.0.0.53', query))).toEqual(PROHIBITED4);
    expect(toIp(ip('::1', '::1', query))).toEqual(PROHIBITED6);
  });

  test('to first fragments', () => {
    const [first4] = fragmentIpv4(ip(HOST4, PEER4, udp(1, 2, new Uint8Array(100))), 48);
    const [first6] = fragmentIpv6(ip(HOST6, PEER6, udp(1, 2, new Uint8Array(100))), 48, 9);
    expect(toIp(first4)).toEqual(PROHIBITED4);
    expect(toIp(first6)).toEqual(PROHIBITED6);
  });
});

describe('none is due', () => {
  test.each([0x04, 0x14])('to a reset (flags %d)', (flags) => {
    expect(toIp(ip(HOST4, PEER4, tcp(1, 2, { flags })))).toBeNull();
    expect(toIp(ip(HOST6, PEER6, tcp(1, 2, { flags })))).toBeNull();
  });

  test('to TCP without a header', () => {
    expect(toIp(ip(HOST4, PEER4, raw(6, new Uint8Array(12))))).toBeNull();
  });

  test('to ICMP but echo', () => {
    for (let type = 0; type < 256; type++) {
      const isEcho = type === 0 || type === 8;
      expect(toIp(ip(HOST4, PEER4, icmp(1, type)))).toEqual(isEcho ? PROHIBITED4 : null);
    }
    expect(toIp(ip(HOST4, PEER4, raw(1)))).toBeNull();
  });

  test('to ICMPv6 errors and redirects', () => {
    for (let type = 0; type < 256; type++) {
      const isInformation = type >= 128 && type !== 137;
      expect(toIp(ip(HOST6, PEER6, icmp(58, type)))).toEqual(isInformation ? PROHIBITED6 : null);
    }
    expect(toIp(ip(HOST6, PEER6, raw(58)))).toBeNull();
  });

  test('to later fragments', () => {
    const [, ...later4] = fragmentIpv4(ip(HOST4, PEER4, udp(1, 2, new Uint8Array(100))), 48);
    const [, ...later6] = fragmentIpv6(ip(HOST6, PEER6, udp(1, 2, new Uint8Array(100))), 48, 9);
    for (const packet of [...later4, ...later6]) expect(toIp(packet)).toBeNull();
    expect([later4.length, later6.length]).toEqual([2, 2]);
  });

  test('to what was sent to an Ethernet group', () => {
    for (const transport of [syn, query]) {
      for (const mac of [MAC.multicast, 'ff:ff:ff:ff:ff:ff']) {
        expect(toEthernet(ip(HOST4, PEER4, transport), mac)).toBeNull();
        expect(toEthernet(ip(HOST6, PEER6, transport), mac)).toBeNull();
      }
    }
  });

  test.each([
    [HOST4, '224.0.0.251'],
    [HOST4, '239.255.255.255'],
    [HOST4, '240.0.0.1'],
    [HOST4, '255.255.255.255'],
    [HOST4, '0.0.0.0'],
    ['0.0.0.0', PEER4],
    ['0.1.2.3', PEER4],
    ['224.0.0.1', PEER4],
    ['255.255.255.255', PEER4],
    ['127.0.0.1', PEER4],
    [HOST4, '127.0.0.1'],
    [HOST6, 'ff02::fb'],
    [HOST6, '::'],
    ['::', PEER6],
    ['ff02::1', PEER6],
    ['::1', PEER6],
    [HOST6, '::1'],
  ])('between %s and %s', (from, to) => {
    expect(toIp(ip(from, to, query))).toBeNull();
    expect(toIp(ip(from, to, syn))).toBeNull();
  });

  test.each([
    ['1.0.0.1', '223.255.255.254'],
    ['126.255.255.255', '128.0.0.0'],
    ['::2', '::ffff:1'],
    ['1::', 'fe80::1'],
    ['::1:0:1', '2001:db8::'],
  ])('but between %s and %s it is', (from, to) => {
    expect(toIp(ip(from, to, query))).not.toBeNull();
    expect(toIp(ip(to, from, syn))).toEqual(RESET);
  });
});

test('nothing is written where none is due', () => {
  const packet = concat(ipv4(HOST4, '224.0.0.1', query), hex('00'));
  const view = new PacketView();
  view.parse(packet, 0, packet.length, LinkType.rawIp);
  const bytes = new Uint8Array(REJECTION_BYTES_MAX).fill(0xaa);
  expect(writeRejection(view, bytes, 0)).toBe(0);
  expect(bytes.every((byte) => byte === 0xaa)).toBe(true);
});

test('the longest answer fits', () => {
  // A cooked header of the second kind with two VLAN tags, the longest there is.
  const header = hex('88a8 0000 00000002 0001 04 06 020000000001 0000  0001 8100 0002 86dd');
  const frame = concat(header, ipv6(HOST6, PEER6, udp(1, 2, new Uint8Array(1400))));
  const view = new PacketView();
  expect(view.parse(frame, 0, frame.length, LinkType.linuxCooked2)).toBe(true);
  const bytes = new Uint8Array(2000);
  expect(writeRejection(view, bytes, 0)).toBe(REJECTION_BYTES_MAX);
});
