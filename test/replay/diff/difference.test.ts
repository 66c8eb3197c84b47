/** What a known network did to known packets is what `diff` finds. */

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Difference, type DiffOptions, diff } from '../../../src/replay/diff/difference.js';
import { parsePrefix } from '../../../src/rules/address.js';
import { concat, fragmentIpv4, fragmentIpv6, ip, ipv4, tcp, udp } from '../../support/packets.js';
import { range } from '../../support/traffic.js';
import {
  type Ends,
  type FileOptions,
  type Transmission,
  throughRouter,
  transmit,
  writeCapture,
} from './network.js';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'netemu-test-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const MS = 1e6;

function filesOf({ near, far }: Ends, options: readonly [FileOptions?, FileOptions?] = []) {
  return {
    sent: writeCapture(folder, 'sent.pcap', near, options[0]),
    received: writeCapture(folder, 'received.pcap', far, options[1]),
  };
}

async function differenceOf(
  ends: Ends,
  options: Omit<DiffOptions, 'sent' | 'received'> = {},
  files: readonly [FileOptions?, FileOptions?] = [],
): Promise<Difference> {
  return (await diff({ ...filesOf(ends, files), ...options })).difference;
}

/** Datagrams of a flow, 10 ms apart, each with its number. */
function datagrams(count: number, fateOf: (i: number) => readonly number[]): Transmission[] {
  return range(count).map((i) => ({
    packet: datagram(i),
    timeNs: 10 * i * MS,
    fate: { delaysNs: fateOf(i) },
  }));
}

function datagram(i: number, port = 40_000): Uint8Array {
  return ip('10.0.0.1', '10.9.0.2', udp(port, 53, Uint8Array.of(i >> 8, i & 255, 7, 7)));
}

test('losses, copies, order and delays of one way', async () => {
  const lost = [3, 4, 5, 40];
  const sent = datagrams(100, (i) => {
    if (lost.includes(i)) return [];
    if (i === 20) return [20 * MS, 21 * MS]; // A copy.
    return [i === 60 ? 45 * MS : 20 * MS]; // Number 60 comes behind 61 and 62.
  });
  const { out, in: back, common, clock, flows, notes } = await differenceOf(transmit(sent));
  expect(out).toMatchObject({
    sent: 100,
    lost: 4,
    loss: 0.04,
    lossBurst: 2,
    duplicated: 1,
    corrupted: 0,
    reordered: 1,
    reorderExtentMax: 2,
    strangers: 0,
  });
  expect(out!.lossCi95![0]).toBeCloseTo(0.011, 3);
  expect(out!.delay).toMatchObject({ minNs: 20 * MS, p50Ns: 20 * MS, maxNs: 45 * MS });
  expect(out!.delay!.meanNs).toBeCloseTo(20 * MS + (25 * MS) / 96, 3);
  expect(out!.delay!.jitterNs).toBeCloseTo((50 * MS) / 95, 3);
  expect([back, common, clock, notes]).toEqual([null, 96, { offsetNs: 0, origin: 'none' }, []]);
  expect(flows).toEqual([{ flow: 'udp 10.0.0.1:40000 > 10.9.0.2:53', out, in: null }]);
});

/** Questions 10 ms apart, each with an answer 1 ms after it arrived. */
function questions(count: number, lostOut: readonly number[], lostIn: readonly number[]) {
  return range(count).flatMap((i): Transmission[] => {
    const isLost = lostOut.includes(i);
    const payload = Uint8Array.of(i);
    const question = ip('10.0.0.1', '10.9.0.2', udp(5_000, 53, payload));
    const answer = ip('10.9.0.2', '10.0.0.1', udp(53, 5_000, payload));
    const asked = {
      packet: question,
      timeNs: 10 * i * MS,
      fate: { delaysNs: isLost ? [] : [4 * MS] },
    };
    if (isLost) return [asked];
    const fate = { delaysNs: lostIn.includes(i) ? [] : [6 * MS] };
    return [asked, { packet: answer, timeNs: (10 * i + 5) * MS, fate, isBack: true }];
  });
}

test('both ways, whichever capture is named first', async () => {
  const { near, far } = transmit(questions(50, [0, 7], [1, 8, 9]));
  const difference = await differenceOf({ near, far });
  expect(difference.out).toMatchObject({ sent: 50, lost: 2, delay: { p50Ns: 4 * MS } });
  expect(difference.in).toMatchObject({ sent: 48, lost: 3, delay: { p50Ns: 6 * MS } });
  expect(difference.flows[0]!.flow).toBe('udp 10.0.0.1:5000 > 10.9.0.2:53');
  const other = await differenceOf({ near: far, far: near });
  expect(other.out).toEqual(difference.in);
  expect(other.in).toEqual(difference.out);
  expect(other.flows[0]!.flow).toBe('udp 10.9.0.2:53 > 10.0.0.1:5000');
});

describe('which end is where', () => {
  /** As it was sent: no router on the way. */
  const plain = (packets: readonly Transmission[]) =>
    packets.map((each) => ({ ...each, fate: { ...each.fate, changed: each.packet } }));

  test('without routers, by the times, however wrong the clocks', async () => {
    for (const aheadNs of [0, 3600e9, -3600e9]) {
      const { near, far } = transmit(plain(questions(50, [7], [8])), aheadNs);
      expect((await differenceOf({ near, far })).out).toMatchObject({ sent: 50, lost: 1 });
      expect((await differenceOf({ near: far, far: near })).in).toMatchObject({
        sent: 50,
        lost: 1,
      });
    }
  });

  test('by the addresses that are given, and other packets are left out', async () => {
    const prefixes = ['10.9.0.0/16', '2001:db8::/32'].map(parsePrefix);
    const strange = {
      packet: ip('10.5.0.1', '10.5.0.2', udp(1, 2)),
      timeNs: 0,
      fate: { delaysNs: [MS] },
    };
    const ends = transmit([...plain(datagrams(9, () => [MS])), strange]);
    const { out, in: back } = await differenceOf(ends, { from: prefixes });
    expect([out, back?.sent, back?.delay?.minNs]).toEqual([null, 9, 0]);
    const right = await differenceOf(ends, { from: ['10.0.0.1'].map(parsePrefix) });
    expect([right.out?.sent, right.in]).toEqual([9, null]);
  });

  test('by what other flows of the same host say', async () => {
    // Opened by the far end, one way only and without a hop limit that tells.
    const push = range(5).map((i) => ({
      packet: ip('10.9.0.2', '10.0.0.1', udp(999, 7_000, Uint8Array.of(i))),
      timeNs: 10 * i * MS,
      fate: { delaysNs: i === 2 ? [] : [6 * MS] },
      isBack: true,
    }));
    const { out, in: back } = await differenceOf(
      transmit([...questions(20, [], []), ...plain(push)]),
    );
    expect([out?.sent, out?.lost, back?.sent, back?.lost]).toEqual([20, 0, 25, 1]);
  });
});

describe('clocks', () => {
  test('that differ are mended by what the user says', async () => {
    const ends = transmit(
      datagrams(9, () => [20 * MS]),
      300 * MS,
    );
    const { out, clock, notes } = await differenceOf(ends, { clockOffsetNs: 300 * MS });
    expect([out?.delay?.minNs, clock.origin, notes]).toEqual([20 * MS, 'given', []]);
  });

  test('are taken to have the same shortest delay both ways', async () => {
    const {
      out,
      in: back,
      clock,
      notes,
    } = await differenceOf(transmit(questions(20, [], []), -7 * MS));
    expect([out?.delay?.minNs, back?.delay?.minNs]).toEqual([5 * MS, 5 * MS]);
    expect(clock).toEqual({ offsetNs: -8 * MS, origin: 'symmetric' });
    expect(notes).toEqual([expect.stringMatching(/received.pcap is 8ms behind that of .*assumed/)]);
  });

  test('that differ on one way only make the shortest delay zero', async () => {
    const ends = transmit(
      datagrams(9, (i) => [(20 + i) * MS]),
      -60e9,
    );
    const { out, clock, notes } = await differenceOf(ends);
    expect([out?.delay?.minNs, out?.delay?.maxNs]).toEqual([0, 8 * MS]);
    expect(clock).toEqual({ offsetNs: -60e9 + 20 * MS, origin: 'shortest' });
    expect(notes).toEqual([expect.stringContaining('assumed, so that the shortest delay is zero')]);
  });

  test('that a user says, but wrongly, are noted', async () => {
    const ends = transmit(datagrams(9, () => [20 * MS]));
    const { out, notes } = await differenceOf(ends, { clockOffsetNs: 30 * MS });
    expect(out?.delay?.minNs).toBe(-10 * MS);
    expect(notes).toEqual([
      'packets arrived up to 10ms before they were sent: is --clock-offset right?',
    ]);
  });
});

describe('the same bytes again', () => {
  /** IPv6 and without anything that counts: a client that asks again. */
  const same = ip('2001:db8::1', '2001:db8::2', udp(5_353, 53, Uint8Array.of(1, 2, 3)));
  const others = range(20).map((i) => ({
    packet: ip('2001:db8::1', '2001:db8::2', udp(5_353, 53, Uint8Array.of(i, 99))),
    timeNs: 10 * i * MS,
    fate: { delaysNs: [20 * MS] },
  }));
  const again = (...fates: readonly (readonly number[])[]) =>
    fates.map((delaysNs, i) => ({ packet: same, timeNs: i * 1e9 + 500 * MS, fate: { delaysNs } }));

  test.each<[string, (readonly number[])[], object]>([
    ['the first is lost', [[], [21 * MS]], { lost: 1, duplicated: 0, delay: { maxNs: 21 * MS } }],
    ['the last is lost', [[21 * MS], []], { lost: 1, duplicated: 0, delay: { maxNs: 21 * MS } }],
    [
      'the middle',
      [[21 * MS], [], [5 * MS]],
      { lost: 1, delay: { minNs: 5 * MS, maxNs: 21 * MS } },
    ],
    [
      'a copy of the first',
      [[21 * MS, 25 * MS], [22 * MS]],
      { lost: 0, duplicated: 1, delay: { maxNs: 22 * MS } },
    ],
    [
      'a copy of the first, and the last is lost',
      [[21 * MS, 25 * MS], []],
      { lost: 1, duplicated: 1, delay: { minNs: 20 * MS, maxNs: 21 * MS } },
    ],
    [
      'two copies of the last',
      [[1 * MS], [2 * MS, 3 * MS, 4 * MS]],
      { lost: 0, duplicated: 2, delay: { minNs: MS, maxNs: 20 * MS } },
    ],
  ])('%s', async (_, fates, found) => {
    const { out } = await differenceOf(transmit([...others, ...again(...fates)]));
    expect(out).toMatchObject({ sent: 20 + fates.length, ...found });
  });

  test('without any other packet, a late answer is of the first', async () => {
    const { out } = await differenceOf(transmit(again([20 * MS], [])));
    expect(out).toMatchObject({ sent: 2, lost: 1, delay: { maxNs: 20 * MS } });
  });

  test('twenty thousand times', async () => {
    const packets = range(20_000).map((i) => ({
      packet: same,
      timeNs: 1000 * i,
      fate: { delaysNs: [MS] },
    }));
    const { out } = await differenceOf(transmit(packets));
    expect(out).toMatchObject({ sent: 20_000, lost: 0, duplicated: 0, delay: { maxNs: MS } });
  });
});

describe('what packets lose on their way', () => {
  test('a NAT gives them another source; what is inside stays', async () => {
    const packets = questions(40, [3], [4]).map((each): Transmission => {
      const { packet, isBack = false, fate } = each;
      const number = packet[packet.length - 1]!;
      const payload = Uint8Array.of(number);
      const outside = isBack
        ? ip('10.9.0.2', '203.0.113.9', udp(53, 61_000, payload))
        : ip('203.0.113.9', '10.9.0.2', udp(61_000, 53, payload));
      return isBack
        ? { ...each, packet: outside, fate: { ...fate, changed: throughRouter(packet) } }
        : { ...each, fate: { ...fate, changed: throughRouter(outside) } };
    });
    const ends = transmit(packets);
    await expect(differenceOf(ends)).rejects.toMatchObject({
      code: 'E_DIFF_NOTHING',
      mend: '--nat, where addresses change on the way',
    });
    const { out, in: back, flows, flowCount } = await differenceOf(ends, { nat: true });
    expect(out).toMatchObject({ sent: 40, lost: 1, strangers: 0 });
    expect(back).toMatchObject({ sent: 39, lost: 1, strangers: 0 });
    expect([flowCount, flows[0]!.flow]).toEqual([1, 'udp 10.0.0.1:5000 > 10.9.0.2:53']);
  });

  test('a NAT that echoes: the same bytes both ways are two packets', async () => {
    const packets = range(20).flatMap((i): Transmission[] => {
      const bytes = Uint8Array.of(i);
      const near = ip('2001:db8::1', '2001:db8:9::2', udp(5_000, 7, bytes));
      const far = ip('2001:db8:5::1', '2001:db8:9::2', udp(61_000, 7, bytes));
      const answer = ip('2001:db8:9::2', '2001:db8:5::1', udp(7, 61_000, bytes));
      const inside = ip('2001:db8:9::2', '2001:db8::1', udp(7, 5_000, bytes));
      const isLost = i === 5;
      return [
        { packet: near, timeNs: 10 * i * MS, fate: { delaysNs: [2 * MS], changed: far } },
        {
          packet: answer,
          timeNs: (10 * i + 3) * MS,
          fate: { delaysNs: isLost ? [] : [2 * MS], changed: inside },
          isBack: true,
        },
      ];
    });
    const { out, in: back } = await differenceOf(transmit(packets), { nat: true });
    expect([out?.sent, out?.lost, out?.strangers]).toEqual([20, 0, 0]);
    expect([back?.sent, back?.lost, back?.strangers]).toEqual([20, 1, 0]);
  });

  test('a NAT: the same bytes on different ways are no pair', async () => {
    const of = (from: string, to: string, ports: [number, number], number: number) =>
      ip(from, to, udp(...ports, Uint8Array.of(number)));
    const [near, nat, far] = ['2001:db8::1', '2001:db8:5::1', '2001:db8:9::2'];
    const packets = range(10).map(
      (i): Transmission => ({
        packet: of(near!, far!, [5_000, 7], i),
        timeNs: i * MS,
        fate: {
          delaysNs: i === 9 ? [] : [2 * MS],
          changed: throughRouter(of(nat!, far!, [61_000, 7], i)),
        },
      }),
    );
    const pushed = {
      packet: of(far!, nat!, [7, 61_000], 9),
      timeNs: 11 * MS,
      fate: { delaysNs: [] },
      isBack: true,
    };
    const { out, in: back } = await differenceOf(transmit([...packets, pushed]), { nat: true });
    expect([out?.sent, out?.lost, out?.strangers, back]).toEqual([10, 1, 0, null]);
  });

  test('a bit of the payload: it arrived, but damaged', async () => {
    const packets = datagrams(30, (i) => (i === 4 ? [] : [20 * MS])).map((each, i) => {
      if (i !== 9) return each;
      const changed = throughRouter(each.packet);
      changed[changed.length - 1] ^= 4;
      return { ...each, fate: { ...each.fate, changed } };
    });
    const { out } = await differenceOf(transmit(packets));
    expect(out).toMatchObject({ sent: 30, lost: 1, corrupted: 1, strangers: 0 });
  });

  test('their class: CE instead of ECT, another DSCP', async () => {
    const classes = [0x02, 0x02, 0xb8, 0x00];
    const packets = classes.map((trafficClass, i) => {
      const payload = udp(1_000, 2_000, Uint8Array.of(i));
      const options = { trafficClass, identification: i };
      const changed = [0x03, 0x02, 0x00, 0x00][i]!;
      return {
        packet: ipv4('10.0.0.1', '10.9.0.2', payload, options),
        timeNs: i * MS,
        fate: {
          delaysNs: [MS],
          changed: ipv4('10.0.0.1', '10.9.0.2', payload, { ...options, trafficClass: changed }),
        },
      };
    });
    const { out } = await differenceOf(transmit(packets));
    expect(out).toMatchObject({ lost: 0, marked: 1, dscpChanged: 1 });
  });

  test('all but their first bytes, in one capture', async () => {
    const packets = datagrams(30, (i) => (i === 4 ? [] : [MS])).map((each, i) => ({
      ...each,
      packet: ip(
        '10.0.0.1',
        '10.9.0.2',
        udp(1_000, 2_000, concat(Uint8Array.of(i), new Uint8Array(900))),
      ),
    }));
    const ends = transmit(packets);
    const raw = { link: 101, snapLength: 300 } as const;
    for (const files of [
      [{ snapLength: 96 }, raw],
      [raw, { snapLength: 96 }],
    ] as const) {
      const { out, bytesCompared, notes } = await differenceOf(ends, {}, files);
      expect([out?.lost, out?.strangers, bytesCompared]).toEqual([1, 0, 96 - 14]);
      expect(notes).toEqual(['packets are cut short: the first 82 bytes of each were compared']);
    }
  });
});

test('fragments belong to the flow of the first one', async () => {
  const large = range(10).map((i) => {
    const payload = udp(1_000, 2_000, concat(Uint8Array.of(i), new Uint8Array(2_000)));
    return fragmentIpv4(ipv4('10.0.0.1', '10.9.0.2', payload, { identification: i + 1 }), 1_200);
  });
  const six = range(10).map((i) => {
    const payload = udp(1_000, 2_000, concat(Uint8Array.of(i), new Uint8Array(2_000)));
    return fragmentIpv6(ip('2001:db8::1', '2001:db8::2', payload), 1_200, i + 1);
  });
  const packets = [...large, ...six].flatMap((parts, i) =>
    parts.map((packet, part) => ({
      packet,
      timeNs: 10 * i * MS + part * 1000,
      fate: { delaysNs: i % 10 === 3 && part === 1 ? [] : [MS] },
    })),
  );
  const { out, flowCount } = await differenceOf(transmit(packets));
  expect([out?.sent, out?.lost, out?.strangers, flowCount]).toEqual([40, 2, 0, 2]);
});

test('TCP: checksums that the card writes, and a lowered MSS, make no other packets', async () => {
  const mss = (value: number) => Uint8Array.of(2, 4, value >> 8, value & 255);
  const syn = (value: number) => tcp(4_000, 80, { flags: 2, options: mss(value) });
  const segments = range(5).map((i) =>
    tcp(4_000, 80, { sequence: 1 + i, payload: Uint8Array.of(i) }),
  );
  const packets: Transmission[] = [
    {
      packet: ip('10.0.0.1', '10.9.0.2', syn(1_460)),
      timeNs: 0,
      fate: { delaysNs: [MS], changed: ip('10.0.0.1', '10.9.0.2', syn(1_412)) },
    },
    ...segments.map((segment, i) => {
      const packet = ip('10.0.0.1', '10.9.0.2', segment);
      const changed = throughRouter(packet);
      packet[36] ^= 0xff;
      return { packet, timeNs: i * MS, fate: { delaysNs: [MS], changed } };
    }),
  ];
  const { out } = await differenceOf(transmit(packets));
  expect(out).toMatchObject({ sent: 6, lost: 0, corrupted: 0, strangers: 0 });
});

test('captures of different length: what one lacks at its ends is told, and can be left out', async () => {
  const { near, far } = transmit(datagrams(100, (i) => (i === 50 ? [] : [MS])));
  const ends = { near: near.slice(0, 80), far: far.slice(15) };
  const all = await differenceOf(ends);
  expect(all.out).toMatchObject({ sent: 80, lost: 16, strangers: 20 });
  expect(all.notes).toEqual([
    expect.stringMatching(/^the first 15 packets of .*sent.pcap are all missing in .*--trim/),
  ]);
  const trimmed = await differenceOf(ends, { trims: true });
  expect(trimmed.out).toMatchObject({ sent: 65, lost: 1, strangers: 0 });
  expect(trimmed.notes).toEqual([]);
});

test('super-packets are told', async () => {
  const segment = (sequence: number, bytes: number) =>
    ip('10.0.0.1', '10.9.0.2', tcp(1, 2, { sequence, payload: new Uint8Array(bytes) }));
  const packets = range(20).map((i) => ({
    packet: segment(9_000 * i, i % 4 === 1 ? 3_000 : 1_000),
    timeNs: 10 * i * MS,
    fate: { delaysNs: [MS] },
  }));
  const { near, far } = transmit(packets);
  const cut = far.flatMap(({ packet, timeNs }, i) =>
    i % 4 !== 1
      ? [{ packet, timeNs }]
      : range(3).map((part) => ({ packet: segment(9_000 * i + 1_000 * part, 1_000), timeNs })),
  );
  const { out, notes } = await differenceOf({ near, far: cut });
  expect([out?.lost, out?.strangers]).toEqual([5, 15]);
  expect(notes).toEqual([
    expect.stringMatching(
      /^5 packets of .*sent.pcap are not in .*, which has 15 others: .*ethtool/,
    ),
  ]);
});

test('packets to other hosts, and of the link itself, are left out', async () => {
  const other = (from: string, to: string, timeNs: number) => ({
    packet: ip(from, to, udp(9, 9)),
    timeNs,
  });
  const { near, far } = transmit([...questions(20, [2], []), ...datagrams(3, () => [])]);
  const {
    sent,
    received,
    out,
    in: back,
    notes,
    flowCount,
  } = await differenceOf({
    near: [...near, other('10.0.0.1', '192.0.2.9', 1e9), other('fe80::1', 'ff02::2', 1e9)],
    far: [...far, other('192.0.2.9', '10.9.0.2', 1e9)],
  });
  // The flow that lost everything is between hosts that have another one.
  expect([out?.sent, out?.lost, out?.strangers, back?.strangers]).toEqual([23, 4, 0, 0]);
  expect([sent.elsewhere, sent.compared, received.elsewhere, flowCount]).toEqual([2, 42, 1, 2]);
  expect(notes).toEqual([
    expect.stringMatching(/^2 packets of .*sent.pcap are between others/),
    expect.stringMatching(/^1 packets of .*received.pcap are between others/),
  ]);
});

test('only what matches', async () => {
  const packets = [...questions(20, [3], []), ...datagrams(10, () => [])];
  const { out, flowCount, sent } = await differenceOf(transmit(packets), { match: 'udp:5000' });
  expect([out?.sent, out?.lost, flowCount, sent.unmatched]).toEqual([20, 1, 1, 10]);
  await expect(differenceOf(transmit(packets), { match: 'udp dir=out' })).rejects.toMatchObject({
    code: 'E_RULE_MATCH',
  });
});

describe('files', () => {
  const ends = transmit(datagrams(20, (i) => (i === 3 ? [] : [MS])));

  test('that end in the middle of a packet are compared up to there', async () => {
    const files = filesOf(ends);
    fs.truncateSync(files.received, fs.statSync(files.received).size - 5);
    const { difference } = await diff(files);
    expect(difference.out).toMatchObject({ sent: 20, lost: 2 });
    expect(difference.received.fault).toMatchObject({ reason: expect.any(String) });
    expect(difference.sent.fault).toBeNull();
  });

  test('that have nothing in common', async () => {
    const { sent } = filesOf(ends);
    const later = datagrams(20, () => [MS]).map((each, i) => ({
      ...each,
      packet: datagram(500 + i),
    }));
    const received = writeCapture(folder, 'other.pcap', transmit(later).far);
    await expect(diff({ sent, received })).rejects.toMatchObject({
      code: 'E_DIFF_NOTHING',
      message: `no packet of ${sent} is in ${received}`,
      mend: expect.stringContaining('at the same time'),
    });
    fs.writeFileSync(received, 'no capture');
    await expect(diff({ sent, received })).rejects.toMatchObject({
      code: 'E_CAPTURE',
      exitCode: 1,
      message: `${received}: this is no pcap or pcapng file at offset 0`,
    });
    const { sent: empty } = filesOf({ near: [], far: [] });
    for (const trims of [false, true]) {
      await expect(diff({ sent: empty, received: empty, trims })).rejects.toMatchObject({
        code: 'E_DIFF_NOTHING',
        mend: expect.stringContaining('it has 0 packets'),
      });
    }
    await expect(diff({ sent: '-', received: '-' })).rejects.toMatchObject({ code: 'E_FILE' });
    await expect(diff({ sent, received: `${received}x` })).rejects.toMatchObject({
      code: 'E_FILE',
    });
  });
});
