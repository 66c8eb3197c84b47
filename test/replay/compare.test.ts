/** What came through beside another capture: every difference is found, and nothing else. */
import { expect, test } from 'vitest';
import { type Comparison as Compared, Comparison } from '../../src/replay/compare.js';
import { Digests, digestOf } from '../../src/replay/digests.js';
import { peek } from '../../src/replay/peek.js';
import { big, data, little, MAGIC, words } from '../support/capture-bytes.js';
import { readCapture } from '../support/capture-reading.js';
import { goldenPackets, pcapngOf, pcapOf } from '../support/golden-captures.js';
import { concat } from '../support/packet-bytes.js';
import { ethernet, ip, udp } from '../support/packets.js';
import { BASE_NS, capture, type ReplaySpec, replayed, sourceOf } from '../support/replays.js';

const frame = (number: number, bytes = 64) =>
  ethernet(ip('192.0.2.1', '198.51.100.2', udp(5_000, 53, data(bytes, number))));

interface Given extends ReplaySpec {
  readonly pieceBytes?: () => number;
}

async function compared(input: Uint8Array, other: Uint8Array, spec: Given = {}) {
  const looked = await peek(sourceOf(input));
  const source = sourceOf(other, spec.pieceBytes ?? (() => other.length));
  const comparison: Compared = new Comparison(await peek(source), looked.classicResolutionNs);
  await replayed(input, { ...spec, around: (exit) => comparison.around(exit) });
  return comparison.finish();
}

const NONE = { differences: 0, missing: 0, extra: 0, firstDifference: null, fault: null };

const RULES = ['udp loss 5% duplicate 5% delay 3ms jitter 3ms', 'tcp loss 2% rate 5mbit delay 2ms'];

test.each(['dns', 'quic', 'tcp'] as const)('%s beside what came out before', async (name) => {
  const input = pcapngOf(goldenPackets(name));
  const before = await replayed(input, { rules: RULES });
  const packets = before.output.packets.length;
  expect(await compared(input, before.bytes, { rules: RULES })).toMatchObject({ ...NONE, packets });
  const classic = await replayed(input, { rules: RULES, format: 'pcap' });
  const pieceBytes = () => 100;
  const again = await compared(input, classic.bytes, { rules: RULES, pieceBytes });
  expect(again).toMatchObject({ ...NONE, packets });
  const seeded = await compared(input, before.bytes, { rules: RULES, seed: 'another' });
  expect(seeded.firstDifference).not.toBe(null);
});

const four = [1, 2, 3, 4].map((number) => ({ atNs: number * 1_000_000, data: frame(number) }));
const [first, second, third, fourth] = four;

test.each([
  [
    'other bytes',
    [first, { ...second, data: frame(9) }, third, fourth],
    1,
    { packet: 2, what: 'bytes' },
  ],
  [
    'another length',
    [first, second, { ...third, data: frame(3, 70) }, fourth],
    1,
    { packet: 3, what: 'capturedBytes', here: 106, other: 112 },
  ],
  [
    'another length on the wire',
    [first, second, third, { ...fourth, wireBytes: 2_000 }],
    1,
    { packet: 4, what: 'wireBytes', here: 106, other: 2_000 },
  ],
  [
    'another time',
    [first, { ...second, atNs: 2_000_001 }, third, fourth],
    1,
    { packet: 2, what: 'timeNs', here: 1_000_000, other: 1_000_001 },
  ],
  ['another order', [first, third, second, fourth], 2, { packet: 2, what: 'bytes' }],
])('%s', async (_, other, differences, firstDifference) => {
  const result = await compared(capture(four), capture(other));
  expect(result).toMatchObject({ packets: 4, differences, missing: 0, extra: 0, firstDifference });
});

test('fewer packets, and more', async () => {
  expect(await compared(capture(four), capture([first, second]))).toMatchObject({
    packets: 2,
    differences: 0,
    extra: 2,
    missing: 0,
    firstDifference: { packet: 3, what: 'extra', here: null, other: null },
  });
  expect(await compared(capture([first]), capture(four))).toMatchObject({
    packets: 1,
    extra: 0,
    missing: 3,
    firstDifference: { packet: 2, what: 'missing' },
  });
  expect(await compared(capture([]), capture(four))).toMatchObject({
    packets: 0,
    missing: 4,
    firstDifference: { packet: 1, what: 'missing' },
  });
  expect(await compared(capture([]), capture([]))).toMatchObject({ ...NONE, packets: 0 });
});

test('a capture of another day: times count from the first packet of each', async () => {
  const shifted = four.map((packet) => ({ ...packet, atNs: packet.atNs + 86_400e9 + 77 }));
  expect(await compared(capture(four), capture(shifted))).toMatchObject({ ...NONE, packets: 4 });
});

/** The same packets, told with a coarser clock. */
function coarse(packets: typeof four, kind: string): Uint8Array {
  const ns = (atNs: number) => BASE_NS + BigInt(atNs);
  if (kind === 'classic') {
    const timed = packets.map(({ atNs, data: bytes }) => {
      const us = ns(atNs) / 1_000n;
      return { data: bytes, time: [Number(us / 1_000_000n), Number(us % 1_000_000n)] as const };
    });
    return big.classic({ magic: MAGIC.microseconds }, timed);
  }
  const resolution = Uint8Array.of(kind === 'ms' ? 3 : 0x80 | 20);
  const ticks = (atNs: number) =>
    kind === 'ms' ? ns(atNs) / 1_000_000n : (ns(atNs) << 20n) / 10n ** 9n;
  return concat(
    little.section(),
    little.interface(kind === 'us' ? {} : { options: little.options([9, resolution]) }),
    ...packets.map(({ atNs, data: bytes }) =>
      little.enhanced({
        data: bytes,
        time: words(kind === 'us' ? ns(atNs) / 1_000n : ticks(atNs)),
      }),
    ),
  );
}

test.each([
  ['classic', 1_000],
  ['us', 1_000],
  ['ms', 1_000_000],
  ['2^-20 s', 954],
])('times are compared as finely as the coarser capture tells them: %s', async (kind, tickNs) => {
  const fine = [
    { atNs: 1_234_567, data: frame(1) },
    { atNs: 23_456_789, data: frame(2) },
    { atNs: 99_999_999, data: frame(3) },
    { atNs: 123_000_000, data: frame(4) },
  ];
  expect(readCapture(coarse(fine, kind)).packets).toHaveLength(4);
  for (const [here, there] of [
    [capture(fine), coarse(fine, kind)],
    [coarse(fine, kind), capture(fine)],
  ]) {
    expect(await compared(here, there)).toMatchObject({ ...NONE, packets: 4 });
  }
  const late = fine.map((packet, i) =>
    i === 2 ? { ...packet, atNs: packet.atNs + 2 * tickNs + 1_000 } : packet,
  );
  expect(await compared(capture(late), coarse(fine, kind))).toMatchObject({
    differences: 1,
    firstDifference: { packet: 3, what: 'timeNs' },
  });
});

test('a file of ns that is packed in the classic format is as fine', async () => {
  const packets = goldenPackets('dns');
  const result = await compared(pcapOf(packets), pcapngOf(packets));
  expect(result).toMatchObject({ ...NONE, packets: packets.length });
  const late = packets.map((packet, i) =>
    i === 50 ? { ...packet, timeNs: packet.timeNs + 1n } : packet,
  );
  const { firstDifference } = await compared(pcapOf(packets), pcapngOf(late));
  expect(firstDifference).toMatchObject({ packet: 51, what: 'timeNs' });
});

test('a damaged capture is compared up to its fault', async () => {
  const whole = capture(four);
  const result = await compared(whole, whole.subarray(0, -10));
  expect(result).toMatchObject({ packets: 3, differences: 0, extra: 1 });
  expect(result.fault).toMatchObject({ reason: expect.stringContaining('ends inside') });
});

test('more packets than wait at once, released in one go', async () => {
  const many = Array.from({ length: 10_000 }, (_, i) => ({ atNs: i, data: frame(i % 50) }));
  const rules = ['udp delay 1s'];
  const { bytes } = await replayed(capture(many), { rules });
  expect(await compared(capture(many), bytes, { rules })).toMatchObject({
    ...NONE,
    packets: 10_000,
  });
});

test('digests come out as they went in, however many wait', () => {
  const digests = new Digests();
  const bytes = data(2_000);
  const one = new Int32Array(2);
  let shifted = 0;
  const check = () => {
    digestOf(bytes, shifted % 100, shifted % 50, one);
    expect(digests).toMatchObject({
      timeNs: shifted * 3,
      resolutionNs: shifted % 7,
      capturedBytes: shifted % 50,
      wireBytes: 2 ** 32 - 1 - shifted,
      low: one[0],
      high: one[1],
    });
    digests.shift();
    shifted++;
  };
  for (let i = 0; i < 10_000; i++) {
    const time = Float64Array.of(i * 3);
    digests.push(bytes, i % 100, i % 50, 2 ** 32 - 1 - i, time, i % 7);
    if (i % 3 === 0) check();
  }
  while (digests.count > 0) check();
  expect(shifted).toBe(10_000);
});

test('digests of different bytes differ in both words', () => {
  const [a, b] = [new Int32Array(2), new Int32Array(2)];
  const bytes = data(200);
  digestOf(bytes, 0, 200, a);
  for (let i = 0; i < 200; i++) {
    const other = bytes.slice();
    other[i] ^= 1 << (i % 8);
    digestOf(other, 0, 200, b);
    expect(a[0]).not.toBe(b[0]);
    expect(a[1]).not.toBe(b[1]);
  }
});
