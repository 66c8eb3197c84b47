/**
 * Where the program's words go. A reader that has gone (EPIPE, EIO after the terminal closed) is
 * no error; a disk that is full is one. Both are told apart here, once, for all commands.
 */

import * as fs from 'node:fs';
import { isatty } from 'node:tty';
import { getSystemErrorMap } from 'node:util';
import { type NetemuError, runtimeError } from '../errors.js';

/** How long the last words may take on a terminal that was stopped with Ctrl-S. */
const FLUSH_MS = 2_000;

export interface Output {
  /** Writes lines to standard output. */
  print(...lines: string[]): void;
  /** Writes lines to standard error; failures there are nobody's to hear of. */
  complain(...lines: string[]): void;
  /** Writes text as it is to standard output, for cursor movements. */
  raw(text: string): void;
  /** Whether standard output is a terminal that can move its cursor. */
  readonly isTerminal: boolean;
  /** False while the terminal has not yet taken what was written. */
  readonly isIdle: boolean;
  columns(): number;
  rows(): number;
  /** Resolves with the first failure of standard output. */
  readonly failed: Promise<NodeJS.ErrnoException>;
  /** Resolves when all is written or cannot be; null or the failure. */
  flush(): Promise<NodeJS.ErrnoException | null>;
}

/** A width for output that goes to a file or a pipe. */
const COLUMNS_UNLIMITED = 1_000;

export function processOutput(): Output {
  const { stdout, stderr } = process;
  const isTerminal = stdout.isTTY === true && process.env.TERM !== 'dumb';
  let failure: NodeJS.ErrnoException | null = null;
  const failed = new Promise<NodeJS.ErrnoException>((resolve) => {
    stdout.on('error', (error) => {
      failure ??= error;
      resolve(error);
    });
  });
  stderr.on('error', () => {});
  if (stdout.isTTY) unblock(stdout);
  if (stderr.isTTY) unblock(stderr);
  const raw = (text: string) => {
    if (failure === null) stdout.write(text);
  };
  return {
    print: (...lines) => raw(`${lines.join('\n')}\n`),
    complain: (...lines) => void stderr.write(`${lines.join('\n')}\n`),
    raw,
    isTerminal,
    get isIdle() {
      return stdout.writableLength === 0;
    },
    columns: () => (stdout.isTTY ? stdout.columns || 80 : COLUMNS_UNLIMITED),
    rows: () => (stdout.isTTY ? stdout.rows || 24 : COLUMNS_UNLIMITED),
    failed,
    flush: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve(failure), FLUSH_MS);
        stdout.write('', (error) => {
          clearTimeout(timer);
          // The error event, which sets `failure`, comes after this callback.
          resolve(failure ?? (error as NodeJS.ErrnoException | null | undefined) ?? null);
        });
      }),
  };
}

/**
 * Node writes to terminals blockingly: Ctrl-S would stop the whole process, heartbeat included,
 * and the guardian would give the traffic back.
 */
function unblock(stream: NodeJS.WriteStream): void {
  const handle = (stream as { _handle?: { setBlocking?: (blocking: boolean) => void } })._handle;
  handle?.setBlocking?.(false);
}

/**
 * Lets the process end after its terminal has closed. Node 20 puts back the settings of terminals
 * at its exit (`ResetStdio` in src/node.cc) and aborts when that fails with EIO, as it does for a
 * terminal that is gone. It leaves out descriptors that have become another file.
 */
export function forgetClosedTerminals(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on('exit', () => {
    for (const fd of terminals) {
      if (isatty(fd)) continue;
      fs.closeSync(fd);
      // The lowest free descriptor is the one just closed.
      fs.openSync('/dev/null', 'r+');
    }
  });
}

/** Null for a reader that has gone: the rest of the output was not wanted. */
export function outputError(failure: NodeJS.ErrnoException): NetemuError | null {
  if (failure.code === 'EPIPE' || failure.code === 'EIO' || failure.code === 'ECONNRESET') {
    return null;
  }
  const [, reason] = getSystemErrorMap().get(failure.errno ?? 0) ?? ['', failure.message];
  return runtimeError('E_OUTPUT', `cannot write to standard output: ${reason}`);
}
