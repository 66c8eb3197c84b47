/**
 * `up -d`: the same program once more, in a session of its own and without a terminal. It reports
 * over a pipe (fd 3) that its path is live, or the error that its parent then shows as its own. The
 * scenario of `--file` comes to it on standard input, so that the two cannot read different things.
 */

import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { text } from 'node:stream/consumers';
import { noteEnd } from '../control/runtime-dir.js';
import type { InstanceStatus } from '../control/types.js';
import { fromPlainError, type PlainError, runtimeError, toPlainError } from '../errors.js';

/** Set for the detached process only: the fd of the pipe. */
const REPORT_VARIABLE = 'NETEMU_REPORT_FD';
const REPORT_FD = 3;

interface Live {
  readonly line: string;
  readonly status: InstanceStatus;
}

interface Failed {
  readonly error: PlainError;
}

/** The detached process's end of the pipe. */
export interface Reporter {
  live(report: Live): void;
  /** When it was live before nobody listens any more: a note is left for whoever asks. */
  failed(error: unknown): void;
}

/** Null unless this process is a detached one. */
export function takeReporter(): Reporter | null {
  const fd = Number(process.env[REPORT_VARIABLE]);
  delete process.env[REPORT_VARIABLE];
  if (!fd) return null;
  let isOpen = true;
  let liveName: string | null = null;
  const send = (report: Live | Failed) => {
    if (!isOpen) return;
    isOpen = false;
    fs.writeSync(fd, JSON.stringify(report));
    fs.closeSync(fd);
  };
  return {
    live(report) {
      // A write that fails ends the instance: its parent was killed and nobody knows of it.
      send(report);
      liveName = report.status.name;
      process.chdir('/');
    },
    failed(error) {
      const plain = toPlainError(error);
      try {
        if (liveName === null) send({ error: plain });
        else noteEnd(liveName, plain.message);
      } catch {
        // The parent has gone, or the directory: there is nobody to tell.
      }
    },
  };
}

/** Resolves when the detached instance is live; throws the error with which it failed. */
export async function startDetached(
  onSignal: (listener: () => void) => () => void,
  scenarioText?: string,
): Promise<Live> {
  const args = [...process.execArgv, ...process.argv.slice(1)];
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: [scenarioText === undefined ? 'ignore' : 'pipe', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, [REPORT_VARIABLE]: String(REPORT_FD) },
  });
  // One that ended before it read says why by itself.
  child.stdin?.on('error', () => {}).end(scenarioText);
  // It has a session of its own, so Ctrl-C does not reach it.
  let isInterrupted = false;
  const undo = onSignal(() => {
    isInterrupted = true;
    child.kill('SIGTERM');
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const report = await text(
    child.stdio[REPORT_FD] as NodeJS.ReadableStream & AsyncIterable<Buffer>,
  );
  undo();
  if (isInterrupted) {
    await ended;
    throw runtimeError('E_INTERRUPTED', 'interrupted before the path was live');
  }
  if (report === '') {
    const message = `the instance ended before its path was live (${await ended})`;
    throw runtimeError('E_DETACHED', message, 'without -d it says more');
  }
  const result = JSON.parse(report) as Live | Failed;
  if ('error' in result) {
    await ended;
    throw fromPlainError(result.error);
  }
  child.unref();
  return result;
}
