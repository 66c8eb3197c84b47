/** Link headers of captures: where the IP header is, which way a packet goes, and what answers look like. */
import { describe, expect, test } from 'vitest';
import { writeRejection } from '../../src/netem/reject.js';
import { JointHeader } from '../../src/packet/joint-header.js';
import { directionOfCooked, LINK_HEADER_BYTES_MAX, LinkType } from '../../src/packet/link-layer.js';
import { PacketView } from '../../src/packet/packet-view.js';
import { REPLY_BYTES_MAX } from '../../src/packet/reply.js';
import { cooked, cooked2, loopback } from '../support/link-headers.js';
import { concat, ethernet, hex, ipv4, ipv6, tcp, udp } from '../support/packets.js';
import { DNS, DNS6, refusal } from './samples.js';

const FOUR = hex(DNS);
const SIX = hex(DNS6);
const QINQ = [
  [0x88a8, 10],
  [0x8100, 20],
] as const;

/** In the middle of other bytes, which must not matter. */
function parse(frame: Uint8Array, linkType: number): PacketView {
  const view = new PacketView();
  const bytes = concat(hex('ff'.repeat(9)), frame, hex('ff'.repeat(40)));
  expect(view.parse(bytes, 9, frame.length, linkType)).toBe(true);
  expect(view).toMatchObject({ linkType, frameOffset: 9, frameLength: frame.length });
  expect(view).toMatchObject({ protocol: 17, sourcePort: 40000, destinationPort: 53 });
  return view;
}

const headerBytes = (frame: Uint8Array, linkType: number) => {
  const { l3Offset, version } = parse(frame, linkType);
  return { version, bytes: l3Offset - 9 };
};

describe.each([
  ['cooked', cooked, LinkType.linuxCooked, 16],
  ['cooked, version 2', cooked2, LinkType.linuxCooked2, 20],
] as const)('%s', (_, build, linkType, bytes) => {
  test('IPv4 and IPv6, with up to two VLAN tags', () => {
    expect(headerBytes(build(FOUR), linkType)).toEqual({ version: 4, bytes });
    expect(headerBytes(build(SIX), linkType)).toEqual({ version: 6, bytes });
    const tagged = build(FOUR, { tags: [[0x8100, 10]] });
    expect(headerBytes(tagged, linkType)).toEqual({ version: 4, bytes: bytes + 4 });
    const twice = build(SIX, { tags: QINQ });
    expect(headerBytes(twice, linkType)).toEqual({ version: 6, bytes: bytes + 8 });
    expect(refusal(build(FOUR, { tags: [...QINQ, [0x8100, 30]] }), linkType)).toBe('not IP');
  });

  test('other protocols are not IP', () => {
    for (const protocol of [0x0806, 0x0001, 0x0004, 0, 0x0801, 0xffff]) {
      expect(refusal(build(FOUR, { protocol }), linkType)).toBe('not IP');
    }
  });

  test('each cut of the headers is malformed', () => {
    const frame = build(FOUR, { tags: QINQ });
    for (let length = 0; length < bytes + 8 + 20; length++) {
      expect(refusal(frame.slice(0, length), linkType)).toBe('malformed');
    }
    expect(refusal(build(SIX, { protocol: 0x0800 }), linkType)).toBe('malformed');
  });

  test('the header tells the direction', () => {
    const directions = [1, 1, 1, -1, 0, -1, -1, -1];
    for (const [packetType, direction] of directions.entries()) {
      const frame = concat(hex('0404040404'), build(FOUR, { packetType }));
      expect(directionOfCooked(frame, 5, linkType)).toBe(direction);
    }
  });

  test.each([
    [0, 4],
    [4, 0],
    [3, 3],
  ])('an answer to a packet of type %i has type %i, and no address', (packetType, answered) => {
    const packet = ipv4('192.0.2.1', '198.51.100.2', tcp(50_000, 443, { flags: 2 }));
    const answer = answerTo(build(packet, { packetType, tags: QINQ }), linkType);
    const reset = tcp(443, 50_000, { sequence: 0, acknowledgement: 2, flags: 0x14, window: 0 });
    const expected = build(
      ipv4('198.51.100.2', '192.0.2.1', reset, { flagsFragmentOffset: 0x4000 }),
      { packetType: answered, tags: QINQ, address: '00:00:00:00:00:00' },
    );
    expect(answer).toEqual(expected);
  });

  test.each([1, 2])('what was sent to many (type %i) is not answered', (packetType) => {
    const packet = ipv4('192.0.2.1', '198.51.100.2', udp(1, 2));
    expect(answerTo(build(packet, { packetType }), linkType)).toBeNull();
    expect(answerTo(build(packet), linkType)).not.toBeNull();
  });
});

describe('loopback', () => {
  const linkType = LinkType.nullLoopback;

  test.each(['little', 'big'] as const)('families in %s-endian order', (order) => {
    expect(headerBytes(loopback(FOUR, order, 2), linkType)).toEqual({ version: 4, bytes: 4 });
    for (const family of [10, 24, 28, 30]) {
      expect(headerBytes(loopback(SIX, order, family), linkType)).toEqual({ version: 6, bytes: 4 });
    }
    // Of others' families, among them numbers whose other half is a known one.
    for (const family of [0, 1, 7, 23, 33, 0x0102, 0x1_0002, 0x2_0002, 0x00ff_0002]) {
      expect(refusal(loopback(FOUR, order, family), linkType)).toBe('not IP');
    }
  });

  test('a family that is not that of the packet is malformed, as is a cut', () => {
    expect(refusal(loopback(SIX, 'little', 2), linkType)).toBe('malformed');
    expect(refusal(loopback(FOUR, 'big', 24), linkType)).toBe('malformed');
    for (let length = 0; length < 24; length++) {
      expect(refusal(loopback(FOUR).slice(0, length), linkType)).toBe('malformed');
    }
  });

  test('an answer has the same header', () => {
    for (const order of ['little', 'big'] as const) {
      const packet = ipv6('::1', '::1', tcp(50_000, 443, { flags: 2 }));
      const reset = tcp(443, 50_000, { sequence: 0, acknowledgement: 2, flags: 0x14, window: 0 });
      const answer = answerTo(loopback(packet, order), linkType);
      expect(answer).toEqual(loopback(ipv6('::1', '::1', reset), order));
    }
  });

  test('the lowest bit of a loopback header says nothing of groups', () => {
    const packet = ipv4('127.0.0.1', '127.0.0.1', udp(1, 2));
    const frame = concat(hex('00000002'), packet);
    expect(answerTo(frame, linkType)).not.toBeNull();
    const odd = concat(hex('02000000'), packet);
    expect(answerTo(odd, linkType)).not.toBeNull();
  });
});

test('no direction without a cooked header', () => {
  const zeros = new Uint8Array(40);
  for (const linkType of [LinkType.ethernet, LinkType.rawIp, LinkType.nullLoopback, 255]) {
    expect(directionOfCooked(zeros, 0, linkType)).toBe(-1);
  }
});

test('a link type that nobody knows is not looked into', () => {
  expect(refusal(FOUR, 255)).toBe('not IP');
});

test('captured frames are never joined', () => {
  const packet = ipv4('192.0.2.1', '198.51.100.2', tcp(1, 2, { payload: hex('0102') }));
  const header = new JointHeader();
  const isJoint = (frame: Uint8Array, linkType: number) =>
    header.read(frame, 0, frame.length, linkType);
  expect(isJoint(packet, LinkType.rawIp)).toBe(true);
  expect(isJoint(ethernet(packet), LinkType.ethernet)).toBe(true);
  expect(isJoint(cooked(packet), LinkType.linuxCooked)).toBe(false);
  expect(isJoint(cooked2(packet), LinkType.linuxCooked2)).toBe(false);
  expect(isJoint(loopback(packet), LinkType.nullLoopback)).toBe(false);
  // Even where a raw packet would begin the frame.
  expect(isJoint(packet, LinkType.nullLoopback)).toBe(false);
});

function answerTo(frame: Uint8Array, linkType: number): Uint8Array | null {
  const view = new PacketView();
  expect(view.parse(frame, 0, frame.length, linkType)).toBe(true);
  const before = frame.slice();
  const bytes = new Uint8Array(REPLY_BYTES_MAX).fill(0xee);
  const length = writeRejection(view, bytes, 0);
  expect(frame).toEqual(before);
  return length === 0 ? null : bytes.slice(0, length);
}

test('the longest header is a cooked one with two tags', () => {
  const frame = cooked2(FOUR, { tags: QINQ });
  expect(frame.length - FOUR.length).toBe(LINK_HEADER_BYTES_MAX);
});
