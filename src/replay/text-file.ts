/**
 * A file of text that is written in large pieces, while the caller does nothing else: a log, line by line.
 */
import * as fs from 'node:fs';
import { usageError } from '../errors.js';
import { writeError } from '../pcap/sink.js';
import { openForUser } from '../pcap/user-file.js';

/** Characters, which are bytes in most logs. */
const PIECE_CHARACTERS = 65_536;
const STANDARD_OUTPUT = 1;
/** How long to wait for a pipe or a terminal that takes nothing now. */
const AGAIN_MS = 2;

export class TextFile {
  readonly #name: string;
  readonly #fd: number;
  #text = '';

  /** `-` is standard output; a file that was there is emptied. Errors: E_FILE. */
  static open(path: string): TextFile {
    if (path === '-') return new TextFile('standard output', STANDARD_OUTPUT);
    try {
      return new TextFile(path, openForUser(path, 'w'));
    } catch (error) {
      throw usageError('E_FILE', `cannot write ${path}: ${(error as Error).message}`);
    }
  }

  private constructor(name: string, fd: number) {
    this.#name = name;
    this.#fd = fd;
  }

  /** Errors: E_OUTPUT, here and in `flush` and `close`. */
  write(text: string): void {
    this.#text += text;
    if (this.#text.length >= PIECE_CHARACTERS) this.flush();
  }

  flush(): void {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    for (let at = 0; at < bytes.length; ) at += this.#writeSome(bytes, at);
  }

  close(): void {
    try {
      this.flush();
    } finally {
      if (this.#fd !== STANDARD_OUTPUT) fs.closeSync(this.#fd);
    }
  }

  #writeSome(bytes: Uint8Array, at: number): number {
    try {
      return fs.writeSync(this.#fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EAGAIN') throw writeError(this.#name, error as NodeJS.ErrnoException);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS);
      return 0;
    }
  }
}
