import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as client from '../../src/control/client.js';
import * as runtime from '../../src/control/runtime-dir.js';

let dir: string;

beforeEach(() => {
  dir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'netemu-test-')), 'run');
  vi.stubEnv('NETEMU_RUNTIME_DIR', dir);
});

afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(path.dirname(dir), { recursive: true });
});

/** Writes the claim of another process, as that process would have. */
function writeClaim(name: string, pid: number, startTicks: string, pidNamespace?: string): void {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const own = fs.readlinkSync('/proc/self/ns/pid');
  const claim = `${pid} ${startTicks} ${pidNamespace ?? own}`;
  const file = path.join(dir, `${name}.pid`);
  fs.rmSync(file, { force: true });
  fs.symlinkSync(claim, file);
}

function startTicksOf(pid: number): string {
  return fs
    .readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')[19]!;
}

test('the directory and its parents are made for the owner alone', () => {
  expect(runtime.ensureRuntimeDir()).toBe(dir);
  expect(fs.statSync(dir).mode & 0o777).toBe(0o700);
  fs.chmodSync(dir, 0o755);
  runtime.ensureRuntimeDir();
  expect(fs.statSync(dir).mode & 0o777).toBe(0o700);
});

test('a link in place of the directory is refused', () => {
  fs.symlinkSync(os.tmpdir(), dir);
  expect(() => runtime.ensureRuntimeDir()).toThrow(`${dir} is not a directory`);
});

test('without an override it depends on the user', () => {
  vi.stubEnv('NETEMU_RUNTIME_DIR', '');
  vi.stubEnv('XDG_RUNTIME_DIR', '/run/user/1234');
  const uidMap = fs.readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/).map(Number);
  const isRoot = process.getuid!() === 0 && uidMap[1] === 0;
  expect(runtime.runtimeDir()).toBe(isRoot ? '/run/netemu' : '/run/user/1234/netemu');
});

test('names are the first free of n1, n2 …', () => {
  expect(runtime.chooseName(null)).toBe('n1');
  expect(runtime.chooseName(null)).toBe('n2');
  expect(runtime.chooseName('n3')).toBe('n3');
  runtime.releaseName('n2');
  expect(runtime.chooseName(null)).toBe('n2');
  expect(runtime.chooseName(null)).toBe('n4');
  runtime.releaseNames();
  expect(fs.readdirSync(dir)).toEqual([]);
});

test('a name that runs is refused, with its process', () => {
  runtime.chooseName('lab');
  expect(() => runtime.chooseName('lab')).toThrow(
    `--name lab: an instance of that name is running (pid ${process.pid})`,
  );
});

test.each(['a', 'n1', 'Lab-2.x_y', 'abcdefghijk'])('the name %j is fine', (name) => {
  expect(() => runtime.checkName(name)).not.toThrow();
});

test.each(['', '1n', 'a b', 'a/b', '..', '-a', 'abcdefghijkl', 'né', 'a\n'])(
  'the name %j is refused',
  (name) => {
    expect(() => runtime.checkName(name)).toThrow(`--name ${JSON.stringify(name)}: a name is`);
  },
);

test('the claim of a dead process is stale, whoever has its id now', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const ticks = startTicksOf(child.pid!);
  writeClaim('n1', child.pid!, ticks);
  expect(runtime.isClaimed('n1')).toBe(true);
  expect(runtime.chooseName(null)).toBe('n2');
  writeClaim('n1', child.pid!, String(Number(ticks) - 1));
  expect(runtime.isClaimed('n1')).toBe(false);
  writeClaim('n1', child.pid!, ticks);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(runtime.isClaimed('n1')).toBe(false);
  expect(runtime.chooseName(null)).toBe('n1');
});

test('a claim from another pid namespace is respected', () => {
  const { pid } = spawnSync('true');
  writeClaim('n1', pid, '1', 'pid:[1]');
  expect(runtime.ownerOf(runtime.readClaim('n1')!)).toBe('unknown');
  expect(runtime.chooseName(null)).toBe('n2');
});

test('what the dead left behind is cleared when instances are listed', () => {
  const { pid } = spawnSync('true');
  writeClaim('n3', pid, '1');
  fs.writeFileSync(path.join(dir, 'n3.sock'), '');
  for (const name of ['n10', 'n2']) {
    runtime.chooseName(name);
    fs.writeFileSync(path.join(dir, `${name}.sock`), '');
  }
  fs.writeFileSync(path.join(dir, 'lock'), '');
  expect(runtime.instanceNames()).toEqual(['n2', 'n10']);
  expect(fs.readdirSync(dir).sort()).toEqual(['lock', 'n10.pid', 'n10.sock', 'n2.pid', 'n2.sock']);
});

test('why a detached instance ended is told until the name is taken again', () => {
  runtime.ensureRuntimeDir();
  runtime.noteEnd('n1', 'device v0 is gone');
  expect(() => client.pickInstance('n1')).toThrow(
    'there is no instance "n1" (it ended by itself: device v0 is gone); no instance is running',
  );
  runtime.chooseName('n1');
  runtime.releaseName('n1');
  expect(() => client.pickInstance('n1')).toThrow('there is no instance "n1"; no instance');
});

test('the names of other processes are not given back', () => {
  writeClaim('n1', 1, startTicksOf(1));
  runtime.releaseName('n1');
  runtime.releaseNames();
  expect(runtime.isClaimed('n1')).toBe(true);
});

test('a path too long for a socket is refused', () => {
  vi.stubEnv('NETEMU_RUNTIME_DIR', `/${'d'.repeat(100)}`);
  expect(() => runtime.socketPath('n1')).toThrow('is longer than 107 bytes');
});
