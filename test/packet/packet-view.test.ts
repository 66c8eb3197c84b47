/**
 * The view against packets written down byte by byte; the line above each is what `tcpdump -n -vv`
 * says of it, so that the expectations do not come from our own reading of the RFCs.
 */

import { expect, test } from 'vitest';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { concat, hex } from '../support/packets.js';
import { DNS, DNS6, IPV6_ADDRESSES, MAC, refusal, viewOf } from './samples.js';

test('UDP over IPv4', () => {
  expect(viewOf(DNS)).toMatchObject({
    version: 4,
    l3Offset: 0,
    l3Length: 57,
    truncated: false,
    trafficClass: 0,
    src0: 0,
    src1: 0,
    src2: 0xffff,
    src3: 0xc000_0201 | 0,
    dst2: 0xffff,
    dst3: 0xc633_6402 | 0,
    isFragment: false,
    protocol: 17,
    l4Offset: 20,
    l4Length: 37,
    hasPorts: true,
    sourcePort: 40000,
    destinationPort: 53,
    tcpFlags: 0,
  });
});

test('UDP over IPv6', () => {
  expect(viewOf(DNS6)).toMatchObject({
    version: 6,
    l3Length: 77,
    src0: 0x2001_0db8,
    src1: 0,
    src2: 0,
    src3: 1,
    dst0: 0x2001_0db8,
    dst1: 0xffff_0000 | 0,
    dst2: 0,
    dst3: 2,
    protocol: 17,
    l4Offset: 40,
    l4Length: 37,
    hasPorts: true,
    sourcePort: 40000,
    destinationPort: 53,
  });
});

// 192.0.2.1.50000 > 198.51.100.2.443: Flags [S], cksum 0xe6e2 (correct), seq 1, options [mss 1460]
test('TCP flags', () => {
  const syn = `4500 002c 0000 0000 4006 8e95 c000 0201 c633 6402
    c350 01bb 0000 0001 0000 0000 6002 ffff e6e2 0000 0204 05b4`;
  const expected = { protocol: 6, hasPorts: true, sourcePort: 50000, destinationPort: 443 };
  expect(viewOf(syn)).toMatchObject({ ...expected, tcpFlags: 0x02, l4Length: 24 });
});

// tos 0xb9,ECT(1), options (RA)), 192.0.2.1.40000 > 198.51.100.2.53: [udp sum ok] 4660+ A? …
test('IPv4 options and traffic class', () => {
  const routerAlert = `46b9 003d 0000 0000 4011 f8bb c000 0201 c633 6402 9404 0000
    9c40 0035 0025 924f 1234 0100 0001 0000 0000 0000 0765 7861 6d70 6c65 036f 7267 0000 0100 01`;
  const expected = { trafficClass: 0xb9, l4Offset: 24, l4Length: 37, destinationPort: 53 };
  expect(viewOf(routerAlert)).toMatchObject(expected);
});

test('IPv6 traffic class lies across two bytes', () => {
  expect(viewOf(DNS6.replace('6000', '6b9f'))).toMatchObject({ trafficClass: 0xb9 });
});

// 192.0.2.1 > 198.51.100.2: ICMP echo request, id 7, seq 1, length 8
// 2001:db8::1 > 2001:db8:ffff::2: [icmp6 sum ok] ICMP6, echo reply, id 9, seq 1
test('ICMP echo has an identifier, and no ports', () => {
  const request = '4500 001c 0000 0000 4001 8eaa c000 0201 c633 6402 0800 f7f7 0007 0001';
  const noPorts = { hasPorts: false, sourcePort: 0, destinationPort: 0 };
  const four = { protocol: 1, isEchoRequest: true, isEchoReply: false, echoIdentifier: 7 };
  expect(viewOf(request)).toMatchObject({ ...noPorts, ...four });
  const reply = `6000 0000 0008 3a40 ${IPV6_ADDRESSES} 8100 233e 0009 0001`;
  const six = { protocol: 58, isEchoRequest: false, isEchoReply: true, echoIdentifier: 9 };
  expect(viewOf(reply)).toMatchObject({ ...noPorts, ...six });
  // Destination unreachable (3), and an ICMPv6 type number over IPv4.
  for (const type of ['03', '80', '81']) {
    const other = viewOf(request.replace('0800', `${type}00`));
    expect(other).toMatchObject({ isEchoRequest: false, isEchoReply: false, echoIdentifier: 0 });
  }
});

// 192.0.2.1.5000 > 198.51.100.2.5001: sctp 1) [COOKIE ACK]
test('SCTP, DCCP and UDP-Lite ports', () => {
  const packet = `4500 0024 0000 0000 4084 8e1f c000 0201 c633 6402
    1388 1389 0000 0000 0000 0000 0b00 0004`;
  const ports = { hasPorts: true, sourcePort: 5000, destinationPort: 5001 };
  expect(viewOf(packet)).toMatchObject({ protocol: 132, ...ports });
  expect(viewOf(packet.replace('4084', '4021'))).toMatchObject({ protocol: 33, ...ports });
  expect(viewOf(packet.replace('4084', '4088'))).toMatchObject({ protocol: 136, ...ports });
  expect(viewOf(packet.replace('4084', '402f'))).toMatchObject({ protocol: 47, hasPorts: false });
});

test('Ethernet, with up to two VLAN tags', () => {
  const ethernet = LinkType.ethernet;
  expect(viewOf(`${MAC} 0800 ${DNS}`, ethernet)).toMatchObject({ l3Offset: 14, l4Offset: 34 });
  expect(viewOf(`${MAC} 86dd ${DNS6}`, ethernet)).toMatchObject({ l3Offset: 14, version: 6 });
  // vlan 10, p 0, ethertype IPv4 (0x0800), 192.0.2.1.40000 > 198.51.100.2.53
  const tagged = viewOf(`${MAC} 8100 000a 0800 ${DNS}`, ethernet);
  expect(tagged).toMatchObject({ l3Offset: 18, sourcePort: 40000 });
  // ethertype 802.1Q-QinQ (0x88a8): vlan 10, p 0, ethertype 802.1Q (0x8100), vlan 20, p 0
  const twice = viewOf(`${MAC} 88a8 000a 8100 0014 0800 ${DNS}`, ethernet);
  expect(twice).toMatchObject({ l3Offset: 22, sourcePort: 40000 });
  const thrice = hex(`${MAC} 88a8 000a 8100 0014 8100 001e 0800 ${DNS}`);
  expect(refusal(thrice, ethernet)).toBe('not IP');
});

test('Ethernet padding is not part of the packet', () => {
  const view = viewOf(`${MAC} 0800 ${DNS} 0000 0000 0000`, LinkType.ethernet);
  expect(view).toMatchObject({ frameLength: 77, l3Length: 57, l4Length: 37, truncated: false });
  expect(view.wireLength).toBe(57);
  expect(viewOf(`${MAC} 86dd ${DNS6} 0000`, LinkType.ethernet)).toMatchObject({ l3Length: 77 });
});

test('what is not IP is not malformed', () => {
  const arp = `${MAC} 0806 0001 0800 0604 0001 0200 0000 0001 c000 0201 0000 0000 0000 c000 0202`;
  expect(refusal(hex(arp), LinkType.ethernet)).toBe('not IP');
  // 802.3 with a length instead of an EtherType (STP).
  expect(refusal(hex(`${MAC} 0026 4242 0300 0000`), LinkType.ethernet)).toBe('not IP');
});

test('a packet at an offset in a larger buffer', () => {
  const bytes = concat(hex('ff'.repeat(33)), hex(DNS), hex('ff'.repeat(9)));
  const view = new PacketView();
  expect(view.parse(bytes, 33, 57, LinkType.rawIp)).toBe(true);
  expect(view).toMatchObject({ l3Offset: 33, l4Offset: 53, sourcePort: 40000, truncated: false });
});

// id 48879, offset 0, flags [+], proto UDP (17), length 44) 192.0.2.1.40000 > 198.51.100.2.53
// id 48879, offset 24, flags [none], proto UDP (17), length 44) 192.0.2.1 > 198.51.100.2
test('IPv4 fragments', () => {
  const first = viewOf(`4500 002c beef 2000 4011 af9a c000 0201 c633 6402
    9c40 0035 0030 5dc8 4141 4141 4141 4141 4141 4141 4141 4141`);
  const common = { isFragment: true, fragmentId: 0xbeef, fragmentProtocol: 17, protocol: 17 };
  const firstOnly = { isFirstFragment: true, isLaterFragment: false, hasPorts: true };
  expect(first).toMatchObject({ ...common, ...firstOnly, destinationPort: 53 });
  // Its bytes at the place of the ports are payload.
  const last = viewOf(`4500 002c beef 0003 4011 cf97 c000 0201 c633 6402
    4141 4141 4141 4141 4141 4141 4141 4141 4141 4141 4141 4141`);
  const laterOnly = { isFirstFragment: false, isLaterFragment: true, hasPorts: false };
  expect(last).toMatchObject({ ...common, ...laterOnly, sourcePort: 0, destinationPort: 0 });
  const middle = viewOf(`4500 001c beef 2003 4011 0000 c000 0201 c633 6402 4141 4141 4141 4141`);
  expect(middle).toMatchObject({ ...common, ...laterOnly });
});

test('an IPv4 id without fragmentation means nothing; DF is no fragment', () => {
  const view = viewOf(DNS.replace('0039 0000 0000', '0039 beef 4000'));
  expect(view).toMatchObject({ isFragment: false, fragmentId: 0, hasPorts: true });
});

// frag (0xdeadbeef:0|24) 40000 > 53: …        frag (0xdeadbeef:24|24)
test('IPv6 fragments', () => {
  const first = viewOf(`6000 0000 0020 2c40 ${IPV6_ADDRESSES} 1100 0001 dead beef
    9c40 0035 0030 ee8a 4141 4141 4141 4141 4141 4141 4141 4141`);
  const id = { isFragment: true, fragmentId: 0xdead_beef | 0, fragmentProtocol: 44 };
  const ports = { hasPorts: true, destinationPort: 53, l4Offset: 48, l4Length: 24 };
  expect(first).toMatchObject({ ...id, isFirstFragment: true, protocol: 17, ...ports });
  const last = viewOf(`6000 0000 0020 2c40 ${IPV6_ADDRESSES} 1100 0018 dead beef
    4141 4141 4141 4141 4141 4141 4141 4141 4141 4141 4141 4141`);
  expect(last).toMatchObject({ ...id, isLaterFragment: true, protocol: 17, hasPorts: false });
});

test('an IPv6 atomic fragment is whole (RFC 6946)', () => {
  const view = viewOf(`6000 0000 0010 2c40 ${IPV6_ADDRESSES} 1100 0000 dead beef
    9c40 0035 0008 0000`);
  expect(view).toMatchObject({ isFragment: false, isLaterFragment: false, hasPorts: true });
});

test('the headers behind a later IPv6 fragment are payload', () => {
  // The fragment header announces destination options; what follows would be a bad length for one.
  const view = viewOf(
    `6000 0000 0010 2c40 ${IPV6_ADDRESSES} 3c00 0018 dead beef ffff ffff ffff ffff`,
  );
  expect(view).toMatchObject({ protocol: 60, isLaterFragment: true, l4Offset: 48, l4Length: 8 });
});

// HBH (padn) RT6 (len=0, type=0, segleft=0, …) DSTOPT (padn) 40000 > 53: [udp sum ok] 4660+ A? …
test('IPv6 extension headers', () => {
  const view = viewOf(`6000 0000 0028 0040 ${IPV6_ADDRESSES} 2b00 0104 0000 0000
    3c00 0000 0000 0000 1101 010c 0000 0000 0000 0000 0000 0000 9c40 0035 0008 0000`);
  expect(view).toMatchObject({ protocol: 17, l4Offset: 72, l4Length: 8, destinationPort: 53 });
});

// AH(length=4(24-bytes),spi=0x00000000,seq=0x0,icv=0x…): 40000 > 53: [udp sum ok] 4660+ A? …
test('the authentication header counts in words of 4 bytes', () => {
  const view = viewOf(`6000 0000 0020 3340 ${IPV6_ADDRESSES} 1104 0000 0000 0000
    0000 0000 0000 0000 0000 0000 0000 0000 9c40 0035 0008 0000`);
  expect(view).toMatchObject({ protocol: 17, l4Offset: 64, destinationPort: 53 });
});

test('the chain ends at ESP and at "no next header"', () => {
  for (const [next, protocol] of [
    ['32', 50],
    ['3b', 59],
  ] as const) {
    const view = viewOf(`6000 0000 0008 ${next}40 ${IPV6_ADDRESSES} 1111 1111 1111 1111`);
    expect(view).toMatchObject({ protocol, l4Offset: 40, hasPorts: false });
  }
});

test('nothing of the last packet is left in the view', () => {
  const view = new PacketView();
  const parse = (text: string) => {
    const bytes = hex(text);
    expect(view.parse(bytes, 0, bytes.length, LinkType.rawIp)).toBe(true);
  };
  const plain = '4500 0014 0000 0000 402f 0000 c000 0201 c633 6402';
  parse(plain);
  const fresh = { ...view, bytes: null };
  for (const before of [
    DNS,
    `6b9f 0000 0020 2c40 ${IPV6_ADDRESSES} 1100 0001 dead beef ${'41'.repeat(24)}`,
    `4500 0028 beef 2000 4006 0000 c000 0201 c633 6402 c350 01bb ${'ff'.repeat(16)}`,
    '4500 ffff 0000 0000 4001 8eaa c000 0201 c633 6402 0800 f7f7 0007 0001',
  ]) {
    parse(before);
    parse(plain);
    expect({ ...view, bytes: null }).toEqual(fresh);
  }
});
