/**
 * Files made by Wireshark's programs, read by us and by tshark, capinfos and tcpdump; and files that those programs
 * do not make, made by the tests' own slow writer.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { big, data, little, MAGIC, words } from '../support/capture-bytes.js';
import { absoluteTimes, type Reading, readCapture } from '../support/capture-reading.js';
import { concat } from '../support/packet-bytes.js';
import { expectAsTshark, expectSame } from '../support/shark-comparison.js';
import {
  CaptureFolder,
  capinfos,
  isWiresharkMissing,
  readWithTcpdump,
  text2pcap,
  tool,
} from '../support/wireshark.js';

/** Ethernet, raw IP in all its numbers, loopback, cooked; 802.11, which we do not look into. */
const LINKS = [1, 101, 228, 229, 0, 108, 113, 276, 105];

/** The fraction's unit in each of editcap's formats. */
const FORMATS = { pcap: 1000n, nsecpcap: 1n, modpcap: 1000n, pcapng: 1n } as const;
type Format = keyof typeof FORMATS;

/** The largest packet takes the programs their time, so only Ethernet has it. */
const sizesOf = (link: number) => [1, 2, 3, 4, 60, 1514, link === 1 ? 262_144 : 9000];

function packetsOf(link: number) {
  return sizesOf(link).map((bytes, i) => ({
    seconds: 1_700_000_000 + link + 7 * i,
    nanoseconds: (i * 123_456_789 + 1) % 1_000_000_000,
    data: data(bytes, link + i),
  }));
}

let folder: CaptureFolder;
let sources: string[];

function read(file: string): Reading {
  return readCapture(readFileSync(file), () => 200_003);
}

describe.skipIf(isWiresharkMissing())('of files of others', () => {
  beforeAll(() => {
    folder = new CaptureFolder();
    sources = LINKS.map((link) => text2pcap(folder, `source-${link}`, link, packetsOf(link)));
  });
  afterAll(() => folder.remove());

  describe.each(Object.keys(FORMATS) as Format[])('editcap’s %s', (format) => {
    const unitNs = FORMATS[format];
    const fileOf = (link: number) => folder.file(`${link}.${format}`);
    beforeAll(() => {
      LINKS.forEach((link, i) => {
        tool('editcap', '-F', format, sources[i], fileOf(link));
      });
    });

    test.each(LINKS)('with link type %i has all packets', (link) => {
      const reading = read(fileOf(link));
      const packets = packetsOf(link);
      expect(reading.fault).toBeNull();
      expect(reading.format).toBe(format === 'pcapng' ? 'pcapng' : 'pcap');
      expect(reading.interfaces.map((i) => i.link)).toEqual([link]);
      expect(absoluteTimes(reading)).toEqual(
        packets.map(({ seconds, nanoseconds }) => {
          const ns = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
          return ns - (ns % unitNs);
        }),
      );
      expect(reading.packets.map(({ wireBytes }) => wireBytes)).toEqual(sizesOf(link));
      expectSame(reading.packets, packets);
    });

    test('is to capinfos what it is to us', () => {
      const rows = capinfos(...LINKS.map(fileOf));
      expect(rows).toHaveLength(LINKS.length);
      rows.forEach((row, i) => {
        const reading = read(fileOf(LINKS[i]));
        const times = absoluteTimes(reading).map(seconds);
        const digits = unitNs === 1n ? 9 : 6;
        expect({ ...row, 'File encapsulation': '' }).toEqual({
          'File name': fileOf(LINKS[i]),
          'File type': format,
          'File encapsulation': '',
          'Number of packets': String(reading.packets.length),
          'Data size (bytes)': String(reading.packets.reduce((sum, p) => sum + p.wireBytes, 0)),
          'Start time': times[0].slice(0, 11 + digits),
          'End time': times.at(-1)!.slice(0, 11 + digits),
        });
      });
    });

    test('holds to libpcap the same bytes', () => {
      for (const link of LINKS) {
        expectSame(
          read(fileOf(link)).packets,
          readWithTcpdump(fileOf(link)).map((data) => ({ data })),
        );
      }
    });
  });

  test('merged, cut and commented packets are what they are to tshark', async () => {
    const merged = folder.file('merged.pcapng');
    tool('mergecap', '-w', merged, ...sources);
    const file = folder.file('commented.pcapng');
    const comments = ['1:eins', '3:zwei ü', '17:three\nlines\n'];
    tool('editcap', '-s', '96', ...comments.flatMap((c) => ['-a', c]), merged, file);
    const seen = await expectAsTshark(file);
    expect(seen.filter((packet) => packet.comments.length > 0)).toHaveLength(3);
    expect(new Set(seen.map((packet) => packet.interfaceName)).size).toBe(LINKS.length);
  });

  test('directions are those that text2pcap was told', () => {
    const text = ['I', 'O', 'O', 'I'].map(
      (way, i) => `${way} ${1_700_000_000 + i}.5\n0000 45 0${i}\n`,
    );
    const from = folder.write('ways.txt', Buffer.from(text.join('\n')));
    tool('text2pcap', '-q', '-D', '-t', '%s.%f', '-l', '101', from, folder.file('ways.pcapng'));
    const { packets } = read(folder.file('ways.pcapng'));
    expect(packets.map(({ direction }) => direction)).toEqual([1, 0, 0, 1]);
  });
});

describe.skipIf(isWiresharkMissing())('of files that are rare', () => {
  beforeAll(() => {
    folder = new CaptureFolder();
  });
  afterAll(() => folder.remove());

  const SECOND = 1_000_000_000n;
  const NOW_S = 1_700_000_000n;

  test('sections of both byte orders, old and simple packets, units and offsets', async () => {
    const units: [number, bigint][] = [
      [6, 1_000_000n],
      [9, SECOND],
      [3, 1000n],
      [0, 1n],
      [0x80 | 10, 2n ** 10n],
      [0x80 | 20, 2n ** 20n],
    ];
    const parts = [little, big].flatMap((at) => [
      at.section({ options: at.options([1, 'a section']) }),
      ...units.map(([resolution], i) =>
        at.interface({
          link: LINKS[i],
          snapLength: i === 0 ? 40 : 0,
          options: at.options(
            [2, `if${i}`],
            [9, Uint8Array.of(resolution)],
            [14, at.i64(i % 2 === 0 ? 0n : -3600n)],
          ),
        }),
      ),
      at.block(0x8000_0bad, data(8)),
      ...units.flatMap(([, perSecond], i) => {
        const packet = (seed: number) => ({
          data: data(20 + 3 * seed, seed),
          wireBytes: 1000 + seed,
          interface: i,
          time: words(NOW_S * perSecond + (perSecond * BigInt(seed)) / 16n),
          options: at.options([1, `packet ${seed} of ${i}`], [2, at.u32(1)]),
        });
        return [at.enhanced(packet(i)), at.obsolete(packet(i + 7))];
      }),
      at.simple({ data: data(40), wireBytes: 60 }),
      at.simple({ data: data(33) }),
    ]);
    const file = folder.write('rare.pcapng', concat(...parts));
    const seen = await expectAsTshark(file);
    expect(seen).toHaveLength(2 * (2 * units.length + 2));
  });

  test.each([
    ['microseconds', little, MAGIC.microseconds, 'pcap', '000001000'],
    ['microseconds', big, MAGIC.microseconds, 'pcap', '000001000'],
    ['nanoseconds', big, MAGIC.nanoseconds, 'nsecpcap', '000000001'],
    ['longer headers', big, MAGIC.modified, 'modpcap', '000001000'],
  ])('classic files of %s in either order', (_, at, magic, type, fraction) => {
    const packets = sizesOf(101).map((bytes, i) => ({
      data: data(bytes, i),
      time: [1_700_000_000 + i, 1] as [number, number],
      wireBytes: 2000 + i,
    }));
    const file = folder.write('classic.pcap', at.classic({ magic, network: 101 }, packets));
    const [row] = capinfos(file);
    const reading = read(file);
    expect(reading.packets).toHaveLength(7);
    expect(row).toMatchObject({
      'File type': type,
      'File encapsulation': 'rawip',
      'Number of packets': '7',
      'Data size (bytes)': String(reading.packets.reduce((sum, p) => sum + p.wireBytes, 0)),
    });
    const [first, last] = [absoluteTimes(reading)[0], absoluteTimes(reading)[6]].map(seconds);
    expect([first, last]).toEqual([`1700000000.${fraction}`, `1700000006.${fraction}`]);
    expect(first.startsWith(row['Start time']) && last.startsWith(row['End time'])).toBe(true);
  });
});

/** `1700000000.000000001` */
function seconds(ns: bigint): string {
  return `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
}
