/** What the writers write, byte for byte against files that the tests' own slow writer makes. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NO_OPTIONS } from '../../src/pcap/options.js';
import type { CaptureBytes } from '../support/capture-bytes.js';
import { big, data, little, MAGIC, words } from '../support/capture-bytes.js';
import { concat } from '../support/packet-bytes.js';
import { CaptureFolder } from '../support/wireshark.js';
import { type WrittenPacket, written } from '../support/written-capture.js';

const BASE_NS = 1_700_000_000_999_999_999n;
const SECOND_NS = 1_000_000_000n;

const ORDERS = [
  ['little', little],
  ['big', big],
] as const;

let folder: CaptureFolder;
beforeAll(() => {
  folder = new CaptureFolder();
});
afterAll(() => folder.remove());

const out = { link: 1, snapLength: 0, name: '', options: NO_OPTIONS };

/** An interface as the writer makes it: its resolution stands last. */
function interfaceBlock(at: CaptureBytes, link = 1, snapLength = 0, ...more: [number, string][]) {
  const options = at.options(...more, [9, Uint8Array.of(9)]);
  return at.interface({ link, snapLength, options });
}

function epb(at: CaptureBytes, packet: WrittenPacket, baseNs = BASE_NS): Uint8Array {
  const time = words(BigInt.asUintN(64, baseNs + BigInt(packet.timeNs ?? 0)));
  return at.enhanced({ ...packet, time });
}

function record(at: CaptureBytes, packet: WrittenPacket, baseNs = BASE_NS): Uint8Array {
  const ns = baseNs + BigInt(packet.timeNs ?? 0);
  const time = [Number(ns / SECOND_NS), Number(ns % SECOND_NS)] as const;
  return concat(at.record({ ...packet, time }), packet.data);
}

describe.each(ORDERS)('pcapng in %s-endian order', (name, at) => {
  const write = (make: Parameters<typeof written>[3]) =>
    written(folder.file(`${name}.pcapng`), 'pcapng', name === 'little', make);

  test('is a section, interfaces, packets and blocks', async () => {
    const section = at.options([1, 'a comment'], [4, 'dumpcap']);
    const kept = at.block(5, data(20));
    const packets: WrittenPacket[] = [
      { data: data(60), options: at.options([1, 'first'], [2, data(4)]) },
      { data: data(61, 1), timeNs: 1, wireBytes: 1514, interface: 1 },
      { data: data(0), timeNs: 4_000_000_001, options: at.options([1, 'x']) },
    ];
    const file = await write((capture) => {
      const { writer } = capture;
      writer.section(section);
      writer.baseNs = BASE_NS;
      expect(writer.baseNs).toBe(BASE_NS);
      expect(writer.addInterface({ ...out, name: 'eth0' })).toBe(0);
      const options = at.options([2, 'lo'], [9, Uint8Array.of(6)], [14, data(8)], [1, 'c']);
      const second = { link: 276, snapLength: 96, name: 'other', options };
      expect(writer.addInterface(second)).toBe(1);
      for (const each of packets.slice(0, 2)) capture.packet(each);
      writer.block(concat(data(3), kept, data(5)), 3, kept.length);
      capture.packet(packets[2]);
    });
    expect(file).toEqual(
      Buffer.from(
        concat(
          at.section({ options: section }),
          interfaceBlock(at, 1, 0, [2, 'eth0']),
          interfaceBlock(at, 276, 96, [2, 'lo'], [1, 'c']),
          epb(at, packets[0]),
          epb(at, packets[1]),
          kept,
          epb(at, packets[2]),
        ),
      ),
    );
  });

  test('has a section even where nothing was said', async () => {
    expect(await write(() => {})).toEqual(Buffer.from(at.section()));
    const file = await write(({ writer }) => writer.addInterface(out));
    expect(file).toEqual(Buffer.from(concat(at.section(), interfaceBlock(at))));
  });

  test('has options that are longer than a chunk', async () => {
    const options = at.options(
      ...Array.from({ length: 40 }, (_, i) => [1, data(60_000, i)] as [number, Uint8Array]),
    );
    const file = await write(({ writer }) => writer.section(options));
    expect(file.equals(at.section({ options }))).toBe(true);
  });
});

describe.each(ORDERS)('classic in %s-endian order', (name, at) => {
  const write = (make: Parameters<typeof written>[3]) =>
    written(folder.file(`${name}.pcap`), 'pcap', name === 'little', make);

  test('is a header and packets, without what it cannot say', async () => {
    const packets: WrittenPacket[] = [
      { data: data(60), options: at.options([1, 'lost']) },
      { data: data(61, 1), timeNs: 1, wireBytes: 1514, interface: 1 },
      { data: data(0), timeNs: 4_000_000_001 },
    ];
    const file = await write((capture) => {
      const { writer } = capture;
      writer.section(at.options([1, 'lost']));
      writer.baseNs = BASE_NS;
      expect(writer.baseNs).toBe(BASE_NS);
      expect(writer.addInterface({ ...out, link: 113, snapLength: 96 })).toBe(0);
      expect(writer.addInterface({ ...out, link: 113, snapLength: 1500 })).toBe(0);
      expect(writer.addInterface({ ...out, link: 113, snapLength: 200 })).toBe(0);
      writer.block(data(20), 0, 20);
      for (const each of packets) capture.packet(each);
    });
    const header = at.classic({ magic: MAGIC.nanoseconds, network: 113, snapLength: 1500 }, []);
    expect(file).toEqual(Buffer.from(concat(header, ...packets.map((each) => record(at, each)))));
  });

  test('has a header even without packets', async () => {
    const header = { magic: MAGIC.nanoseconds, snapLength: 262_144 };
    expect(await write(() => {})).toEqual(Buffer.from(at.classic({ ...header, network: 1 }, [])));
    const file = await write(({ writer }) => writer.addInterface({ ...out, link: 101 }));
    expect(file).toEqual(Buffer.from(at.classic({ ...header, network: 101 }, [])));
  });

  test('holds no packets of another link type', async () => {
    await write(({ writer }) => {
      writer.addInterface({ ...out, link: 1 });
      expect(() => writer.addInterface({ ...out, link: 113 })).toThrowError(
        expect.objectContaining({
          code: 'E_CAPTURE_LINKS',
          exitCode: 2,
          message: expect.stringContaining('link types 1 and 113'),
          mend: expect.stringContaining('.pcapng'),
        }),
      );
    });
  });
});

// Nanoseconds since the first packet: next to carries of seconds and words, and far away.
const timeNs = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 40 }),
  fc.constantFrom(0, 1, 999_999_999, 1e9, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -1, -1e9, -(2 ** 40)),
  fc.integer({ min: 0, max: 9_007_199 }).map((seconds) => seconds * 1e9 - 1),
  fc.integer({ min: 0, max: 2 ** 21 - 1 }).map((high) => high * 2 ** 32 - 1),
);
const baseNs = fc.oneof(
  fc.bigInt({ min: 2n ** 41n, max: 2n ** 62n }),
  fc.constantFrom(BASE_NS, 1_700_000_000n * SECOND_NS, 2n ** 60n - 1n, 0x1234_5678_ffff_ffffn),
);
const options = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.uint8Array({ maxLength: 9 })),
  {
    maxLength: 3,
  },
);
const LARGEST = data(262_144);
const packet = fc.record({
  data: fc.oneof(
    fc.nat(80).map((bytes) => data(bytes, 3)),
    fc.nat(1600).map((bytes) => data(bytes, 4)),
    fc.constant(LARGEST),
  ),
  timeNs,
  more: fc.constantFrom(0, 0, 1, 1400, 2 ** 32 - 300_000),
  interface: fc.nat(2),
  options,
});

describe.each(ORDERS)('any packets in %s-endian order', (name, at) => {
  const specsOf = (packets: readonly (typeof packet extends fc.Arbitrary<infer T> ? T : never)[]) =>
    packets.map(({ more, options, ...rest }) => ({
      ...rest,
      wireBytes: rest.data.length + more,
      options: options.length === 0 ? NO_OPTIONS : at.options(...options),
    }));

  test('in pcapng', async () => {
    const file = folder.file(`${name}-any.pcapng`);
    const property = fc.asyncProperty(baseNs, fc.array(packet), async (base, packets) => {
      const specs = specsOf(packets);
      const bytes = await written(file, 'pcapng', name === 'little', (capture) => {
        capture.writer.baseNs = base;
        for (let i = 0; i < 3; i++) capture.writer.addInterface(out);
        for (const spec of specs) capture.packet(spec);
      });
      const interfaces = [0, 1, 2].map(() => interfaceBlock(at));
      const blocks = specs.map((spec) => epb(at, spec, base));
      expect(bytes.equals(concat(at.section(), ...interfaces, ...blocks))).toBe(true);
    });
    await fc.assert(property, { seed: 1, numRuns: 30 });
  });

  test('in the classic format', async () => {
    const file = folder.file(`${name}-any.pcap`);
    // Seconds end in 2106 there.
    const base32 = baseNs.map((base) => (base % (4_200_000_000n * SECOND_NS)) + 2n ** 41n);
    const packetLists = fc.array(packet);
    const property = fc.asyncProperty(base32, packetLists, async (base, packets) => {
      const specs = specsOf(packets);
      const bytes = await written(file, 'pcap', name === 'little', (capture) => {
        capture.writer.baseNs = base;
        capture.writer.addInterface(out);
        for (const spec of specs) capture.packet(spec);
      });
      const header = at.classic({ magic: MAGIC.nanoseconds }, []);
      expect(bytes.equals(concat(header, ...specs.map((spec) => record(at, spec, base))))).toBe(
        true,
      );
    });
    await fc.assert(property, { seed: 2, numRuns: 30 });
  });
});
