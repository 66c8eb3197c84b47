/**
 * Bytes on their way out: the caller fills chunks, and the kernel takes those that are full meanwhile. Most
 * chunks lie behind the packets in the same buffer, so that a frame moves into one by `copyWithin`, which
 * allocates nothing. Nothing here waits: where the kernel is slow, `mustDrain` says so, and until the
 * caller has drained, further chunks are made.
 *
 *     memory.bytes:  │ slots of packets … │ edge: chunk 0 │ chunk 1 │ … │ chunk 7 │
 */
import assert from 'node:assert';
import { createHash, type Hash } from 'node:crypto';
import type { NetemuError } from '../errors.js';
import { openSink, type Sink, writeError } from './sink.js';

export const OUTPUT_CHUNK_BYTES = 1_048_576;
export const OUTPUT_CHUNKS = 8;

/** What `CaptureOutput` needs of the memory's edge. */
export const OUTPUT_EDGE_BYTES = OUTPUT_CHUNKS * OUTPUT_CHUNK_BYTES;

/** From so many chunks in flight on the caller ought to drain. */
const IN_FLIGHT_MAX = OUTPUT_CHUNKS / 2;

interface Chunk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: number;
}

export interface OutputOptions {
  /** Hash all that is written, for `digest`. */
  readonly sha256?: boolean;
  /** Files being read, which must not be overwritten. */
  readonly inputs?: readonly string[];
}

interface Waiter {
  readonly inFlightMax: number;
  readonly resolve: () => void;
  readonly reject: (error: NetemuError) => void;
}

export class CaptureOutput {
  /** Where packets lie, and most chunks. */
  readonly memory: Uint8Array;
  /** Where offsets of `reserve` count, from one `reserve` to the next; and a view of the same. */
  bytes: Uint8Array;
  view: DataView;
  /** All bytes that were reserved or put, from the beginning on. */
  bytesCount = 0;

  readonly #sink: Sink | null;
  readonly #hash: Hash | null;
  readonly #free: Chunk[] = [];
  #chunk: Chunk;
  #at: number;
  #end: number;
  /** Full chunks in the order of the file, the first `#writing` of them with the kernel. */
  #queue: { readonly chunk: Chunk; readonly part: Uint8Array }[] = [];
  #writing = 0;
  #waiters: Waiter[] = [];
  #error: NetemuError | null = null;

  /**
   * `path` is a file, which is overwritten, `-` for standard output, or null: the bytes are counted and
   * hashed, and go nowhere. The OUTPUT_EDGE_BYTES of `memory` from `edgeAt` on belong to the output from
   * now on. Errors: E_FILE.
   */
  static open(
    path: string | null,
    memory: Uint8Array,
    edgeAt: number,
    options: OutputOptions = {},
  ): CaptureOutput {
    const sink = path === null ? null : openSink(path, options.inputs ?? []);
    return new CaptureOutput(sink, memory, edgeAt, options.sha256 === true);
  }

  private constructor(sink: Sink | null, memory: Uint8Array, edgeAt: number, isHashed: boolean) {
    assert(edgeAt + OUTPUT_EDGE_BYTES <= memory.length, 'the edge is too small for the output');
    this.#sink = sink;
    this.memory = memory;
    this.#hash = isHashed ? createHash('sha256') : null;
    const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
    for (let i = OUTPUT_CHUNKS - 1; i >= 0; i--) {
      this.#free.push({ bytes: memory, view, at: edgeAt + i * OUTPUT_CHUNK_BYTES });
    }
    this.#chunk = this.#takeChunk();
    this.bytes = this.#chunk.bytes;
    this.view = this.#chunk.view;
    this.#at = this.#chunk.at;
    this.#end = this.#at + OUTPUT_CHUNK_BYTES;
  }

  /**
   * The next `count` bytes of the file, at most OUTPUT_CHUNK_BYTES: their offset in `bytes`. The caller
   * fills all of them before it asks for more.
   */
  reserve(count: number): number {
    if (count > this.#end - this.#at) this.#nextChunk(count);
    const at = this.#at;
    this.#at = at + count;
    this.bytesCount += count;
    return at;
  }

  /** Copies bytes of the memory to `to`, in what `reserve` gave. */
  copyIn(to: number, from: number, count: number): void {
    if (this.bytes === this.memory) this.bytes.copyWithin(to, from, from + count);
    else this.bytes.set(this.memory.subarray(from, from + count), to);
  }

  /** Appends bytes from anywhere, however many. */
  put(source: Uint8Array, from = 0, count = source.length): void {
    for (let done = 0; done < count; ) {
      if (this.#at === this.#end) this.#nextChunk(1);
      const part = Math.min(count - done, this.#end - this.#at);
      const at = this.reserve(part);
      this.bytes.set(source.subarray(from + done, from + done + part), at);
      done += part;
    }
  }

  /** So much is in flight that the caller ought to `drain`; also where writing failed. */
  get mustDrain(): boolean {
    return this.#queue.length >= IN_FLIGHT_MAX || this.#error !== null;
  }

  /** Waits until there is room again. Errors: E_OUTPUT, here and in `flush` and `close`. */
  drain(): Promise<void> {
    return this.#whenInFlight(IN_FLIGHT_MAX - 1);
  }

  /** Waits until the kernel has everything. */
  flush(): Promise<void> {
    this.#submit();
    return this.#whenInFlight(0);
  }

  /** Flushes and closes, the latter also where the former fails. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#sink?.close().catch((error: NodeJS.ErrnoException) => this.#fail(error));
    }
    if (this.#error !== null) throw this.#error;
  }

  /** Of all bytes, in hexadecimal; once, after `flush`. */
  digest(): string {
    assert(this.#hash !== null, 'the output was not told to hash');
    return this.#hash.digest('hex');
  }

  #nextChunk(count: number): void {
    assert(count <= OUTPUT_CHUNK_BYTES, `${count} bytes at once`);
    this.#submit();
  }

  /** Sends off what is in the present chunk, and takes another one. */
  #submit(): void {
    const { bytes, at } = this.#chunk;
    if (this.#at === at) return;
    const part = bytes.subarray(at, this.#at);
    this.#hash?.update(part);
    if (this.#sink === null || this.#error !== null) {
      this.#at = at;
      return;
    }
    this.#queue.push({ chunk: this.#chunk, part });
    this.#chunk = this.#takeChunk();
    this.bytes = this.#chunk.bytes;
    this.view = this.#chunk.view;
    this.#at = this.#chunk.at;
    this.#end = this.#at + OUTPUT_CHUNK_BYTES;
    this.#write();
  }

  #takeChunk(): Chunk {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const bytes = new Uint8Array(OUTPUT_CHUNK_BYTES);
    return { bytes, view: new DataView(bytes.buffer), at: 0 };
  }

  /** Gives the kernel all that is waiting at once, unless it still has some. */
  #write(): void {
    const sink = this.#sink;
    if (sink === null || this.#writing > 0 || this.#queue.length === 0) return;
    const parts = this.#queue.map(({ part }) => part);
    this.#writing = parts.length;
    sink.write(parts).then(
      () => {
        for (const { chunk } of this.#queue.splice(0, this.#writing)) this.#release(chunk);
        this.#writing = 0;
        this.#write();
        this.#wake();
      },
      (error: NodeJS.ErrnoException) => this.#fail(error),
    );
  }

  /** What is queued will never be written; what comes after it neither. */
  #fail(error: NodeJS.ErrnoException): void {
    this.#error ??= writeError(this.#sink?.name ?? '', error);
    for (const { chunk } of this.#queue.splice(0)) this.#release(chunk);
    this.#writing = 0;
    this.#wake();
  }

  /** Chunks of the memory are taken first, so that others are soon garbage. */
  #release(chunk: Chunk): void {
    if (chunk.bytes === this.memory) this.#free.push(chunk);
  }

  #whenInFlight(inFlightMax: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ inFlightMax, resolve, reject });
      this.#wake();
    });
  }

  #wake(): void {
    this.#waiters = this.#waiters.filter(({ inFlightMax, resolve, reject }) => {
      if (this.#error !== null) reject(this.#error);
      else if (this.#queue.length <= inFlightMax) resolve();
      else return true;
      return false;
    });
  }
}
