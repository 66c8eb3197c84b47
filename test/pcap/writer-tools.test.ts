/** What the writers write as Wireshark's programs and tcpdump read it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  comment,
  encodeOptions,
  NO_OPTIONS,
  OptionCode,
  textOption,
} from '../../src/pcap/options.js';
import { data } from '../support/capture-bytes.js';
import {
  CaptureFolder,
  capinfos,
  isWiresharkMissing,
  readWithTcpdump,
  readWithTshark,
  tool,
} from '../support/wireshark.js';
import { type WrittenPacket, written } from '../support/written-capture.js';

const BASE_NS = 1_700_000_000_987_654_321n;
const ORDERS = [
  ['little', true],
  ['big', false],
] as const;

/** Captured 0, 1, 2, … bytes of more, at times with carries of seconds and of 32-bit words. */
const PACKETS = Array.from({ length: 40 }, (_, i) => ({
  data: data(i < 30 ? i : 100 * i, i),
  wireBytes: i < 30 ? 1514 : 100 * i,
  timeNs: i * 12_345_678_901 + (i % 3),
}));

let folder: CaptureFolder;
beforeAll(() => {
  folder = new CaptureFolder();
});
afterAll(() => folder.remove());

const plain = { link: 147, snapLength: 0, name: '', options: NO_OPTIONS };

function seen({ data, wireBytes = data.length, timeNs = 0 }: WrittenPacket) {
  return { timeNs: BASE_NS + BigInt(timeNs), capturedBytes: data.length, wireBytes, data };
}

describe.skipIf(isWiresharkMissing()).each(ORDERS)('in %s-endian order', (order, littleEndian) => {
  test('pcapng with interfaces, comments and snapped packets is to tshark what it is', async () => {
    const file = folder.file(`${order}.pcapng`);
    const commented = (i: number) => [
      comment(`packet ${i}: größer`),
      ...(i % 2 === 0 ? [comment('zwei\nZeilen')] : []),
      { code: OptionCode.packetFlags, value: Uint8Array.of(0, 0, 0, 0) },
    ];
    await written(file, 'pcapng', littleEndian, (capture) => {
      const { writer } = capture;
      writer.section(
        encodeOptions(
          [comment('seed 42'), textOption(OptionCode.application, 'netemu')],
          littleEndian,
        ),
      );
      writer.baseNs = BASE_NS;
      for (const name of ['eth0 out', 'eth0 in']) writer.addInterface({ ...plain, name });
      const kept = encodeOptions([textOption(OptionCode.interfaceName, 'kept')], littleEndian);
      writer.addInterface({ ...plain, snapLength: 4096, name: 'lost', options: kept });
      PACKETS.forEach((packet, i) => {
        const options = i % 4 === 3 ? NO_OPTIONS : encodeOptions(commented(i), littleEndian);
        capture.packet({ ...packet, interface: i % 3, options });
      });
    });
    const expected = PACKETS.map((packet, i) => ({
      ...seen(packet),
      section: 0,
      interface: i % 3,
      interfaceName: ['eth0 out', 'eth0 in', 'kept'][i % 3],
      comments:
        i % 4 === 3
          ? []
          : commented(i)
              .slice(0, -1)
              .map(({ value }) => `${value}`),
    }));
    expect(digests(await readWithTshark(file))).toEqual(digests(expected));
    const long = tool('capinfos', file);
    expect(long).toContain('seed 42');
    expect(long).toContain('Capture application: netemu');
    expect(long.match(/Time precision = nanoseconds \(9\)/g)).toHaveLength(3);
    expect(long.match(/Capture length = (\d+)/g)).toEqual([
      'Capture length = 0',
      'Capture length = 0',
      'Capture length = 4096',
    ]);
  });

  test('the classic format is to tshark and to libpcap what it is', async () => {
    const file = folder.file(`${order}.pcap`);
    await written(file, 'pcap', littleEndian, (capture) => {
      capture.writer.baseNs = BASE_NS;
      capture.writer.addInterface(plain);
      for (const packet of PACKETS) capture.packet(packet);
    });
    const ofPcap = { interface: undefined, interfaceName: undefined, comments: [] };
    const expected = PACKETS.map((packet) => ({ ...seen(packet), ...ofPcap }));
    expect(digests(await readWithTshark(file))).toEqual(digests(expected));
    // tcpdump shows no packet that has nothing in it.
    expect(readWithTcpdump(file).map(digest)).toEqual(
      PACKETS.slice(1).map(({ data }) => digest(data)),
    );
    expect(capinfos(file)).toMatchObject([
      { 'File type': 'nsecpcap', 'Number of packets': String(PACKETS.length) },
    ]);
  });

  test('editcap makes the classic file of the pcapng one', async () => {
    const [from, to, ours] = ['same.pcapng', 'same.pcap', 'ours.pcap'].map((name) =>
      folder.file(`${order}-${name}`),
    );
    const write = (capture: Parameters<Parameters<typeof written>[3]>[0]) => {
      capture.writer.baseNs = BASE_NS;
      capture.writer.addInterface(plain);
      for (const packet of PACKETS) capture.packet(packet);
    };
    await written(from, 'pcapng', littleEndian, write);
    const bytes = await written(ours, 'pcap', littleEndian, write);
    tool('editcap', '-F', 'nsecpcap', from, to);
    // editcap writes in the byte order of its machine.
    if (littleEndian) expect(bytes.equals(readFileSync(to))).toBe(true);
    else expect(digests(await readWithTshark(ours))).toEqual(digests(await readWithTshark(to)));
  });
});

/** Short enough to be looked at where they differ. tshark lists comments in lists. */
function digests<T extends { readonly data: Uint8Array; readonly comments: readonly string[] }>(
  packets: readonly T[],
) {
  return packets.map(({ data, comments, ...rest }) => ({
    ...rest,
    data: digest(data),
    comments: comments.flat(),
  }));
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
