/**
 * Where written bytes go: a file, or a pipe whose reader may be slow or gone. Pipes are libuv's, so that a
 * reader that takes nothing for an hour holds no thread, and the process can end.
 */
import * as fs from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { type NetemuError, runtimeError, usageError } from '../errors.js';
import { isSameFile, openForUser } from './user-file.js';

export interface Sink {
  /** For messages. */
  readonly name: string;
  /** Resolves when the kernel has all of them; one call at a time. Rejects with what the kernel says. */
  write(parts: Uint8Array[]): Promise<void>;
  close(): Promise<void>;
}

const STANDARD_OUTPUT = 1;

const writev = promisify(fs.writev);
const closeFd = promisify(fs.close);

/** `-` is standard output. Errors: E_FILE. */
export function openSink(path: string, inputs: readonly string[]): Sink {
  if (path !== '-') {
    if (inputs.some((input) => isSameFile(input, path))) {
      throw usageError(
        'E_FILE',
        `${path} is being read: it cannot be written at the same time`,
        'write to another file',
      );
    }
    return sinkOf(openFile(path), path);
  }
  if (isatty(STANDARD_OUTPUT)) {
    throw usageError(
      'E_FILE',
      'standard output is a terminal, which cannot show a capture',
      'pipe it into another program (… -w - | tshark -r -), or name a file',
    );
  }
  return sinkOf(STANDARD_OUTPUT, 'standard output');
}

/** All but pipes are written by the threads that libuv keeps for files. */
function sinkOf(fd: number, name: string): Sink {
  const stats = fs.fstatSync(fd);
  return stats.isFIFO() || stats.isSocket() ? new PipeSink(fd, name) : new FileSink(fd, name);
}

function openFile(path: string): number {
  try {
    return openForUser(path, 'w');
  } catch (error) {
    throw usageError('E_FILE', `cannot write ${path}: ${(error as Error).message}`);
  }
}

class FileSink implements Sink {
  readonly name: string;
  readonly #fd: number;

  constructor(fd: number, name: string) {
    this.#fd = fd;
    this.name = name;
  }

  async write(parts: Uint8Array[]): Promise<void> {
    let rest = parts;
    while (rest.length > 0) {
      const { bytesWritten } = await writev(this.#fd, rest);
      rest = behind(rest, bytesWritten);
    }
  }

  async close(): Promise<void> {
    if (this.#fd !== STANDARD_OUTPUT) await closeFd(this.#fd);
  }
}

/** What is left of the parts when so many bytes of them are gone. */
function behind(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let gone = bytes;
  const rest: Uint8Array[] = [];
  for (const part of parts) {
    if (gone < part.length) rest.push(part.subarray(gone));
    gone = Math.max(0, gone - part.length);
  }
  return rest;
}

class PipeSink implements Sink {
  readonly name: string;
  readonly #socket: Socket;

  constructor(fd: number, name: string) {
    this.name = name;
    this.#socket = new Socket({ fd, readable: false, writable: true });
    // Each write reports its own failure.
    this.#socket.on('error', () => {});
  }

  async write(parts: Uint8Array[]): Promise<void> {
    const written = parts.map(
      (part) =>
        new Promise<void>((resolve, reject) => {
          this.#socket.write(part, (error) => (error ? reject(error) : resolve()));
        }),
    );
    await Promise.all(written);
  }

  /** libuv leaves standard output open, as it should be. */
  async close(): Promise<void> {
    this.#socket.destroy();
  }
}

/** E_OUTPUT: what was attempted, why it failed, and what to do. */
export function writeError(name: string, error: NodeJS.ErrnoException): NetemuError {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return failure(name, 'no space is left there', 'make room, or name a file elsewhere');
    case 'EPIPE':
    case 'ERR_STREAM_DESTROYED':
      return failure(
        name,
        'its reader is gone',
        'let the reader take everything, or write to a file',
      );
    default:
      return failure(name, error.message);
  }
}

function failure(name: string, reason: string, mend?: string): NetemuError {
  return runtimeError('E_OUTPUT', `cannot write ${name}: ${reason}`, mend);
}
