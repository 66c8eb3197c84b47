import { describe, expect, test } from 'vitest';
import { LinkType, PacketView } from '../../src/packet/packet-view.js';
import { REPLY_BYTES_MAX, writeProhibited, writeReset } from '../../src/packet/reply.js';
import { macBytes, u16, u32 } from '../support/packet-bytes.js';
import {
  checksum,
  concat,
  ethernet,
  extension,
  hex,
  ipv4,
  ipv6,
  raw,
  type Transport,
  tcp,
  udp,
} from '../support/packets.js';

const HOST4 = '192.0.2.1';
const PEER4 = '198.51.100.2';
const HOST6 = '2001:db8::1';
const PEER6 = 'fd00:6e65::ffff:2';
const HOST_MAC = '02:00:00:00:00:01';
const PEER_MAC = '02:00:00:00:00:02';

/** Where the answer is written, in a buffer of its own that was full of rubbish. */
const AT = 9;

type Writer = typeof writeReset;

function replyTo(frame: Uint8Array, linkType: number, write: Writer): Uint8Array {
  const view = new PacketView();
  // The packet lies somewhere in a buffer, too.
  const buffer = concat(new Uint8Array(7), frame);
  expect(view.parse(buffer, 7, frame.length, linkType)).toBe(true);
  const bytes = new Uint8Array(AT + REPLY_BYTES_MAX + 3).fill(0xee);
  const length = write(view, bytes, AT);
  expect(bytes.subarray(0, AT).every((byte) => byte === 0xee)).toBe(true);
  expect(bytes.subarray(AT + length).every((byte) => byte === 0xee)).toBe(true);
  expect(buffer.slice(7)).toEqual(frame);
  return bytes.slice(AT, AT + length);
}

const rawReply = (packet: Uint8Array, write: Writer) => replyTo(packet, LinkType.rawIp, write);

/** What a reset should be, made by the packet builder. */
function reset(version: 4 | 6, sequence: number, acknowledgement: number, flags: number) {
  const segment = tcp(443, 50_000, { sequence, acknowledgement, flags, window: 0 });
  return version === 4
    ? ipv4(PEER4, HOST4, segment, { flagsFragmentOffset: 0x4000 })
    : ipv6(PEER6, HOST6, segment);
}

/** What ICMP should say. */
function prohibited(version: 4 | 6, quote: Uint8Array): Uint8Array {
  const typeCode = version === 4 ? u16(0x030d) : u16(0x0101);
  const message: Transport = {
    protocol: version === 4 ? 1 : 58,
    bytes: concat(typeCode, u16(0), u32(0), quote),
    checksumAt: 2,
    pseudoHeader: version === 6,
  };
  return version === 4
    ? ipv4(PEER4, HOST4, message, { flagsFragmentOffset: 0x4000, trafficClass: 0xc0 })
    : ipv6(PEER6, HOST6, message);
}

describe.each([4, 6] as const)('IPv%d', (version) => {
  const packet = (transport: Transport) =>
    version === 4 ? ipv4(HOST4, PEER4, transport) : ipv6(HOST6, PEER6, transport);

  test.each([
    ['SYN', 0x02, 0, 0, 1],
    ['SYN with data (Fast Open)', 0x02, 0, 100, 101],
    ['FIN without ACK', 0x01, 0, 3, 4],
    ['data without ACK', 0x08, 0, 10, 10],
    ['nothing at all', 0x00, 0, 0, 0],
  ])('a reset of %s acknowledges it', (_, flags, acknowledgement, payloadBytes, length) => {
    const payload = new Uint8Array(payloadBytes).fill(1);
    const options = hex('020405b4 0402 0101');
    for (const sequence of [1, 0x7fff_fff0, 0xffff_fffe]) {
      const segment = tcp(50_000, 443, { sequence, acknowledgement, flags, payload, options });
      const expected = reset(version, 0, (sequence + length) % 2 ** 32, 0x14);
      expect(rawReply(packet(segment), writeReset)).toEqual(expected);
    }
  });

  test.each([
    ['ACK', 0x10],
    ['SYN and ACK', 0x12],
    ['FIN and ACK', 0x11],
  ])('a reset of %s has the sequence number that it awaits', (_, flags) => {
    for (const acknowledgement of [0, 77, 0x8000_0001, 0xffff_ffff]) {
      const payload = new Uint8Array(5);
      const segment = tcp(50_000, 443, { sequence: 9, acknowledgement, flags, payload });
      expect(rawReply(packet(segment), writeReset)).toEqual(
        reset(version, acknowledgement, 0, 0x04),
      );
    }
  });

  test('a capture that was cut short still tells the segment’s length', () => {
    const segment = tcp(50_000, 443, { sequence: 5, flags: 0x02, payload: new Uint8Array(500) });
    const whole = packet(segment);
    const cut = whole.slice(0, whole.length - 480);
    expect(rawReply(cut, writeReset)).toEqual(reset(version, 0, 506, 0x14));
  });

  test('ICMP quotes a short packet whole, a long one as far as allowed', () => {
    const [headers, max] = version === 4 ? [28, 576] : [48, 1280];
    for (const payloadBytes of [0, 1, 2, 400, max - 2 * headers, max - 2 * headers + 1, 8000]) {
      const original = packet(udp(50_000, 53, new Uint8Array(payloadBytes).fill(7)));
      const quote = original.slice(0, max - headers);
      const reply = rawReply(original, writeProhibited);
      expect(reply).toEqual(prohibited(version, quote));
      expect(reply.length).toBeLessThanOrEqual(max);
    }
  });

  test.each([
    [[]],
    [[[0x8100, 20]]],
    [
      [
        [0x88a8, 10],
        [0x8100, 0x6014],
      ],
    ],
  ] as const)('Ethernet goes back with tags %j', (tags) => {
    const segment = packet(tcp(50_000, 443, { sequence: 1, flags: 2 }));
    const frame = ethernet(segment, {
      tags,
      source: HOST_MAC,
      destination: PEER_MAC,
      padToBytes: 90,
    });
    const back = { tags, source: PEER_MAC, destination: HOST_MAC };
    expect(replyTo(frame, LinkType.ethernet, writeReset)).toEqual(
      ethernet(reset(version, 0, 2, 0x14), back),
    );
    const datagram = packet(udp(1, 2));
    const padded = ethernet(datagram, { ...back, padToBytes: 90 });
    expect(replyTo(padded, LinkType.ethernet, writeProhibited)).toEqual(
      ethernet(prohibited(version, datagram), {
        tags,
        source: HOST_MAC,
        destination: PEER_MAC,
      }),
    );
  });
});

test('the packet’s own options and extension headers are left out', () => {
  const options = new Uint8Array(8).fill(1);
  const segment = tcp(50_000, 443, { sequence: 3, flags: 2, payload: new Uint8Array(7) });
  expect(rawReply(ipv4(HOST4, PEER4, segment, { options }), writeReset)).toEqual(
    reset(4, 0, 11, 0x14),
  );
  const extensions = [extension(0), extension(60, 2)];
  expect(rawReply(ipv6(HOST6, PEER6, segment, { extensions }), writeReset)).toEqual(
    reset(6, 0, 11, 0x14),
  );
});

test('no reset without a whole header', () => {
  const segment = tcp(50_000, 443, { flags: 2 });
  for (const bytes of [segment.bytes.slice(0, 19), segment.bytes.slice(0, 4)]) {
    expect(rawReply(ipv4(HOST4, PEER4, raw(6, bytes)), writeReset)).toHaveLength(0);
  }
  // Data offsets beyond the end, and before the end of the header.
  for (const offset of [0xf0, 0x60, 0x40, 0]) {
    const lying = { ...segment, bytes: segment.bytes.slice() };
    lying.bytes[12] = offset;
    expect(rawReply(ipv4(HOST4, PEER4, lying), writeReset)).toHaveLength(0);
  }
});

test('the answer may lie in the packet’s own buffer', () => {
  const packet = ethernet(ipv4(HOST4, PEER4, udp(1, 2, new Uint8Array(30).fill(3))));
  const buffer = concat(packet, new Uint8Array(200));
  const view = new PacketView();
  view.parse(buffer, 0, packet.length, LinkType.ethernet);
  const length = writeProhibited(view, buffer, packet.length);
  const reply = buffer.subarray(packet.length, packet.length + length);
  expect([...reply.subarray(0, 12)]).toEqual([...macBytes(HOST_MAC), ...macBytes(PEER_MAC)]);
  expect(checksum(reply.subarray(34))).toBe(0);
  expect(reply.slice(42)).toEqual(packet.slice(14));
});
