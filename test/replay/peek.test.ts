/** A look at what a capture says first, after which all of it is there still. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CaptureFault, type CaptureSource } from '../../src/pcap/capture-source.js';
import { headerComments, type RecordingHeader } from '../../src/pcap/recording/header.js';
import { peek } from '../../src/replay/peek.js';
import { big, data, little, MAGIC } from '../support/capture-bytes.js';
import { goldenPackets, pcapngOf, pcapOf } from '../support/golden-captures.js';
import { concat } from '../support/packet-bytes.js';
import { sourceOf } from '../support/replays.js';

const HEADER: RecordingHeader = {
  version: '0.1.0',
  seed: '7f3a',
  source: { rules: ['udp:53 loss 1%'] },
  memoryBytes: 2 ** 28,
  clockOffsetNs: '1700000000000000000',
  startNs: 0,
  continues: false,
};

function recording(header = HEADER): Uint8Array {
  const comments = headerComments(header).map((text) => [1, text] as [number, string]);
  const named = (name: string) => little.interface({ options: little.options([2, name]) });
  return concat(
    little.section({ options: little.options(...comments) }),
    named('eth0 out'),
    named('eth0 in'),
    little.enhanced({ data: data(60) }),
    named('late'),
  );
}

async function readAll(source: CaptureSource, count = 1_000): Promise<Uint8Array> {
  const buffer = new Uint8Array(count);
  const parts: Uint8Array[] = [];
  for (;;) {
    const bytes = await source.read(buffer, 3, count - 3);
    if (bytes === 0) return concat(...parts);
    parts.push(buffer.slice(3, 3 + bytes));
  }
}

test.each([1, 7, 1_000, 1e9])('in pieces of %s bytes', async (piece) => {
  const file = recording();
  const peeked = await peek(sourceOf(file, () => piece));
  expect(peeked.readHeader()).toEqual(HEADER);
  expect(peeked.interfaces.map(({ name }) => name)).toEqual(['eth0 out', 'eth0 in']);
  expect(peeked.source.name).toBe('capture');
  expect(await readAll(peeked.source)).toEqual(file);
});

test('a header of megabytes', async () => {
  const trace = '1\n'.repeat(2_000_000);
  const header = { ...HEADER, source: { rules: ['udp trace a.up'], files: { 'a.up': trace } } };
  const file = recording(header);
  const peeked = await peek(sourceOf(file, () => 65_536));
  expect(peeked.readHeader()).toEqual(header);
  expect(Buffer.compare(await readAll(peeked.source, 1_000_000), file)).toBe(0);
});

test('other captures are no recordings, and a damaged header is said when it is asked for', async () => {
  const golden = goldenPackets('dns');
  for (const file of [pcapngOf(golden), pcapOf(golden)]) {
    const peeked = await peek(sourceOf(file));
    expect(peeked.readHeader()).toBe(null);
    expect(peeked.interfaces).toHaveLength(1);
    expect(await readAll(peeked.source)).toEqual(new Uint8Array(file));
  }
  const options = little.options([1, 'netemu-recording 1/2 {}']);
  const damaged = concat(little.section({ options }), little.interface());
  const peeked = await peek(sourceOf(damaged));
  expect(() => peeked.readHeader()).toThrow(expect.objectContaining({ code: 'E_RECORDING' }));
  expect(await readAll(peeked.source)).toEqual(damaged);
});

test('a second section is not what the file is about', async () => {
  const file = concat(little.section(), little.interface(), recording());
  expect((await peek(sourceOf(file))).readHeader()).toBe(null);
});

test.each([
  ['nothing', new Uint8Array(0)],
  ['three bytes', data(3)],
  ['something else', gzipSync(data(5_000))],
  ['a file that ends in its first block', recording().subarray(0, 100)],
])('%s is for the reader to complain about', async (_, file) => {
  const peeked = await peek(sourceOf(file));
  expect(peeked.readHeader()).toBe(null);
  expect(await readAll(peeked.source)).toEqual(new Uint8Array(file));
});

test('a fault of the source comes again, in its place', async () => {
  const file = recording().subarray(0, 200);
  const broken = sourceOf(file, () => 150);
  let hasFailed = false;
  const source = {
    ...broken,
    async read(into: Uint8Array, at: number, count: number) {
      const bytes = await broken.read(into, at, count);
      // Once: a stream that is broken has nothing more to say.
      if (bytes === 0 && !hasFailed) {
        hasFailed = true;
        throw new CaptureFault(99, 'broken');
      }
      return bytes;
    },
  };
  const peeked = await peek(source);
  const buffer = new Uint8Array(1_000);
  expect(await peeked.source.read(buffer, 0, 1_000)).toBe(150);
  expect(await peeked.source.read(buffer, 150, 1_000)).toBe(50);
  expect(buffer.subarray(0, 200)).toEqual(file);
  await expect(peeked.source.read(buffer, 0, 1)).rejects.toMatchObject({ offset: 99 });
});

test('other failures of the source are told at once', async () => {
  const failing = { ...sourceOf(data(1)), read: () => Promise.reject(new Error('no disk')) };
  await expect(peek(failing)).rejects.toThrow('no disk');
});

test('a file without packets is looked at no further than it may be a recording', async () => {
  const block = little.block(4, new Uint8Array(1_000_000));
  let given = 0;
  let begun = false;
  const endless: CaptureSource = {
    name: 'endless',
    async read(into, at, count) {
      const bytes = begun ? block : concat(little.section(), block);
      begun = true;
      // A block at a time, as far as it fits.
      const rest = pending ?? bytes;
      const part = rest.subarray(0, count);
      into.set(part, at);
      pending = part.length < rest.length ? rest.subarray(part.length) : null;
      given += part.length;
      return part.length;
    },
    async close() {},
  };
  let pending: Uint8Array | null = null;
  await peek(endless);
  expect(given).toBeGreaterThan(32e6);
  expect(given).toBeLessThan(40e6);
});

test('how finely classic files tell the time', async () => {
  const kinds = [
    [MAGIC.microseconds, 1_000],
    [MAGIC.nanoseconds, 1],
    [MAGIC.modified, 1_000],
  ] as const;
  for (const order of [little, big]) {
    for (const [magic, expected] of kinds) {
      const file = order.classic({ magic }, [{ data: data(9) }]);
      expect((await peek(sourceOf(file, () => 1))).classicResolutionNs).toBe(expected);
    }
  }
});
