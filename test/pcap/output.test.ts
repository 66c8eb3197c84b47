/** The way out: chunks in order whatever the sink does, and one clear error when it cannot go on. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  CaptureOutput,
  OUTPUT_CHUNK_BYTES,
  OUTPUT_CHUNKS,
  OUTPUT_EDGE_BYTES,
  type OutputOptions,
} from '../../src/pcap/output.js';
import { CaptureFolder, tool } from '../support/wireshark.js';

const EDGE_AT = 3_000;
const MIB = 1_048_576;

let folder: CaptureFolder;
beforeAll(() => {
  folder = new CaptureFolder();
});
afterAll(() => folder.remove());

function openOutput(path: string | null, options: OutputOptions = {}) {
  const memory = new Uint8Array(EDGE_AT + OUTPUT_EDGE_BYTES);
  for (let i = 0; i < EDGE_AT; i++) memory[i] = (i * 31) >> 3;
  return { memory, output: CaptureOutput.open(path, memory, EDGE_AT, options) };
}

/** Pieces of a size, each with a number of its own, a third of them by copies in the memory. */
class Filler {
  readonly #hash = createHash('sha256');
  bytes = 0;
  #count = 0;

  fill(output: CaptureOutput, size: number): void {
    const piece = Buffer.alloc(size, this.#count++);
    if (this.#count % 3 === 0 && size >= 4) {
      piece.set(output.memory.subarray(5, 5 + Math.min(size, EDGE_AT - 5)));
      const at = output.reserve(size);
      output.bytes.set(piece, at);
      output.copyIn(at, 5, Math.min(size, EDGE_AT - 5));
    } else if (this.#count % 3 === 1) {
      output.put(Buffer.concat([Buffer.alloc(3), piece, Buffer.alloc(2)]), 3, size);
    } else {
      const at = output.reserve(size);
      output.bytes.set(piece, at);
      if (size >= 4) {
        piece.writeUInt32BE(0xdeadbeef);
        output.view.setUint32(at, 0xdeadbeef);
      }
    }
    this.#hash.update(piece);
    this.bytes += size;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const SIZES = [1, 3, 60, 1514, 262_144 + 65_536, 4, 999_999, OUTPUT_CHUNK_BYTES, 17, 500_000];

describe('a file', () => {
  test('has all bytes in their order, whether the caller drains or not', async () => {
    for (const isPatient of [true, false]) {
      const path = folder.file('plain');
      fs.writeFileSync(path, Buffer.alloc(50 * MIB, 1));
      const { output } = openOutput(path, { sha256: true });
      const filler = new Filler();
      let chunksOutside = 0;
      for (let round = 0; round < 8; round++) {
        for (const size of SIZES) {
          filler.fill(output, size);
          if (output.bytes !== output.memory) chunksOutside++;
          if (isPatient && output.mustDrain) await output.drain();
          if (isPatient) expect(output.mustDrain).toBe(false);
        }
      }
      expect(output.bytesCount).toBe(filler.bytes);
      await output.flush();
      // And has them no longer than that.
      for (let i = 0; i <= OUTPUT_CHUNKS; i++) {
        filler.fill(output, OUTPUT_CHUNK_BYTES);
        if (i > 0) expect(output.bytes === output.memory).toBe(true);
        await output.flush();
      }
      await output.close();
      const [expected, written] = [filler.digest(), fs.readFileSync(path)];
      expect(written.length).toBe(filler.bytes);
      expect(hashOf(written)).toBe(expected);
      expect(output.digest()).toBe(expected);
      // Who does not drain gets chunks from elsewhere; who does needs none.
      expect(chunksOutside > 0).toBe(!isPatient);
    }
  });

  test('is written as far as it was flushed, and goes on from there', async () => {
    const path = folder.file('flushed');
    const { output } = openOutput(path);
    output.put(Buffer.from('one '));
    await output.flush();
    expect(fs.readFileSync(path, 'utf8')).toBe('one ');
    await output.flush();
    output.put(Buffer.from('two'));
    expect(fs.readFileSync(path, 'utf8')).toBe('one ');
    await output.close();
    expect(fs.readFileSync(path, 'utf8')).toBe('one two');
  });

  test('belongs to who typed sudo when it is new', async () => {
    vi.stubEnv('SUDO_UID', '12345');
    vi.stubEnv('SUDO_GID', '12346');
    try {
      const [fresh, old] = [folder.file('fresh'), folder.write('old', Buffer.from('xyz'))];
      for (const path of [fresh, old]) await openOutput(path).output.close();
      const isRoot = process.getuid?.() === 0;
      const own = [process.getuid?.(), process.getgid?.()];
      const ownerOf = (path: string) => [fs.statSync(path).uid, fs.statSync(path).gid];
      expect(ownerOf(fresh)).toEqual(isRoot ? [12345, 12346] : own);
      expect(ownerOf(old)).toEqual(own);
      expect(fs.readFileSync(old, 'utf8')).toBe('');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('that is being read is not overwritten', () => {
    const path = folder.write('input', Buffer.from('precious'));
    const link = folder.file('link');
    fs.linkSync(path, link);
    for (const output of [path, link]) {
      expect(() => openOutput(output, { inputs: [folder.file('none'), path] })).toThrowError(
        expect.objectContaining({ code: 'E_FILE', exitCode: 2 }),
      );
    }
    expect(fs.readFileSync(path, 'utf8')).toBe('precious');
  });

  test.each([
    ['/dev/null/x', 'ENOTDIR'],
    ['.', 'EISDIR'],
    ['nowhere/at/all', 'ENOENT'],
  ])('%s cannot be opened', (name, code) => {
    const path = name.startsWith('/') ? name : folder.file(name);
    expect(() => openOutput(path)).toThrowError(
      expect.objectContaining({
        code: 'E_FILE',
        exitCode: 2,
        message: expect.stringMatching(new RegExp(`^cannot write .*: ${code}`)),
      }),
    );
  });
});

test('without a path bytes are counted and hashed, and nothing is in flight', async () => {
  const { output } = openOutput(null, { sha256: true });
  const filler = new Filler();
  for (const size of [...SIZES, ...SIZES, ...SIZES]) {
    filler.fill(output, size);
    expect([output.mustDrain, output.bytes === output.memory]).toEqual([false, true]);
  }
  await output.close();
  expect([output.bytesCount, output.digest()]).toEqual([filler.bytes, filler.digest()]);
});

test('no byte of the memory but its edge is touched', async () => {
  const { memory, output } = openOutput(null);
  const front = memory.slice(0, EDGE_AT);
  for (let i = 0; i < 3 * OUTPUT_CHUNKS; i++) output.put(Buffer.alloc(MIB - 1, 0xff));
  expect(Buffer.compare(memory.slice(0, EDGE_AT), front)).toBe(0);
  await output.close();
});

describe('a disk that is full', () => {
  test('is one error, and the caller need not stop at once', async () => {
    const { output } = openOutput('/dev/full');
    const filler = new Filler();
    for (let i = 0; i < 4; i++) filler.fill(output, MIB);
    const error = { code: 'E_OUTPUT', exitCode: 4, mend: expect.stringContaining('make room') };
    const full = expect.objectContaining({
      ...error,
      message: 'cannot write /dev/full: no space is left there',
    });
    await expect(output.flush()).rejects.toThrowError(full);
    expect(output.mustDrain).toBe(true);
    for (let i = 0; i < 30; i++) filler.fill(output, MIB);
    // All that comes later goes nowhere, and takes no memory.
    expect(output.bytes === output.memory).toBe(true);
    await expect(output.drain()).rejects.toThrowError(full);
    await expect(output.close()).rejects.toThrowError(full);
  });

  test('is found at the end, too', async () => {
    const { output } = openOutput('/dev/full');
    output.put(Buffer.from('x'));
    expect(output.mustDrain).toBe(false);
    await expect(output.close()).rejects.toThrowError(
      expect.objectContaining({ code: 'E_OUTPUT' }),
    );
  });
});

describe('a pipe', () => {
  function makePipe(name: string): string {
    tool('mkfifo', folder.file(name));
    return folder.file(name);
  }

  test('with a slow reader gets everything', async () => {
    const path = makePipe('slow');
    const copy = folder.file('copy');
    const reader = spawn('sh', ['-c', 'exec < "$0"; sleep 0.3; exec cat > "$1"', path, copy]);
    const ended = new Promise((resolve) => reader.on('close', resolve));
    const { output } = openOutput(path);
    const filler = new Filler();
    let waits = 0;
    for (let round = 0; round < 3; round++) {
      for (const size of SIZES) {
        filler.fill(output, size);
        if (output.mustDrain) {
          waits++;
          await output.drain();
        }
      }
    }
    await output.close();
    await ended;
    expect(waits).toBeGreaterThan(0);
    expect(hashOf(fs.readFileSync(copy))).toBe(filler.digest());
  });

  test('whose reader goes is one error', async () => {
    const path = makePipe('gone');
    spawn('head', ['-c', '100000', path], { stdio: 'ignore' });
    const { output } = openOutput(path);
    const piece = Buffer.alloc(MIB);
    const write = async () => {
      for (;;) {
        output.put(piece);
        await output.flush();
      }
    };
    const gone = expect.objectContaining({
      code: 'E_OUTPUT',
      exitCode: 4,
      message: `cannot write ${path}: its reader is gone`,
      mend: expect.stringContaining('let the reader take everything'),
    });
    await expect(write()).rejects.toThrowError(gone);
    await expect(output.close()).rejects.toThrowError(gone);
  });
});
