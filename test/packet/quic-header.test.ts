import { expect, test } from 'vitest';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { QuicKind, QuicLongHeader, quicKind, readVarint } from '../../src/packet/quic-header.js';
import { QUIC_PACKETS } from '../../src/rules/rule.js';
import { concat } from '../support/packet-bytes.js';
import * as packets from '../support/packets.js';
import * as quic from '../support/quic.js';
import { RFC9001_CLIENT_INITIAL, RFC9369_CLIENT_INITIAL } from './rfc-initials.js';

const view = new PacketView();

/** The kind's name in rules. */
function kindOf(datagram: Uint8Array, transport = packets.udp(4000, 443, datagram)): string {
  const packet = packets.ip('10.0.0.1', '10.0.0.2', transport);
  if (!view.parse(packet, 0, packet.length, LinkType.rawIp)) throw new Error('not parsed');
  return QUIC_PACKETS[quicKind(view)] ?? 'none';
}

test('kinds are numbered as rules name them', () => {
  const { none, ...kinds } = QuicKind;
  expect(none).toBe(-1);
  expect(Object.values(kinds)).toEqual(QUIC_PACKETS.map((_, index) => index));
  expect(Object.keys(kinds)).toEqual(['initial', 'zeroRtt', 'handshake', 'retry', 'short']);
});

test('the types of both versions, and the RFCs’ packets', () => {
  for (const version of [1, 2] as const) {
    for (const kind of ['initial', '0rtt', 'handshake'] as const) {
      expect([version, kindOf(quic.long(kind, version))]).toEqual([version, kind]);
    }
    expect(kindOf(quic.retry(version))).toBe('retry');
  }
  expect(kindOf(RFC9001_CLIENT_INITIAL)).toBe('initial');
  expect(kindOf(RFC9369_CLIENT_INITIAL)).toBe('initial');
});

test('the first packet of a datagram counts', () => {
  const [initial, handshake] = [quic.long('initial'), quic.long('handshake')];
  expect(kindOf(concat(initial, handshake))).toBe('initial');
  expect(kindOf(concat(handshake, initial))).toBe('handshake');
  expect(kindOf(concat(handshake, quic.short()))).toBe('handshake');
});

test('a short header has enough behind it; its fixed bit may be anything', () => {
  expect(kindOf(quic.short())).toBe('short');
  expect(kindOf(quic.short(21))).toBe('short');
  expect(kindOf(quic.short(20))).toBe('none');
  expect(kindOf(concat(Uint8Array.of(0x3f), new Uint8Array(60)))).toBe('short');
});

test('version negotiation and unknown versions are none', () => {
  for (const typeBits of [0, 1, 2, 3]) {
    expect(kindOf(quic.versionNegotiation(typeBits))).toBe('none');
  }
  const grease = quic.long('initial');
  grease.set([0x0a, 0x1a, 0x2a, 0x3a], 1);
  expect(kindOf(grease)).toBe('none');
});

test('what is no QUIC, or not over UDP, is none', () => {
  expect(kindOf(packets.dnsQuery('example.com', 0x8000))).toBe('none');
  expect(kindOf(new Uint8Array(0))).toBe('none');
  const initial = quic.long('initial');
  expect(kindOf(initial, packets.tcp(1, 443, { payload: initial }))).toBe('none');
  expect(kindOf(initial, packets.raw(136, packets.udp(1, 443, initial).bytes))).toBe('none');
  for (let length = 0; length < 15; length++) {
    expect(kindOf(initial.subarray(0, length))).toBe('none');
  }
  expect(kindOf(initial.subarray(0, 16))).toBe('initial');
  const [destinationTooLong, sourceTooLong] = [initial.slice(), initial.slice()];
  destinationTooLong[5] = 21;
  sourceTooLong[14] = 21;
  expect([kindOf(destinationTooLong), kindOf(sourceTooLong)]).toEqual(['none', 'none']);
});

test('the fixed bit of a long header may be anything (RFC 9287)', () => {
  const greased = quic.long('handshake');
  greased[0] &= 0xbf;
  expect(kindOf(greased)).toBe('handshake');
});

test('a long header’s fields', () => {
  const header = new QuicLongHeader();
  const token = new Uint8Array(100).fill(1);
  const sourceId = packets.hex('0a0b0c');
  const packet = quic.initial(Uint8Array.of(1), { token, sourceId, padToBytes: 50 });
  const bytes = concat(new Uint8Array(5), packet, quic.long('handshake'), quic.short());

  expect(header.read(bytes, 5, bytes.length)).toBe(true);
  expect(header).toMatchObject({ kind: QuicKind.initial, version: 1, at: 5, destinationIdAt: 11 });
  expect(header.destinationIdBytes).toBe(8);
  expect(header.numberAt).toBe(5 + 6 + 8 + 4 + 2 + 100 + 2);
  expect(header.end).toBe(5 + packet.length);

  expect(header.read(bytes, header.end, bytes.length)).toBe(true);
  expect(header.kind).toBe(QuicKind.handshake);
  expect(header.end).toBe(bytes.length - 60);
  expect(header.read(bytes, header.end, bytes.length)).toBe(false);

  const retry = quic.retry(2);
  expect(header.read(retry, 0, retry.length)).toBe(true);
  expect(header).toMatchObject({ kind: QuicKind.retry, end: retry.length, numberAt: 0 });
});

test('a long header that is cut short, or whose lengths go beyond the end, is refused', () => {
  const header = new QuicLongHeader();
  const packet = quic.initial(Uint8Array.of(1), { token: new Uint8Array(70), padToBytes: 50 });
  for (let length = 0; length < packet.length; length++) {
    expect(header.read(packet, 0, length)).toBe(false);
  }
  expect(header.read(packet, 0, packet.length)).toBe(true);
  packet[16] = 0xff; // The token's length, now of eight bytes.
  expect(header.read(packet, 0, packet.length)).toBe(false);
});

test('variable-length integers: the examples of RFC 9000, A.1', () => {
  const read = (text: string) =>
    readVarint(packets.hex(text), 0, text.replace(/ /g, '').length / 2);
  expect(read('c2 19 7c 5e ff 14 e8 8c')).toBe(Number(151_288_809_941_952_652n));
  expect(read('9d 7f 3e 7d')).toBe(494_878_333);
  expect(read('7b bd')).toBe(15_293);
  expect(read('25')).toBe(37);
  expect(read('40 25')).toBe(37);
  expect(read('40')).toBe(-1);
  expect(read('')).toBe(-1);
});
