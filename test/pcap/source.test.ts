/** Where captures come from: files, pipes, and what gzip made of them, also when that is damaged. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CaptureFault, type CaptureSource, openSource } from '../../src/pcap/capture-source.js';
import { recogniseCompression } from '../../src/pcap/decompression.js';
import { CaptureFolder, tool } from '../support/wireshark.js';

let folder: CaptureFolder;
beforeAll(() => {
  folder = new CaptureFolder();
});
afterAll(() => folder.remove());

/** Bytes that deflate finds something in, but not much. */
function content(count: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = i % 3 === 0 ? i >> 6 : state >>> 20;
  }
  return bytes;
}

interface Read {
  readonly bytes: Buffer;
  readonly fault: CaptureFault | null;
}

/** Everything, a piece of the next size at a time, to a place in a larger buffer. */
async function readAll(source: CaptureSource, sizes: readonly number[] = [65_536]): Promise<Read> {
  const parts: Buffer[] = [];
  const into = Buffer.alloc(Math.max(...sizes) + 20);
  let fault: CaptureFault | null = null;
  try {
    for (let i = 0; ; i++) {
      into.fill(0xee);
      const size = sizes[i % sizes.length];
      const count = await source.read(into, 10, size);
      if (count === 0) break;
      expect(count).toBeLessThanOrEqual(size);
      expect(into.subarray(0, 10).every((byte) => byte === 0xee)).toBe(true);
      expect(into.subarray(10 + count).every((byte) => byte === 0xee)).toBe(true);
      parts.push(Buffer.from(into.subarray(10, 10 + count)));
    }
    // The end stays the end.
    expect(await source.read(into, 0, 1)).toBe(0);
  } catch (error) {
    if (!(error instanceof CaptureFault)) throw error;
    fault = error;
    await expect(source.read(into, 0, 1)).rejects.toBe(error);
  }
  await source.close();
  return { bytes: Buffer.concat(parts), fault };
}

async function readFile(name: string, bytes: Uint8Array, sizes?: readonly number[]): Promise<Read> {
  return readAll(await openSource(folder.write(name, bytes)), sizes);
}

/** Compares large buffers without showing them. */
function expectBytes(read: Read, expected: Uint8Array): void {
  const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const shown = ({ length }: Uint8Array, hash: string) => ({ length, hash });
  expect(shown(read.bytes, digest(read.bytes))).toEqual(shown(expected, digest(expected)));
}

const LARGE = content(5_000_000);

describe('a plain file', () => {
  test.each([0, 1, 3, 4, 5, 1_048_576, 1_048_577, 5_000_000])('of %i bytes', async (count) => {
    const bytes = LARGE.subarray(0, count);
    for (const sizes of [[65_536], [4_194_304], [100_000, 1, 333_333]]) {
      const read = await readFile('plain', bytes, sizes);
      expect(read.fault).toBeNull();
      expectBytes(read, bytes);
    }
  });

  test('may be closed at any time', async () => {
    const path = folder.write('closed', LARGE);
    await (await openSource(path)).close();
    const source = await openSource(path);
    expect(source.name).toBe(path);
    await source.read(Buffer.alloc(10), 0, 10);
    await source.close();
  });

  test.each([
    ['nowhere', /^cannot read .*nowhere: ENOENT/],
    ['.', /^cannot read .*: it is a directory$/],
  ])('%s cannot be read', async (name, message) => {
    await expect(openSource(folder.file(name))).rejects.toThrowError(
      expect.objectContaining({
        code: 'E_FILE',
        exitCode: 2,
        message: expect.stringMatching(message),
      }),
    );
  });
});

describe('a pipe', () => {
  function makePipe(name: string): string {
    tool('mkfifo', folder.file(name));
    return folder.file(name);
  }

  test('gives what comes, also byte by byte at first', async () => {
    for (const [name, bytes] of [
      ['pipe', LARGE],
      ['pipe.gz', zlib.gzipSync(LARGE)],
    ] as const) {
      const path = makePipe(name);
      const stream = createWriteStream(path);
      const opening = openSource(path);
      for (let i = 0; i < 6; i++) {
        await new Promise((resolve) => stream.write(bytes.subarray(i, i + 1), resolve));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      stream.end(bytes.subarray(6));
      const read = await readAll(await opening);
      expect(read.fault).toBeNull();
      expectBytes(read, LARGE);
    }
  });

  test('that is broken off in a compressed stream is a fault at its end', async () => {
    const path = makePipe('short');
    const bytes = zlib.gzipSync(LARGE).subarray(0, 100_000);
    createWriteStream(path).end(bytes);
    const read = await readAll(await openSource(path));
    expect(read.fault).toMatchObject({ offset: 100_000 });
    expect(read.bytes.length).toBeGreaterThan(0);
    expectBytes(read, LARGE.subarray(0, read.bytes.length));
  });

  test('is closed while nobody writes', async () => {
    const path = makePipe('silent');
    const writer = spawn('sh', ['-c', 'exec > "$0"; printf abcdef; exec sleep 60', path]);
    const ended = new Promise((resolve) => writer.on('close', resolve));
    const source = await openSource(path);
    const into = Buffer.alloc(6);
    expect([await source.read(into, 0, 6), into.toString()]).toEqual([6, 'abcdef']);
    const reading = source.read(into, 0, 6).catch(() => 0);
    await source.close();
    expect(await reading).toBe(0);
    writer.kill();
    await ended;
  });
});

describe('gzip', () => {
  test('of one member, of several, and with padding', async () => {
    const [one, two] = [content(700_000, 2), content(10, 3)];
    const members = [zlib.gzipSync(one), zlib.gzipSync(two), zlib.gzipSync(''), zlib.gzipSync(one)];
    const cases: [Uint8Array, Uint8Array][] = [
      [members[0], one],
      [Buffer.concat(members), Buffer.concat([one, two, one])],
      [Buffer.concat([members[0], Buffer.alloc(40_000)]), one],
      [zlib.gzipSync(Buffer.alloc(3_000_000)), Buffer.alloc(3_000_000)],
      [zlib.gzipSync(''), Buffer.alloc(0)],
    ];
    for (const [bytes, expected] of cases) {
      const read = await readFile('members.gz', bytes);
      expect(read.fault).toBeNull();
      expectBytes(read, expected);
    }
  });

  test('members may end anywhere', async () => {
    // Before, at and behind the borders between pieces and between reads: a file name fills it up.
    const [head, tail] = [content(1_000, 5), content(50_000, 6)];
    const member = zlib.gzipSync(head);
    for (const border of [16_384, 3 * 16_384, 1_048_576]) {
      for (const offset of [-1, 0, 1]) {
        const name = Buffer.alloc(border + offset - member.length, 'x');
        name[name.length - 1] = 0;
        const first = Buffer.concat([member.subarray(0, 10), name, member.subarray(10)]);
        first[3] = 8;
        expect(first.length).toBe(border + offset);
        const read = await readFile('border.gz', Buffer.concat([first, zlib.gzipSync(tail)]));
        expect(read.fault).toBeNull();
        expectBytes(read, Buffer.concat([head, tail]));
      }
    }
  });

  test('that ends early gives everything before', async () => {
    const bytes = zlib.gzipSync(content(300_000, 7));
    const whole = content(300_000, 7);
    for (const cut of [5, 100, 16_383, 16_384, 16_385, bytes.length - 9, bytes.length - 1]) {
      const read = await readFile('cut.gz', bytes.subarray(0, cut));
      expect(read.fault).toMatchObject({
        offset: cut,
        reason: 'the gzip stream ends early: unexpected end of file',
      });
      expectBytes(read, whole.subarray(0, read.bytes.length));
      // Of the last bytes a few may be undecided; a third of the content takes 1 byte, the others 8 bits.
      expect(read.bytes.length).toBeGreaterThan(
        (cut - 3_000) * (whole.length / bytes.length) * 0.97,
      );
      if (cut > bytes.length - 9) expect(read.bytes.length).toBe(whole.length);
    }
  });

  test('with a wrong checksum, length or tail gives everything before', async () => {
    // So that few bytes are left for the last piece, which is gone through byte by byte.
    const whole = content(16_600, 8);
    const bytes = zlib.gzipSync(whole);
    const changed = (fromEnd: number) => {
      const copy = Buffer.from(bytes);
      copy[copy.length - fromEnd] ^= 1;
      return copy;
    };
    const cases: [Uint8Array, number, string][] = [
      [changed(8), bytes.length - 5, 'incorrect data check'],
      [changed(1), bytes.length - 1, 'incorrect length check'],
      [Buffer.concat([bytes, Buffer.from('more')]), bytes.length + 1, 'incorrect header check'],
      [
        Buffer.concat([bytes, bytes.subarray(0, 2), Buffer.alloc(9)]),
        bytes.length + 3,
        'unknown compression method',
      ],
    ];
    for (const [file, offset, reason] of cases) {
      const read = await readFile('tail.gz', file);
      expect(read.fault).toMatchObject({ offset, reason: `the gzip stream is damaged: ${reason}` });
      expectBytes(read, whole);
    }
  });

  test('with damage anywhere gives everything that is before the damage', async () => {
    const whole = content(66_000, 9);
    // Blocks that are not compressed: what is wrong with one shows at once, at its header.
    const bytes = zlib.gzipSync(whole, { level: 0 });
    const blockBytes = bytes.readUInt16LE(11);
    const blockAt = 10 + 5 + blockBytes;
    expect(blockAt).toBeLessThan(bytes.length - 100);
    const copy = Buffer.from(bytes);
    copy[blockAt + 1] ^= 0xff;
    const read = await readFile('block.gz', copy);
    expect(read.fault).toMatchObject({
      offset: blockAt + 4,
      reason: 'the gzip stream is damaged: invalid stored block lengths',
    });
    expectBytes(read, whole.subarray(0, blockBytes));
  });

  test('with any byte changed never hangs, and gives what there is up to it', async () => {
    const whole = content(1_500, 10);
    const bytes = zlib.gzipSync(whole);
    const property = fc.asyncProperty(
      fc.integer({ min: 10, max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const copy = Buffer.from(bytes);
        copy[at] ^= change;
        const { fault, bytes: read } = await readFile('any.gz', copy);
        expect(fault).not.toBeNull();
        expect(fault!.offset).toBeGreaterThanOrEqual(at);
        expect(fault!.offset).toBeLessThanOrEqual(bytes.length);
        // What zlib makes of the good bytes before that one, less what hangs on it.
        const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH };
        const before = zlib.gunzipSync(bytes.subarray(0, at), options);
        const same = Math.max(0, before.length - 4);
        expect(read.subarray(0, same).equals(whole.subarray(0, same))).toBe(true);
      },
    );
    await fc.assert(property, { seed: 1, numRuns: 30 });
  });
});

describe('zstd', () => {
  const frame = Buffer.from('28b52ffd2003190000616263', 'hex');

  test('is known by a frame’s beginning, or by one to be skipped', () => {
    const isCompressed = (hex: string) => {
      try {
        return recogniseCompression(Buffer.from(hex, 'hex'), 'x') !== null;
      } catch {
        return true;
      }
    };
    expect(['28b52ffd', '502a4d18', '5f2a4d18'].filter(isCompressed)).toHaveLength(3);
    const others = [
      '28b52ffe',
      '602a4d18',
      '28b52f',
      '',
      'a1b2c3d4',
      '4d3cb2a1',
      '0a0d0d0a',
      '1f8c0000',
    ];
    expect(others.filter(isCompressed)).toEqual([]);
  });

  test('is decompressed, or refused with the way around it', async () => {
    const path = folder.write('abc.zst', Buffer.concat([frame, frame]));
    if ('createZstdDecompress' in zlib) {
      expectBytes(await readAll(await openSource(path)), Buffer.from('abcabc'));
      return;
    }
    await expect(openSource(path)).rejects.toThrowError(
      expect.objectContaining({
        code: 'E_ZSTD',
        exitCode: 3,
        mend: `zstd -dc < ${path} | netemu replay - …`,
      }),
    );
  });
});
