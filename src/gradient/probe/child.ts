/**
 * One program for one sample: started without a terminal, in a process group of its own, and gone, with all
 * that it has started, when the prober is gone. What it says is read to the end, of which little is kept.
 * Whatever happens is told by the result, never by an exception: a program that is not there is a sample like
 * others.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import { programPath } from '../../host/program.js';
import { guardedVariables } from './child-guardian.js';
import { CutText, LineReader, TailText } from './child-text.js';

/** From being asked to end to being made to. */
const PATIENCE_MS = 1_000;
/** For what is still in the pipes; longer than that only someone else holds them open. */
const GRACE_MS = 200;
/** Codes that setpriv ends with when it cannot execute the program, as shells do. */
const EXEC_ERRORS = new Map([
  [126, 'EACCES'],
  [127, 'ENOENT'],
]);

export interface ChildRequest {
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** What it gets beside the prober's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What asks it to end: SIGTERM unless told. */
  readonly endBy?: NodeJS.Signals | undefined;
  /** Called once, with what asks it to end early; it is killed when it does not. */
  readonly onStart?: ((end: () => void) => void) | undefined;
  /** Without their ends, as they come. */
  readonly onStdoutLine?: ((line: string) => void) | undefined;
  readonly onStderrLine?: ((line: string) => void) | undefined;
  /** Open ones, which it finds as /dev/fd/3 and so on. */
  readonly files?: readonly number[] | undefined;
  /** Of its standard output, from the beginning. */
  readonly keepBytes: number;
}

export interface ChildEnd {
  /** Null when a signal ended it, or nothing began. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly aborted: boolean;
  readonly stdout: string;
  /** There was more than was to be kept. */
  readonly isCut: boolean;
  /** The end of its standard error. */
  readonly stderr: string;
  /** Until it had ended, with some 1 ms for starting it. */
  readonly durationMs: number;
  /** It could not be started: ENOENT, EACCES, EAGAIN … and that in words. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** Never rejects. What the program has left running in its process group is killed when it has ended. */
export function runChild(request: ChildRequest): Promise<ChildEnd> {
  const startMs = performance.now();
  const kept = new CutText(request.keepBytes);
  const tail = new TailText();
  const state = { timedOut: false, aborted: request.signal.aborted };
  const end = (code: number | null, signal: NodeJS.Signals | null, endMs: number): ChildEnd => ({
    ...{ code, signal, ...state },
    ...{ stdout: kept.text, isCut: kept.isCut, stderr: tail.text },
    ...{ durationMs: endMs - startMs, error: null },
  });
  const failed = (error: unknown) => {
    const { code = 'E_SPAWN', message } = error as NodeJS.ErrnoException;
    return { ...end(null, null, performance.now()), error: { code, message } };
  };
  if (state.aborted) return Promise.resolve(end(null, null, startMs));
  let child: ChildProcess;
  try {
    child = start(request);
  } catch (error) {
    // Arguments that no program can have: too long, or with a zero in them.
    return Promise.resolve(failed(error));
  }
  read(child.stdout, request.onStdoutLine, (text) => kept.add(text));
  read(child.stderr, request.onStderrLine, (text) => tail.add(text));
  return new Promise((resolve) => {
    const ending = endInTime(child, request, state);
    child.on('error', (error) => {
      ending.stop();
      resolve(failed(error));
    });
    child.on('exit', (code, signal) => {
      const endMs = performance.now();
      ending.stop();
      const finish = () => {
        clearTimeout(grace);
        child.off('close', finish);
        killGroup(child, 'SIGKILL');
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve(withExecError(end(code, signal, endMs)));
      };
      const grace = setTimeout(finish, GRACE_MS);
      child.on('close', finish);
    });
  });
}

function start({ argv, environment, files = [] }: ChildRequest): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...argv], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...files],
    env: { ...process.env, PATH: programPath(), ...environment, ...guardedVariables() },
  });
}

/** Ends it at the timeout or when it is asked to; `stop` when it has ended. */
function endInTime(
  child: ChildProcess,
  { timeoutMs, signal, endBy = 'SIGTERM', onStart }: ChildRequest,
  state: { timedOut: boolean; aborted: boolean },
): { stop(): void } {
  let last: NodeJS.Timeout | undefined;
  let isOver = false;
  const stop = () => {
    isOver = true;
    clearTimeout(timeout);
    clearTimeout(last);
    signal.removeEventListener('abort', onAbort);
  };
  const endIt = () => {
    if (isOver) return;
    stop();
    killGroup(child, endBy);
    last = setTimeout(() => killGroup(child, 'SIGKILL'), PATIENCE_MS);
  };
  const onAbort = () => {
    state.aborted = true;
    endIt();
  };
  const timeout = setTimeout(() => {
    state.timedOut = true;
    endIt();
  }, timeoutMs);
  // Many may run at once, and Node takes more than ten listeners for a leak.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', onAbort);
  onStart?.(endIt);
  return { stop };
}

/** The group's number is that of its first process, and nobody else's while one of the group lives. */
function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of them have ended.
  }
}

function read(
  stream: Readable | null | undefined,
  onLine: ((line: string) => void) | undefined,
  keep: (text: string) => void,
): void {
  // There are none when the prober itself has too many files open.
  if (!stream) return;
  const lines = onLine && new LineReader(onLine);
  // Characters of several bytes may be in two pieces.
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    keep(text);
    lines?.add(text);
  });
  stream.on('end', () => lines?.end());
  // Nothing comes any more; the program's end tells the rest.
  stream.on('error', () => {});
}

/** setpriv becomes the program: where it cannot, the words and the code are its own. */
function withExecError(end: ChildEnd): ChildEnd {
  const code = EXEC_ERRORS.get(end.code ?? 0);
  const words = /^setpriv: (.*)/.exec(end.stderr);
  if (code === undefined || words === null) return end;
  return { ...end, code: null, stderr: '', error: { code, message: words[1] } };
}
