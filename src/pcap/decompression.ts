/**
 * Compressed captures, by Node's zlib. When zlib meets damage it keeps to itself what it has decompressed
 * since it last gave something, and there is no going back. So a scout goes one piece ahead, whose output
 * nobody reads: a piece that it stumbles over is then given to the real one byte by byte, and everything
 * before the damage comes out. The scout works beside the real one: with two processors the pair gives 460
 * to 1,050 MB/s, where one alone gives 840 to 1,150.
 */
import * as zlib from 'node:zlib';
import { environmentError } from '../errors.js';
import type { RawInput } from './raw-input.js';

/** The compressed stream is damaged, or ends early. */
export class CaptureFault extends Error {
  /** In the compressed stream: so many bytes of it were good. */
  readonly offset: number;
  readonly reason: string;

  constructor(offset: number, reason: string) {
    super(reason);
    this.offset = offset;
    this.reason = reason;
  }
}

/** What a compressed stream begins with. */
export const MAGIC_BYTES = 4;

export interface Compression {
  readonly name: string;
  readonly make: () => zlib.Gunzip;
  /** A stream of Node's ends with the frame, and the file may have more of them. */
  readonly hasFrames: boolean;
}

/**
 * How the bytes are compressed, by the first of them; null: not at all. Errors: E_ZSTD, where this Node
 * cannot decompress it.
 */
export function recogniseCompression(head: Uint8Array, name: string): Compression | null {
  if (head[0] === 0x1f && head[1] === 0x8b) {
    const make = () => zlib.createGunzip({ chunkSize: OUTPUT_BYTES });
    return { name: 'gzip', make, hasFrames: false };
  }
  if (!isZstd(head)) return null;
  // From Node 22.15 and 23.8 on; the types are those of Node 20.
  const { createZstdDecompress } = zlib as { createZstdDecompress?: typeof zlib.createGunzip };
  if (createZstdDecompress === undefined) {
    throw environmentError(
      'E_ZSTD',
      `${name} is compressed by zstd, which this Node (${process.version}) cannot read`,
      `zstd -dc ${name === 'standard input' ? '' : `< ${name} `}| netemu replay - …`,
    );
  }
  const make = () => createZstdDecompress({ chunkSize: OUTPUT_BYTES });
  return { name: 'zstd', make, hasFrames: true };
}

/** A frame, or one to be skipped (RFC 8878, sections 3.1.1 and 3.1.2). */
function isZstd(head: Uint8Array): boolean {
  if (head.length < MAGIC_BYTES) return false;
  const magic = head[0] | (head[1] << 8) | (head[2] << 16) | (head[3] << 24);
  return magic === (0xfd2f_b528 | 0) || (magic & ~0xf) === 0x184d_2a50;
}

/** What zlib decompresses in one go; 16 KiB, its default, makes it a third as fast. */
const OUTPUT_BYTES = 262_144;
/** Compressed bytes for one go. Deflate makes at most 1,032 times as many of them: 17 MB. */
const PIECE_BYTES = 16_384;

export class Decompression implements RawInput {
  readonly #input: RawInput;
  readonly #name: string;
  readonly #scout: Decompressor;
  readonly #real: Decompressor;
  #chunk: Uint8Array | null;
  /** Offsets in the chunk: the real one has had everything before the first, the scout before the second. */
  #doneAt = 0;
  #scoutAt = 0;
  /** Offset of the chunk in the compressed stream. */
  #chunkOffset = 0;
  #ready: Uint8Array[] = [];
  #fault: CaptureFault | null = null;
  #isOver = false;

  /** `head` are the first bytes, which were taken from `input` already. */
  constructor(compression: Compression, head: Uint8Array, input: RawInput) {
    this.#name = compression.name;
    this.#input = input;
    this.#chunk = head;
    this.#scout = new Decompressor(compression, () => {});
    this.#real = new Decompressor(compression, (bytes) => this.#ready.push(bytes));
  }

  /** Errors: CaptureFault, after all that is good, and those of the input. */
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const bytes = this.#ready.shift();
      if (bytes !== undefined) return bytes;
      if (this.#fault !== null) throw this.#fault;
      if (this.#isOver) return null;
      await this.#advance();
    }
  }

  async close(): Promise<void> {
    this.#scout.close();
    this.#real.close();
    await this.#input.close();
  }

  async #advance(): Promise<void> {
    const chunk = this.#chunk;
    if (chunk === null) await this.#finish();
    else if (this.#scout.error !== null && this.#doneAt === this.#scoutAt)
      await this.#trickle(chunk);
    else if (this.#doneAt === chunk.length || this.#real.isOver) await this.#nextChunk(chunk);
    else await this.#nextPiece(chunk);
  }

  /** The scout's next piece and the real one's, at the same time. */
  async #nextPiece(chunk: Uint8Array): Promise<void> {
    const scoutAt = this.#scoutAt;
    const piece = chunk.subarray(scoutAt, scoutAt + PIECE_BYTES);
    await Promise.all([
      this.#scout.error === null ? this.#scout.take(piece) : undefined,
      this.#real.take(chunk.subarray(this.#doneAt, scoutAt)),
    ]);
    this.#doneAt = scoutAt;
    if (this.#scout.error === null) this.#scoutAt += piece.length;
  }

  /** Up to the byte that zlib stumbles over. */
  async #trickle(chunk: Uint8Array): Promise<void> {
    let at = this.#doneAt;
    while (at < chunk.length && this.#real.error === null && !this.#real.isOver) {
      await this.#real.take(chunk.subarray(at, ++at));
    }
    // Each byte gave a few.
    this.#ready = [Buffer.concat(this.#ready)];
    const { error } = this.#real;
    if (error === null) {
      this.#isOver = true;
      return;
    }
    this.#fault = new CaptureFault(
      this.#chunkOffset + at - 1,
      `the ${this.#name} stream is damaged: ${error.message}`,
    );
  }

  async #nextChunk(chunk: Uint8Array): Promise<void> {
    this.#chunkOffset += chunk.length;
    this.#chunk = this.#real.isOver ? null : await this.#input.next();
    this.#doneAt = 0;
    this.#scoutAt = 0;
  }

  async #finish(): Promise<void> {
    if (!this.#real.isOver) await this.#real.finish();
    this.#isOver = true;
    if (this.#real.error === null) return;
    const reason = `the ${this.#name} stream ends early: ${this.#real.error.message}`;
    this.#fault = new CaptureFault(this.#chunkOffset, reason);
  }
}

/** zlib, given one piece at a time. */
class Decompressor {
  error: Error | null = null;
  /** The compressed data have ended; what follows is padding. */
  isOver = false;
  readonly #compression: Compression;
  readonly #give: (bytes: Uint8Array) => void;
  #stream: zlib.Gunzip;
  #settle: () => void = () => {};

  constructor(compression: Compression, give: (bytes: Uint8Array) => void) {
    this.#compression = compression;
    this.#give = give;
    this.#stream = this.#open();
  }

  /** Resolves when everything that the bytes give has been given, or `error` is set. */
  async take(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (rest.length > 0 && this.error === null && !this.isOver) {
      const before = this.#stream.bytesWritten;
      await this.#write(rest);
      const taken = this.#stream.bytesWritten - before;
      if (this.error !== null || taken === rest.length) return;
      // What zlib leaves is behind the end.
      rest = rest.subarray(taken);
      if (this.#compression.hasFrames) this.#stream = this.#open();
      else this.isOver = true;
    }
  }

  /** No more bytes will come. */
  finish(): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#stream.once('end', resolve).end();
    });
  }

  close(): void {
    this.#stream.destroy();
  }

  /** After damage zlib calls nothing back, hence the two ways to go on. */
  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#stream.write(bytes, () => resolve());
    });
  }

  #open(): zlib.Gunzip {
    const stream = this.#compression.make();
    stream.on('data', this.#give);
    stream.on('error', (error) => {
      this.error = error;
      this.#settle();
    });
    return stream;
  }
}
