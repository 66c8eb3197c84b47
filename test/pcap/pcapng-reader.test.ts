import { describe, expect, test } from 'vitest';
import { big, type CaptureBytes, data, little, words } from '../support/capture-bytes.js';
import { absoluteTimes, readCapture } from '../support/capture-reading.js';
import { concat } from '../support/packet-bytes.js';

const SECOND = 1_000_000_000n;
const NOW_S = 1_700_000_000n;
const TSRESOL = 9;
const TSOFFSET = 14;
const FLAGS = 2;

const byte = (value: number) => Uint8Array.of(value);

describe.each([
  ['little', little],
  ['big', big],
])('pcapng in %s-endian order', (_, at) => {
  const microseconds = (us: bigint) => words(NOW_S * 1_000_000n + us);

  test('says what its section and its interfaces are', () => {
    const sectionOptions = at.options([1, 'first'], [4, 'dumpcap'], [1, 'zweite Zeile: ü']);
    const options = at.options([2, 'eth0'], [1, 'the uplink']);
    const file = concat(
      at.section({ options: sectionOptions }),
      at.interface({ link: 1, snapLength: 96, options }),
      at.interface({ link: 276 }),
    );
    const reading = readCapture(file);
    expect(reading.order).toBe('SII');
    expect(reading.sections).toEqual([
      {
        littleEndian: at.littleEndian,
        comments: ['first', 'zweite Zeile: ü'],
        application: 'dumpcap',
      },
    ]);
    expect(reading.interfaces).toEqual([
      { index: 0, section: 0, link: 1, snapLength: 96, name: 'eth0', options },
      { index: 1, section: 0, link: 276, snapLength: 0, name: '', options: new Uint8Array(0) },
    ]);
  });

  test('has enhanced and obsolete packets with times, options and directions', () => {
    const flags = (value: number) => at.options([1, 'c'], [FLAGS, at.u32(value)]);
    const specs = [
      { data: data(60), time: microseconds(0n) },
      { data: data(61, 1), time: microseconds(7n), options: flags(1), wireBytes: 1500 },
      { data: data(62, 2), time: microseconds(-3n), options: flags(0xabcd_ef02), interface: 1 },
      { data: data(63, 3), time: microseconds(9n), options: flags(3) },
      { data: data(0, 4), time: microseconds(9n), options: at.options([1, 'comment']) },
      { data: data(64, 5), time: microseconds(9n), options: flags(2) },
      { data: data(65, 6), time: microseconds(9n) },
    ];
    for (const write of [
      at.enhanced.bind(at) as CaptureBytes['enhanced'],
      at.obsolete.bind(at) as CaptureBytes['obsolete'],
    ]) {
      const file = concat(at.section(), at.interface(), at.interface(), ...specs.map(write));
      const reading = readCapture(file);
      expect(reading.fault).toBeNull();
      expect(reading.order).toBe('SIIPPPPPPP');
      expect(reading.baseNs).toBe(NOW_S * SECOND);
      expect(reading.packets).toEqual(
        specs.map(({ data, options, wireBytes, interface: index }, i) => ({
          timeNs: [0, 7000, -3000, 9000, 9000, 9000, 9000][i],
          data,
          wireBytes: wireBytes ?? data.length,
          interface: index ?? 0,
          direction: [-1, 1, 0, -1, -1, 0, -1][i],
          options: options ?? new Uint8Array(0),
        })),
      );
    }
  });

  test('has simple packets, cut at the snap length, at the time of the one before', () => {
    const file = concat(
      at.section(),
      at.interface({ snapLength: 50 }),
      at.interface({ snapLength: 20 }),
      at.simple({ data: data(50), wireBytes: 1500 }),
      at.simple({ data: data(33, 1) }),
      at.enhanced({ data: data(5), time: microseconds(5n), interface: 1 }),
      at.enhanced({ data: data(5), time: microseconds(6n), interface: 1 }),
      at.simple({ data: data(50, 2) }),
      at.section(),
      at.interface({ snapLength: 0 }),
      at.simple({ data: data(64, 3) }),
    );
    const { packets, baseNs, fault } = readCapture(file);
    expect(fault).toBeNull();
    expect(packets.map(({ timeNs }) => timeNs)).toEqual([0, 0, 0, 1000, 1000, 1000]);
    expect(packets.map(({ wireBytes }) => wireBytes)).toEqual([1500, 33, 5, 5, 50, 64]);
    expect(packets.map((packet) => packet.interface)).toEqual([0, 0, 1, 1, 0, 2]);
    expect(packets.map(({ data }) => data.length)).toEqual([50, 33, 5, 5, 50, 64]);
    expect(packets[5].data).toEqual(data(64, 3));
    expect(baseNs).toBe(NOW_S * SECOND + 5000n);
  });

  test('has a resolution and an offset for each interface', () => {
    const units: [resolution: number, perSecond: bigint][] = [
      [0, 1n],
      [3, 1000n],
      [6, 1_000_000n],
      [9, SECOND],
      [12, 1000n * SECOND],
      [0x80 | 10, 2n ** 10n],
      [0x80 | 32, 2n ** 32n],
    ];
    for (const offset of [0n, -3600n, 1_000_000_000n]) {
      const file = concat(
        at.section(),
        ...units.map(([resolution]) =>
          at.interface({
            options: at.options([TSRESOL, byte(resolution)], [TSOFFSET, at.i64(offset)]),
          }),
        ),
        ...units.map(([, perSecond], index) =>
          at.enhanced({ data: data(1), interface: index, time: words(NOW_S * perSecond) }),
        ),
        // A quarter of a second on, where the unit allows it.
        ...units.slice(1).map(([, perSecond], index) =>
          at.enhanced({
            data: data(1),
            interface: index + 1,
            time: words((NOW_S * 4n * perSecond + perSecond) / 4n),
          }),
        ),
      );
      const reading = readCapture(file);
      const base = (NOW_S + offset) * SECOND;
      // 10^12 ticks a second fill 64 bits in 213 days: a file in picoseconds cannot say 2023 without an offset.
      const inPicoseconds = ((NOW_S * 1000n * SECOND) % 2n ** 64n) / 1000n + offset * SECOND;
      const times = absoluteTimes(reading).filter((_, i) => i !== 4 && i !== 10);
      expect(times).toEqual([...Array(6).fill(base), ...Array(5).fill(base + SECOND / 4n)]);
      expect(reading.packets[4].timeNs).toBe(clamped(inPicoseconds - base));
    }
  });

  test('keeps all other blocks as they are', () => {
    const blocks = [
      at.block(4, concat(at.u16(1, 8), Uint8Array.of(127, 0, 0, 1, 97, 98, 99, 0), at.u32(0))),
      at.block(5, concat(at.u32(0, 1, 2), at.options([3, data(8)]))),
      at.block(10, concat(at.u32(0x544c534b, 4), data(4))),
      at.block(0x0000_0bad, at.u32(32473)),
      at.block(0x4000_0bad, at.u32(32473)),
      at.block(0xdead_beef, data(4000)),
      at.block(0, new Uint8Array(0)),
    ];
    const packet = at.enhanced({ data: data(9) });
    const file = concat(at.section(), at.interface(), ...blocks.flatMap((b) => [b, packet]));
    const reading = readCapture(file);
    expect(reading.order).toBe(`SI${'BP'.repeat(blocks.length)}`);
    expect(reading.blocks).toEqual(blocks);
  });

  test('collects blocks that are larger than the window', () => {
    const large = [at.block(0xbad, data(524_280)), at.block(0xbad, data(3_000_000, 1))];
    const comments = Array.from({ length: 20 }, (_, i) =>
      String(i).repeat(60_000 / String(i).length),
    );
    const options = at.options(...comments.map((text): [number, string] => [1, text]));
    const packet = at.enhanced({ data: data(9) });
    const file = concat(
      at.section({ options }),
      at.interface({
        options: at.options([2, 'wide'], ...comments.map((c): [number, string] => [1, c])),
      }),
      packet,
      large[0],
      packet,
      large[1],
      packet,
    );
    for (const feed of [() => 1e9, () => 77_777]) {
      const reading = readCapture(file, feed);
      expect(reading.order).toBe('SIPBPBP');
      expect(reading.sections[0].comments).toEqual(comments);
      expect(reading.interfaces[0].name).toBe('wide');
      expect(reading.blocks.map((block, i) => Buffer.compare(block, large[i]))).toEqual([0, 0]);
      expect(reading.packets.map((packet) => packet.data)).toEqual(Array(3).fill(data(9)));
    }
  });
});

test('sections of either byte order follow each other, with interfaces of their own', () => {
  const file = concat(
    ...[little, big, big, little].flatMap((at, i) => [
      // Some writers say how long a section is.
      at.section({ bytes: i === 1 ? 1234n : -1n }),
      ...Array.from({ length: i + 1 }, (_, n) => at.interface({ link: 100 * i + n })),
      at.enhanced({ data: data(10, i), interface: i, time: words(BigInt(i) * 1_000_000n) }),
    ]),
  );
  const { order, sections, interfaces, packets, fault } = readCapture(file);
  expect(fault).toBeNull();
  expect(order).toBe('SIPSIIPSIIIPSIIIIP');
  expect(sections.map(({ littleEndian }) => littleEndian)).toEqual([true, false, false, true]);
  expect(interfaces.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(interfaces.map(({ section }) => section)).toEqual([0, 1, 1, 2, 2, 2, 3, 3, 3, 3]);
  expect(interfaces.map(({ link }) => link)).toEqual([
    0, 100, 101, 200, 201, 202, 300, 301, 302, 303,
  ]);
  expect(packets.map((packet) => packet.interface)).toEqual([0, 2, 5, 9]);
  expect(packets.map(({ timeNs }) => timeNs)).toEqual([0, 1e9, 2e9, 3e9]);
});

test('options may end without an end mark', () => {
  const without = little.options([1, 'abc']).slice(0, -4);
  const file = concat(
    little.section({ options: without }),
    little.interface({ options: without }),
    little.enhanced({ data: data(3), options: without }),
  );
  const { sections, packets, fault } = readCapture(file);
  expect(fault).toBeNull();
  expect(sections[0].comments).toEqual(['abc']);
  expect(packets[0].options).toEqual(without);
});

function clamped(ns: bigint): number {
  const max = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(ns > max ? max : ns < -max ? -max : ns);
}
