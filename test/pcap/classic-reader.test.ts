import { describe, expect, test } from 'vitest';
import { big, data, little, MAGIC } from '../support/capture-bytes.js';
import { absoluteTimes, allAtOnce, readCapture } from '../support/capture-reading.js';

describe.each([
  ['little', little],
  ['big', big],
])('a classic file in %s-endian order', (_, at) => {
  test('is an interface and its packets', () => {
    const file = at.classic({ snapLength: 1500, network: 113 }, [
      { data: data(60), time: [1_700_000_000, 5] },
      { data: data(40, 1), time: [1_700_000_001, 0], wireBytes: 9000 },
      { data: data(0), time: [1_700_000_001, 0], wireBytes: 4_000_000_000 },
    ]);
    const { format, order, interfaces, sections, packets, fault } = readCapture(file);
    expect({ format, order, sections, fault }).toEqual({
      format: 'pcap',
      order: 'IPPP',
      sections: [],
      fault: null,
    });
    const options = new Uint8Array(0);
    expect(interfaces).toEqual([
      { index: 0, section: 0, link: 113, snapLength: 1500, name: '', options },
    ]);
    const common = { interface: 0, direction: -1, options };
    expect(packets).toEqual([
      { ...common, timeNs: 0, data: data(60), wireBytes: 60 },
      { ...common, timeNs: 999_995_000, data: data(40, 1), wireBytes: 9000 },
      { ...common, timeNs: 999_995_000, data: data(0), wireBytes: 4_000_000_000 },
    ]);
  });

  test.each([
    ['microseconds', MAGIC.microseconds, 1000n],
    ['nanoseconds', MAGIC.nanoseconds, 1n],
    ['longer packet headers', MAGIC.modified, 1000n],
  ])('has times in its unit, also beyond a second: %s', (_, magic, unitNs) => {
    const times: [number, number][] = [
      [1_700_000_000, 999_999],
      [0xffff_ffff, 1],
      [1_699_999_999, 0xffff_ffff],
      [0, 0],
    ];
    const packets = times.map((time, i) => ({ data: data(20, i), time }));
    const reading = readCapture(at.classic({ magic }, packets));
    expect(reading.fault).toBeNull();
    expect(reading.packets.map(({ data }) => data)).toEqual(packets.map(({ data }) => data));
    const absolute = times.map(([s, units]) => BigInt(s) * 1_000_000_000n + BigInt(units) * unitNs);
    expect(reading.baseNs).toBe(absolute[0]);
    // 1970 and 2106 are further away than a double counts nanoseconds.
    const far = 2n ** 53n - 1n;
    expect(absoluteTimes(reading)).toEqual([
      absolute[0],
      absolute[0] + far,
      absolute[2],
      absolute[0] - far,
    ]);
  });
});

test('the upper bits of the link type are about the frame check sequence', () => {
  const file = little.classic({ network: 0x5400_0001 }, []);
  expect(readCapture(file).interfaces[0].link).toBe(1);
});

test('a file without packets ends well', () => {
  const { order, fault, baseNs } = readCapture(little.classic({}, []));
  expect({ order, fault, baseNs }).toEqual({ order: 'I', fault: null, baseNs: 0n });
});

test('packets of the largest size pass through the smallest window, also in small pieces', () => {
  const packets = Array.from({ length: 8 }, (_, i) => ({ data: data(262_144 - i, i) }));
  const file = little.classic({}, packets);
  for (const feed of [allAtOnce, () => 100_003]) {
    const reading = readCapture(file, feed);
    expect(reading.fault).toBeNull();
    expect(reading.packets).toHaveLength(packets.length);
    reading.packets.forEach(({ data: is }, i) => {
      expect(Buffer.compare(is, packets[i].data), `${i}`).toBe(0);
    });
  }
});
