/** What may not be joined (src/packet/joint.ts), rule by rule: one thing is different, or is there at all. */
import { describe, expect, test } from 'vitest';
import { type Arrival, join, partOf, type Unit, unitOf } from '../support/joining.js';
import { concat } from '../support/packet-bytes.js';
import { Flag, PLAIN, payloadOf, type TrainShape, V4, V6 } from '../support/trains.js';

/** Two segments in a row: the second is full too, so that a third could follow. */
function pair(
  both: Partial<TrainShape>,
  second: Partial<TrainShape> = {},
  arrival: Arrival = 'partial',
): [Unit, Unit] {
  const shape = { ...PLAIN, ...both, payload: payloadOf(300) };
  const next = { ...partOf(shape, 1, 1), ...second };
  return [unitOf(partOf(shape, 0, 1), arrival), unitOf(next, arrival)];
}

/** The bytes changed from `at` of the frame, or of the offload header before it where it is negative. */
function changed(unit: Unit, at: number, ...values: number[]): Unit {
  const bytes = concat(unit.offload, unit.frame);
  bytes.set(values, 10 + at);
  return { ...unit, offload: bytes.slice(0, 10), frame: bytes.slice(10) };
}

const TCP4 = {};
const TCP6 = { addresses: V6 };
const UDP4 = { isTcp: false };
const UDP6 = { isTcp: false, addresses: V6 };
const ETHERNET = { tags: [[0x8100, 10]] } as const;

/** Taken for a plain header, it is UDP's with ports of 0, and the source port is a length that fits. */
const MISLEADING = {
  isTcp: false,
  ipOptions: new Uint8Array(4),
  ports: [4 + 8 + 100, 443],
} as const;

test.each([
  ['TCP over IPv4', TCP4],
  ['TCP over IPv6', TCP6],
  ['UDP over IPv4', UDP4],
  ['UDP over IPv6', UDP6],
  ['Ethernet', ETHERNET],
])('two neighbours of %s are joined', (_, both) => {
  expect(join(pair(both)).length).toBe(1);
});

describe('another', () => {
  test.each<[string, Partial<TrainShape>, Partial<TrainShape>]>([
    ['Ethernet address', ETHERNET, { destinationMac: '02:00:00:00:00:03' }],
    ['VLAN', ETHERNET, { tags: [[0x8100, 11]] }],
    ['tag', ETHERNET, { tags: [[0x88a8, 10]] }],
    ['type of service', TCP4, { trafficClass: 2 }],
    ['traffic class', TCP6, { trafficClass: 2 }],
    ['flow label', UDP6, { flowLabel: 1 }],
    ['time to live', UDP4, { timeToLive: 63 }],
    ['hop limit', TCP6, { timeToLive: 63 }],
    ['DF', TCP4, { flagsFragmentOffset: 0 }],
    ['source', TCP4, { addresses: ['192.0.2.3', V4[1]] }],
    ['destination', UDP4, { addresses: [V4[0], '198.51.100.3'] }],
    ['IPv6 source', UDP6, { addresses: ['2001:db8::3', V6[1]] }],
    ['IPv6 destination', TCP6, { addresses: [V6[0], 'fd00:6e65::ffff:3'] }],
    ['IP version', TCP4, { addresses: V6 }],
    ['transport', TCP4, { isTcp: false }],
    ['source port', TCP6, { ports: [40_001, 443] }],
    ['destination port', UDP4, { ports: [40_000, 444] }],
    ['id, the same', TCP4, { identification: 1_000 }],
    ['id, too far', UDP4, { identification: 1_002 }],
    ['sequence number, one less', TCP4, { sequence: 1_000_099 }],
    ['sequence number, one more', TCP6, { sequence: 1_000_101 }],
    ['sequence number, the same', TCP4, { sequence: 1_000_000 }],
    ['acknowledgement', TCP6, { acknowledgement: 78 }],
    ['window', TCP4, { window: 502 }],
    ['option', TCP4, { options: Uint8Array.of(1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 9) }],
    ['number of options', TCP4, { options: PLAIN.options.slice(0, 8) }],
    ['ACK', TCP4, { flags: 0 }],
    ['ECE', TCP4, { flags: Flag.ack + Flag.ece }],
    ['SYN', TCP6, { flags: Flag.ack + Flag.syn }],
    ['RST', TCP4, { flags: Flag.ack + Flag.rst }],
    ['URG', TCP4, { flags: Flag.ack + Flag.urg }],
    ['CWR', TCP4, { flags: Flag.ack + Flag.cwr }],
  ])('%s', (_, both, second) => {
    expect(join(pair(both)).length).toBe(1);
    expect(join(pair(both, second)).length).toBe(2);
  });
});

describe('both with', () => {
  test.each<[string, Partial<TrainShape>]>([
    ['IPv4 options', { ipOptions: Uint8Array.of(1, 1, 1, 1) }],
    ['misleading IPv4 options', MISLEADING],
    ['IPv6 extension headers', { addresses: V6, extensions: 1 }],
    ['more fragments', { flagsFragmentOffset: 0x2000 }],
    ['a fragment offset', { flagsFragmentOffset: 1, isTcp: false }],
    ['SYN', { flags: Flag.ack + Flag.syn }],
    ['RST', { flags: Flag.ack + Flag.rst }],
    ['URG', { flags: Flag.ack + Flag.urg }],
    ['PSH', { flags: Flag.ack + Flag.psh, payload: payloadOf(100) }],
    ['FIN', { flags: Flag.ack + Flag.fin, payload: payloadOf(100) }],
    ['CWR', { flags: Flag.ack + Flag.cwr }],
    [
      'three tags',
      {
        tags: [
          [0x88a8, 1],
          [0x8100, 2],
          [0x8100, 3],
        ],
      },
    ],
  ])('%s', (_, both) => {
    const first = { ...PLAIN, ...both, payload: payloadOf(100) };
    const second = { ...first, identification: 1_001, sequence: 1_000_100 };
    for (const arrival of ['partial', 'valid'] as const) {
      expect(join([unitOf(first, arrival), unitOf(second, arrival)]).length).toBe(2);
    }
  });

  test.each<[string, Partial<TrainShape>, Partial<TrainShape>, number, readonly number[]]>([
    ['an urgent pointer', TCP4, {}, 39, [1]],
    ['the other EtherType', ETHERNET, {}, 16, [0x86, 0xdd]],
    ['an unknown version of IP', TCP6, {}, 0, [0x70]],
    // What is a header of 32 bytes would be one of 16 with as much more payload.
    ['a TCP header that is too short', TCP4, { sequence: 1_000_116 }, 32, [0x40]],
  ])('%s', (_, both, second, at, values) => {
    const units = pair(both, second).map((unit) => changed(unit, at, ...values));
    expect(join(units).length).toBe(2);
  });
});

describe('a frame with', () => {
  const padded = (unit: Unit): Unit => ({ ...unit, frame: concat(unit.frame, payloadOf(1)) });
  /** Both ways, for each of the two may be the one. */
  const expectApart = (
    both: Partial<TrainShape>,
    change: (unit: Unit) => Unit,
    arrival: Arrival = 'partial',
  ) => {
    const [first, second] = pair(both, {}, arrival);
    expect(join([first, second]).length).toBe(1);
    expect(join([change(first), second]).length).toBe(2);
    expect(join([first, change(second)]).length).toBe(2);
  };

  test.each<[string, Partial<TrainShape>, number, readonly number[]]>([
    ['a checksum of which nothing is known', TCP4, -10, [0]],
    ['a sum from elsewhere', TCP4, -4, [24]],
    ['a sum from beyond', UDP6, -3, [1]],
    ['a sum to elsewhere', TCP6, -2, [6]],
    ['a sum to UDP’s from TCP', UDP4, -2, [16]],
    ['a wrong sum of the pseudo-header', TCP4, 36, [0]],
    ['a wrong sum of the IPv6 pseudo-header', UDP6, 47, [0]],
    ['a wrong IPv4 checksum', TCP4, 10, [0]],
    ['flags beside the data offset', TCP4, 32, [0x81]],
    ['an urgent pointer', TCP4, 39, [1]],
    ['an IPv4 length that is too short', TCP4, 3, [151]],
    ['an IPv6 length that is too long', TCP6, 5, [133]],
    ['an UDP length that is too short', UDP6, 45, [107]],
    ['a TCP header that is too short', TCP4, 32, [0x40]],
    ['a reserved bit', TCP4, 6, [0xc0]],
    ['another EtherType', ETHERNET, 16, [0x86, 0xdd]],
    ['a Provider’s tag', ETHERNET, 12, [0x88, 0xa8]],
  ])('%s', (_, both, at, values) => {
    expectApart(both, (unit) => changed(unit, at, ...values));
  });

  test('padding', () => {
    for (const arrival of ['partial', 'valid'] as const) {
      for (const both of [TCP4, UDP4, TCP6, UDP6, ETHERNET]) expectApart(both, padded, arrival);
    }
  });

  test('padding that the sequence numbers take for payload', () => {
    for (const both of [TCP4, TCP6]) {
      const [first, second] = pair(both, { sequence: 1_000_101 }, 'valid');
      expect(join([padded(first), second]).length).toBe(2);
    }
  });

  test('no UDP checksum', () => {
    expectApart(UDP4, (unit) => changed(unit, 26, 0, 0), 'valid');
    expectApart(UDP6, (unit) => changed(unit, 46, 0, 0), 'valid');
    const none = pair(UDP4, {}, 'valid').map((unit) => changed(unit, 26, 0, 0));
    expect(join(none).length).toBe(2);
  });

  test('a TCP checksum that is written otherwise anew', () => {
    expectApart(TCP4, (unit) => changed(unit, 36, 0xff, 0xff), 'valid');
  });

  test('another protocol than TCP and UDP', () => {
    const lite = pair(UDP4).map((unit) => {
      // The IPv4 checksum's lower byte takes back what the protocol's gains. UDP's is found good.
      const checksum = unit.frame[10]! * 256 + unit.frame[11]! - (136 - 17);
      const bytes = changed(changed(unit, 9, 136), 10, checksum >> 8, checksum);
      return changed(bytes, -10, 2);
    });
    expect(join(lite).length).toBe(2);
  });
});
