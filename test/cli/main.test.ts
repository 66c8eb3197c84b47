/** The built program as a process: exit codes, closed pipes, full disks, -d, and how fast it is. */

import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MAIN = path.resolve('dist/cli/main.js');
const VERSION_LINE = `${JSON.parse(fs.readFileSync('package.json', 'utf8')).version}\n`;
const RUN_UP = ['up', '--dev', 'lo', 'udp:53 loss 1%', '--for', '1s'];

let dir: string;

beforeAll(() => {
  if (!fs.existsSync(MAIN)) throw new Error('build it first: npm run build');
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'netemu-test-'));
});

afterAll(() => {
  fs.rmSync(dir, { recursive: true });
});

function run(command: string, args: readonly string[], options: SpawnSyncOptions = {}) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, NETEMU_RUNTIME_DIR: path.join(dir, 'run') },
    ...options,
  });
  return { status: result.status, stdout: result.stdout, stderr: result.stderr };
}

const netemu = (...args: string[]) => run(process.execPath, [MAIN, ...args]);

/** The program in a shell, for its redirections. */
const shell = (script: string) =>
  run('bash', ['-c', `netemu() { "${process.execPath}" "${MAIN}" "$@"; }; ${script}`]);

/** Without the rights that `up` needs, as whoever runs the tests. */
function unprivileged(...args: string[]) {
  const command = [process.execPath, MAIN, ...args];
  if (process.getuid!() !== 0) return run(command[0]!, command.slice(1));
  return run('setpriv', [
    '--bounding-set',
    '-net_admin,-net_raw',
    '--inh-caps',
    '-all',
    ...command,
  ]);
}

test('--version loads only what it needs', () => {
  expect(netemu('--version')).toMatchObject({ status: 0, stdout: VERSION_LINE, stderr: '' });
  // Without zod, koffi and the rest it takes 80 ms on an idle machine, of which node itself takes 40.
  const traced = run(process.execPath, [MAIN, '--version'], {
    env: { ...process.env, NODE_DEBUG: 'module,esm' },
  });
  expect(traced.stderr).toMatch(/commander/);
  expect(traced.stderr).not.toMatch(/koffi|zod|yaml|registry/);
});

test('wrong usage exits with 2', () => {
  expect(netemu('up', '--flow', 'upd:53', '--loss', '1%')).toEqual({
    status: 2,
    stdout: '',
    stderr:
      'netemu: --flow upd:53: unknown protocol "upd", did you mean udp?\n' +
      '  protocols: any, tcp, udp, icmp, sctp, quic, dns, tls\n',
  });
});

test('not root exits with 3, in the foreground and with -d', () => {
  for (const args of [RUN_UP, [...RUN_UP, '-d'], [...RUN_UP, '--json']]) {
    const { status, stdout, stderr } = unprivileged(...args);
    expect(stderr).toMatch(
      /^netemu: this needs root: (user \d+ lacks|root has been denied) CAP_NET_ADMIN and CAP_NET_RAW\n {2}.+\n$/,
    );
    expect([status, stdout]).toEqual([3, '']);
  }
  expect(fs.existsSync(path.join(dir, 'run'))).toBe(false);
});

test('wrong usage comes before missing rights', () => {
  expect(unprivileged('up', '--loss', '101%').status).toBe(2);
});

test('a kernel without the egress hook exits with 3', () => {
  // setarch makes uname(2) say 2.6, as programs that are older than Linux 3 want it.
  const { status, stdout, stderr } = run('setarch', [
    '--uname-2.6',
    process.execPath,
    MAIN,
    ...RUN_UP,
  ]);
  expect(stderr).toMatch(
    /^netemu: the kernel 2\.6\.\S+ has no nftables egress hook: Linux 5\.16 or newer is needed\n {2}boot a newer kernel/,
  );
  expect([status, stdout]).toEqual([3, '']);
});

test('doctor says what is missing, for people and for programs', () => {
  const bin = path.join(dir, 'bin');
  fs.mkdirSync(bin);
  fs.writeFileSync(path.join(bin, 'nft'), '#!/bin/sh\necho "nftables v0.9.8 (E.D.S.)"\n', {
    mode: 0o755,
  });
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
  const { status, stdout } = run(process.execPath, [MAIN, 'doctor', '--json'], { env });
  expect(status).toBe(3);
  const { ok, checks } = JSON.parse(String(stdout));
  expect(ok).toBe(false);
  expect(checks.find(({ name }: { name: string }) => name === 'nft')).toMatchObject({
    result: 'missing',
    detail: 'nft 0.9.8 is too old: 1.0 or newer is needed',
  });
  const report = run(process.execPath, [MAIN, 'doctor'], { env });
  expect(report.status).toBe(3);
  expect(report.stdout).toContain('missing  nft: nft 0.9.8 is too old: 1.0 or newer is needed\n');
});

test('a reader that has gone is no error', () => {
  expect(shell('netemu up --help | true; exit $PIPESTATUS')).toMatchObject({
    status: 0,
    stderr: '',
  });
});

test('a full disk is told in one line', () => {
  for (const command of ['ps --json', '--help', '--version']) {
    expect(shell(`netemu ${command} >/dev/full`)).toMatchObject({
      status: 4,
      stderr: 'netemu: cannot write to standard output: no space left on device\n',
    });
  }
});

test('closed standard streams are no reason to fail', () => {
  expect(shell('netemu --version <&- 2>&-')).toMatchObject({ status: 0, stdout: VERSION_LINE });
  expect(shell('netemu ps --json >&-').status).toBe(0);
});

test('no instance', () => {
  const { status, stderr } = netemu('status');
  expect(status).toBe(2);
  expect(stderr).toMatch(/^netemu: no instance is running\n/);
});
