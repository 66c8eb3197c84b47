/**
 * The bytes of a file or a pipe, chunk by chunk, each read while the caller is busy with the one before.
 * Pipes are libuv's, so that a writer that says nothing for an hour holds no thread, and the process can
 * end.
 */
import * as fs from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { runtimeError, usageError } from '../errors.js';

export interface RawInput {
  /** The next bytes, which hold until the next call; null at the end. Errors: E_FILE. */
  next(): Promise<Uint8Array | null>;
  close(): Promise<void>;
}

const STANDARD_INPUT = 0;
const CHUNK_BYTES = 1_048_576;

const open = promisify(fs.open);
const read = promisify(fs.read);
const close = promisify(fs.close);

/** `-` is standard input. Errors: E_FILE. */
export async function openInput(path: string): Promise<RawInput> {
  if (path === '-') {
    if (isatty(STANDARD_INPUT)) {
      throw usageError(
        'E_FILE',
        'standard input is a terminal, where no capture comes from',
        'pipe one in (tcpdump -w - … | netemu replay -), or name a file',
      );
    }
    return inputOf(STANDARD_INPUT, 'standard input');
  }
  const fd = await open(path, 'r').catch((error: Error) => {
    throw usageError('E_FILE', `cannot read ${path}: ${error.message}`);
  });
  return inputOf(fd, path);
}

function inputOf(fd: number, name: string): RawInput {
  const stats = fs.fstatSync(fd);
  if (stats.isDirectory()) {
    fs.closeSync(fd);
    throw usageError('E_FILE', `cannot read ${name}: it is a directory`);
  }
  return stats.isFIFO() || stats.isSocket() ? new PipeInput(fd, name) : new FileInput(fd, name);
}

function readError(name: string, error: unknown): Error {
  return runtimeError('E_FILE', `cannot read ${name}: ${(error as Error).message}`);
}

class FileInput implements RawInput {
  readonly #fd: number;
  readonly #name: string;
  /** The caller's, and the one being read into. */
  #chunk = new Uint8Array(CHUNK_BYTES);
  #nextChunk = new Uint8Array(CHUNK_BYTES);
  /** Never rejects: nobody may be waiting for it yet. */
  #reading: Promise<number | Error>;

  constructor(fd: number, name: string) {
    this.#fd = fd;
    this.#name = name;
    this.#reading = this.#read();
  }

  async next(): Promise<Uint8Array | null> {
    const count = await this.#reading;
    if (typeof count !== 'number') throw count;
    if (count === 0) return null;
    [this.#chunk, this.#nextChunk] = [this.#nextChunk, this.#chunk];
    this.#reading = this.#read();
    return this.#chunk.subarray(0, count);
  }

  async close(): Promise<void> {
    await this.#reading;
    if (this.#fd !== STANDARD_INPUT) await close(this.#fd);
  }

  async #read(): Promise<number | Error> {
    try {
      return (await read(this.#fd, this.#nextChunk, 0, CHUNK_BYTES, null)).bytesRead;
    } catch (error) {
      return readError(this.#name, error);
    }
  }
}

class PipeInput implements RawInput {
  readonly #name: string;
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(fd: number, name: string) {
    this.#name = name;
    this.#socket = new Socket({ fd, readable: true, writable: false });
    this.#chunks = this.#socket[Symbol.asyncIterator]();
  }

  async next(): Promise<Uint8Array | null> {
    try {
      const { done, value } = await this.#chunks.next();
      return done === true ? null : value;
    } catch (error) {
      throw readError(this.#name, error);
    }
  }

  async close(): Promise<void> {
    this.#socket.destroy();
  }
}
