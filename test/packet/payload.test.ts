import { expect, test } from 'vitest';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { payloadBegin, payloadEnd } from '../../src/packet/payload.js';
import * as packets from '../support/packets.js';

const A = '192.0.2.1';
const B = '198.51.100.2';
const SIX = ['fd00::1', 'fd00::2'] as const;
const text = (value: string) => Uint8Array.from(value, (c) => c.charCodeAt(0));
const hello = text('hello');

/** The payload that is found, as text; null where none can be read. */
function payloadOf(packet: Uint8Array, length = packet.length): string | null {
  const view = new PacketView();
  if (!view.parse(packet, 0, length, LinkType.rawIp)) throw new Error('not parsed');
  const begin = payloadBegin(view);
  if (begin < 0) return null;
  return String.fromCharCode(...packet.subarray(begin, payloadEnd(view)));
}

test('of UDP and TCP, with options and extension headers', () => {
  const options = new Uint8Array(8);
  expect(payloadOf(packets.ip(A, B, packets.udp(1, 2, hello)))).toBe('hello');
  expect(payloadOf(packets.ip(...SIX, packets.udp(1, 2, hello)))).toBe('hello');
  expect(payloadOf(packets.ip(A, B, packets.tcp(1, 2, { payload: hello })))).toBe('hello');
  expect(payloadOf(packets.ip(A, B, packets.tcp(1, 2, { options, payload: hello })))).toBe('hello');
  expect(payloadOf(packets.ip(A, B, packets.tcp(1, 2)))).toBe('');
  const extended = packets.ipv6(...SIX, packets.udp(1, 2, hello), {
    extensions: [packets.extension(60, 2)],
  });
  expect(payloadOf(extended)).toBe('hello');
});

test('ends where the UDP length says, or the packet', () => {
  const packet = packets.ip(A, B, packets.udp(1, 2, hello));
  packet[25] = 8 + 2;
  expect(payloadOf(packet)).toBe('he');
  packet[25] = 200;
  expect(payloadOf(packet)).toBe('hello');
  packet[25] = 7;
  expect(payloadOf(packet)).toBe('hello');
  expect(payloadOf(packet, 30)).toBe('he');
});

test('is in the first fragment, not in later ones', () => {
  const whole = packets.ip(A, B, packets.udp(1, 2, text('0123456789abcdef')));
  const [first, later] = packets.fragmentIpv4(whole, 16);
  expect([payloadOf(first), payloadOf(later)]).toEqual(['01234567', null]);
});

test('is not read behind a header that is cut short or lies, nor in other protocols', () => {
  expect(payloadOf(packets.ip(A, B, packets.raw(17, new Uint8Array(7))))).toBeNull();
  expect(payloadOf(packets.ip(A, B, packets.raw(6, new Uint8Array(19))))).toBeNull();
  for (const dataOffset of [4, 7]) {
    const packet = packets.ip(A, B, packets.tcp(1, 2, { payload: text('abc') }));
    packet[32] = dataOffset << 4;
    expect(payloadOf(packet)).toBeNull();
  }
  expect(payloadOf(packets.ip(A, B, packets.sctp(1, 2, hello)))).toBeNull();
  expect(payloadOf(packets.ip(A, B, packets.icmpEcho(1)))).toBeNull();
});
