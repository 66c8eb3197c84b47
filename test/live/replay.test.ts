/**
 * `netemu replay` as a process: pipes on both sides, readers that leave, disks that are full, signals while it
 * waits. What it says otherwise is tested where it is fast, in test/cli and test/replay.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCapture } from '../support/capture-reading.js';
import { goldenPackets, pcapngOf } from '../support/golden-captures.js';
import { becomes } from '../support/processes.js';

const MAIN = resolve('dist/cli/main.js');
const RULE = 'tcp loss 5% delay 3ms jitter 3ms';

let directory: string;
/** Of 2 MB, more than pipes hold. */
let capture: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'netemu-test-'));
  capture = join(directory, 'tcp.pcapng');
  const packets = goldenPackets('tcp');
  const spanNs = packets.at(-1)!.timeNs - packets[0].timeNs + 1_000n;
  const many = Array.from({ length: 25 }, (_, round) =>
    packets.map((packet) => ({ ...packet, timeNs: packet.timeNs + BigInt(round) * spanNs })),
  );
  writeFileSync(capture, pcapngOf(many.flat()));
  writeFileSync(`${capture}.gz`, gzipSync(readFileSync(capture)));
});

afterAll(() => rmSync(directory, { recursive: true }));

/** A shell with `netemu`, `$capture` and `$rule`. */
function shell(script: string) {
  const netemu = `netemu() { "${process.execPath}" "${MAIN}" "$@"; }`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `${netemu}; ${script}`], {
    cwd: directory,
    env: { ...process.env, capture, rule: RULE },
    maxBuffer: 2 ** 26,
    timeout: 60_000,
  });
  return { status, stdout, stderr: String(stderr) };
}

const hashOf = (text: string) => /verdicts sha256 ([0-9a-f]{64})/.exec(text)![1];

test('from a pipe into a pipe, packed or not, it is the same as from a file into a file', () => {
  const filed = shell('netemu replay $capture "$rule" -w out.pcapng --log out.log');
  expect(filed.status).toBe(0);
  const expected = readFileSync(join(directory, 'out.pcapng'));
  expect(readCapture(expected).packets.length).toBeGreaterThan(2_500);
  for (const input of ['cat $capture', 'cat $capture.gz', 'dd status=none bs=777 if=$capture']) {
    const piped = shell(`${input} | netemu replay - "$rule" -w - --log piped.log`);
    expect(piped.status).toBe(0);
    expect(Buffer.compare(piped.stdout, expected)).toBe(0);
    expect(hashOf(piped.stderr)).toBe(hashOf(String(filed.stdout)));
    expect(readFileSync(join(directory, 'piped.log'), 'utf8')).toBe(
      readFileSync(join(directory, 'out.log'), 'utf8'),
    );
  }
  const slow = shell('netemu replay $capture "$rule" -w - | (sleep 0.5; cat)');
  expect(Buffer.compare(slow.stdout, expected)).toBe(0);
  const logged = shell('netemu replay $capture "$rule" --log - | (sleep 0.5; cat)');
  expect(String(logged.stdout)).toBe(readFileSync(join(directory, 'out.log'), 'utf8'));
});

test('a reader that has gone is no error', () => {
  for (const output of ['-w -', '--log -']) {
    const { status, stderr } = shell(
      `netemu replay $capture "$rule" ${output} | head -c 100 >/dev/null; exit $PIPESTATUS`,
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  }
  expect(shell('netemu replay $capture "$rule" | true; exit $PIPESTATUS').status).toBe(0);
});

test('a full disk is told in one line, whoever writes', () => {
  const full = 'netemu: cannot write /dev/full: no space is left there\n';
  const mend = '  make room, or name a file elsewhere\n';
  for (const output of ['-w /dev/full', '--log /dev/full']) {
    const { status, stdout, stderr } = shell(`netemu replay $capture "$rule" ${output}`);
    expect({ status, stdout: String(stdout), stderr }).toEqual({
      status: 4,
      stdout: '',
      stderr: full + mend,
    });
  }
  for (const output of ['-w -', '--log -']) {
    const { status, stderr } = shell(`netemu replay $capture "$rule" ${output} >/dev/full`);
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr: full.replace('/dev/full', 'standard output') + mend,
    });
  }
  const summary = shell('netemu replay $capture "$rule" >/dev/full');
  expect(summary.status).toBe(4);
  expect(summary.stderr).toBe('netemu: cannot write to standard output: no space left on device\n');
});

test('exit codes: a damaged capture, and one that comes by a pipe that breaks', () => {
  const { status, stdout, stderr } = shell(
    'head -c 1000000 $capture | netemu replay - "$rule" -w x',
  );
  expect(status).toBe(1);
  expect(String(stdout)).toMatch(/^netemu replayed standard input: 1,\d{3} packets, /);
  expect(stderr).toMatch(/^netemu: standard input: the file ends inside .* at offset 99\d{4}\n$/);
  const packed = shell('head -c 100000 $capture.gz | netemu replay - "$rule"');
  expect(packed.status).toBe(1);
  expect(packed.stderr).toMatch(
    /^netemu: standard input: the gzip stream ends early.* at offset \d+\n$/,
  );
  expect(shell(': | netemu replay - "$rule"')).toMatchObject({
    status: 1,
    stderr: 'netemu: standard input: the file is empty at offset 0\n',
  });
});

test('nobody needs to be root', () => {
  const without = process.getuid!() === 0 ? 'setpriv --bounding-set -all --inh-caps -all' : '';
  const program = `${without} "${process.execPath}" "${MAIN}"`;
  const { status, stderr } = shell(`${program} replay $capture "$rule" -w nobody.pcap`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

interface Running {
  readonly child: ReturnType<typeof spawn>;
  output(): { stdout: string; stderr: string };
}

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [MAIN, 'replay', ...args], { cwd: directory });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return { child, output: () => ({ stdout, stderr }) };
}

/** Of the file that is being written. */
const sizeOf = (name: string) => () => {
  try {
    return readFileSync(join(directory, name)).length;
  } catch {
    return 0;
  }
};

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends a paced replay in order', async (signal, exitCode) => {
  const out = `${signal}.pcapng`;
  const { child, output } = start(capture, RULE, '--speed', '0.01', '-w', out);
  const size = sizeOf(out);
  expect(await becomes(() => size() > 1_000, 30_000)).toBe(true);
  child.kill(signal);
  const [code] = await once(child, 'close');
  const { stdout, stderr } = output();
  expect({ code, stderr }).toEqual({ code: exitCode, stderr: '' });
  const [, left] = /^netemu replayed .* in .*; ([\d,]+) came through\n/.exec(stdout)!;
  expect(stdout).toContain('\nnote: interrupted, this is as far as it came\n');
  const { packets, fault } = readCapture(readFileSync(join(directory, out)));
  expect(fault).toBe(null);
  expect(packets).toHaveLength(Number(left.replace(',', '')));
});

test('SIGINT ends the wait for a pipe that says nothing', async () => {
  const { child, output } = start('-', RULE, '--log', 'silent.log', '--speed', '1000');
  child.stdin!.write(readFileSync(capture).subarray(0, 500_000));
  // It is opened when the first packet is there, and when signals are heard.
  expect(await becomes(() => existsSync(join(directory, 'silent.log')), 30_000)).toBe(true);
  await sleep(500);
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect(code).toBe(130);
  expect(output().stdout).toMatch(/^netemu replayed standard input: \d+ packets, .*\n/);
  child.stdin!.destroy();
});

test('a second signal ends it at once, though nobody takes its output', async () => {
  const child = spawn(
    process.execPath,
    [MAIN, 'replay', capture, RULE, '-w', '-', '--log', 'b.log'],
    {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  child.stdout.pause();
  expect(await becomes(() => existsSync(join(directory, 'b.log')), 30_000)).toBe(true);
  await sleep(500);
  child.kill('SIGINT');
  await sleep(300);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(130);
});
