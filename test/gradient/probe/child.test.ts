/** Programs for samples: how each of their ends is told, and that nothing of them is left. */
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type ChildRequest, runChild } from '../../../src/gradient/probe/child.js';

const LONG_MS = 20_000;

function run(argv: readonly string[], rest: Partial<ChildRequest> = {}) {
  const signal = new AbortController().signal;
  return runChild({ argv, environment: {}, timeoutMs: LONG_MS, signal, keepBytes: 1000, ...rest });
}

const shell = (script: string, rest: Partial<ChildRequest> = {}) => run(['sh', '-c', script], rest);

/** A zombie has ended, whoever has yet to collect it. */
async function isGone(pid: number): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    const stat = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/stat`, 'latin1') : ') Z';
    if (/\) [ZX]/.test(stat)) return true;
    await sleep(50);
  }
  return false;
}

test('code, both outputs and lines, also one without an end and one in two pieces', async () => {
  const out: string[] = [];
  const err: string[] = [];
  const end = await shell(
    'printf "a\\nb"; sleep 0.05; printf "c\\r\\n\\nlast"; echo "$X" >&2; exit 3',
    {
      environment: { X: 'ä' },
      onStdoutLine: (line) => out.push(line),
      onStderrLine: (line) => err.push(line),
    },
  );
  expect(end).toMatchObject({
    code: 3,
    signal: null,
    timedOut: false,
    aborted: false,
    error: null,
  });
  expect(end).toMatchObject({ stdout: 'a\nbc\r\n\nlast', isCut: false, stderr: 'ä\n' });
  expect(out).toEqual(['a', 'bc', '', 'last']);
  expect(err).toEqual(['ä']);
  expect(end.durationMs).toBeGreaterThan(45);
});

test('of much output the beginning is kept, and the end of what is an error', async () => {
  let lines = 0;
  const script = 'seq 100000; seq 100000 >&2';
  const end = await shell(script, { keepBytes: 10, onStdoutLine: () => lines++ });
  expect(end).toMatchObject({ code: 0, stdout: '1\n2\n3\n4\n5\n', isCut: true });
  expect(end.stderr.endsWith('99999\n100000\n')).toBe(true);
  expect(end.stderr.length).toBeLessThan(5_000);
  expect(lines).toBe(100_000);
});

test('a program that is not there, may not be run, or cannot have its arguments', async () => {
  const none = await run(['no-such-program-there']);
  expect(none).toMatchObject({ code: null, error: { code: 'ENOENT' } });
  expect(none.error!.message).toContain('no-such-program-there');
  expect(await run(['/etc/passwd'])).toMatchObject({ code: null, error: { code: 'EACCES' } });
  expect((await run(['echo', 'a\0b'])).error!.code).toBe('ERR_INVALID_ARG_VALUE');
  expect((await run(['echo', 'a'.repeat(3_000_000)])).error!.code).toBe('E2BIG');
  // Codes of the program's own are no such thing.
  expect(await shell('exit 127')).toMatchObject({ code: 127, error: null });
});

test('files that have no name any more, to read and to write', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netemu-child-'));
  const files = ['a', 'b'].map((name) => openSync(join(folder, name), 'wx+'));
  onTestFinished(() => files.forEach(closeSync));
  writeSync(files[0], 'content');
  rmSync(folder, { recursive: true });
  expect(await shell('cat /dev/fd/3 >/dev/fd/4', { files })).toMatchObject({ code: 0 });
  const read = Buffer.alloc(20);
  expect(read.toString('utf8', 0, readSync(files[1], read, 0, 20, 0))).toBe('content');
});

test('ended by a signal', async () => {
  expect(await shell('kill -SEGV $$')).toMatchObject({ code: null, signal: 'SIGSEGV' });
});

test('timeout: the whole group is asked to end, and killed when it does not', async () => {
  const polite = await shell('trap "echo bye; exit 5" TERM; sleep 30 & wait', { timeoutMs: 150 });
  expect(polite).toMatchObject({ code: 5, timedOut: true, aborted: false, stdout: 'bye\n' });
  const deaf = await shell('trap "" TERM; echo $$; while :; do sleep 1; done', { timeoutMs: 150 });
  expect(deaf).toMatchObject({ code: null, signal: 'SIGKILL', timedOut: true });
  expect(deaf.durationMs).toBeGreaterThan(1_100);
  expect(await isGone(Number(deaf.stdout))).toBe(true);
});

test('abort: before it, nothing begins; later it ends', async () => {
  const controller = new AbortController();
  const running = shell('echo begun; sleep 30', {
    signal: controller.signal,
    onStdoutLine: () => controller.abort(),
  });
  const aborted = { code: null, aborted: true, timedOut: false, error: null };
  expect(await running).toMatchObject({ ...aborted, signal: 'SIGTERM', stdout: 'begun\n' });
  const never = await shell('echo begun', { signal: controller.signal });
  expect(never).toMatchObject({ ...aborted, signal: null, stdout: '' });
});

test('asked to end by whoever started it: with the signal that it knows, once', async () => {
  const ends: (() => void)[] = [];
  const script = 'trap "echo int; exit 6" INT; echo begun; while :; do sleep 0.05; done';
  const end = await shell(script, {
    endBy: 'SIGINT',
    onStart: (end) => ends.push(end),
    onStdoutLine: () => ends[0](),
  });
  expect(end).toMatchObject({ code: 6, timedOut: false, aborted: false, stdout: 'begun\nint\n' });
  expect(ends).toHaveLength(1);
  // Nobody is hit when it has ended.
  ends[0]();
});

test('what it leaves in its group does not hold the pipe, and is gone', async () => {
  const end = await shell('sleep 30 & echo $!');
  expect(end).toMatchObject({ code: 0 });
  expect(end.durationMs).toBeLessThan(15_000);
  expect(await isGone(Number(end.stdout))).toBe(true);
});

test('what has left the group may hold the pipe and is not waited for', async () => {
  const end = await shell('setsid sleep 30 & echo $!');
  onTestFinished(() => void process.kill(Number(end.stdout)));
  expect(end.durationMs).toBeLessThan(15_000);
  expect(end.code).toBe(0);
});
