/**
 * The package as a user gets it: packed, installed globally into an empty prefix, run from there.
 * Shows that nothing it needs is left behind in the clone: files, dependencies, the executable bit.
 */
import { execFileSync, type StdioOptions } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NetnsLab } from '../support/netns-lab.js';

const PORT = 5300;
const PACKETS = 200;

const prefix = mkdtempSync(join(tmpdir(), 'netemu-package-'));
const netemu = join(prefix, 'bin/netemu');

beforeAll(() => {
  run('npm', 'pack', '--pack-destination', prefix);
  const tarball = readdirSync(prefix).find((name) => name.endsWith('.tgz'))!;
  // What `npm ci` has fetched is used where it will do.
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  run('npm', 'install', '--global', '--prefix', prefix, ...quiet, join(prefix, tarball));
}, 180_000);

afterAll(() => {
  rmSync(prefix, { recursive: true, force: true });
});

test('holds the program and its papers, and nothing that only a clone needs', () => {
  const installed = join(prefix, 'lib/node_modules/netemu');
  const papers = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'docs'];
  const files = readdirSync(installed).filter((name) => name !== 'node_modules');
  expect(files.sort()).toEqual([...papers, 'dist', 'examples', 'package.json', 'schema'].sort());
  const sources = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  expect(sources.filter((name) => /^dist\/.*(?:\.test\.js|\.map)$/.test(name))).toEqual([]);
});

test('prints its version', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(run(netemu, '--version')).toBe(`${version}\n`);
});

test('impairs real traffic, from a folder that is not the clone, and gives it back', async () => {
  const lab = new NetnsLab();
  try {
    const before = traces(lab);
    const up = lab.start(
      lab.near,
      ...(['env', '-C', prefix, netemu, 'up', '--dev', 'v0'] as const),
      ...['--flow', `udp:${PORT}`, '--loss', 'out:every 2', '--for', '120s'],
    );
    await up.printed(/^netemu \S+ up.*\n/m);
    expect(await delivered(lab)).toBe(PACKETS / 2);
    const { code, stderr } = await up.end('SIGTERM');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await delivered(lab)).toBe(PACKETS);
    expect(traces(lab)).toBe(before);
  } finally {
    await lab.close();
  }
});

/** What a path adds: tables and devices. The live tests compare everything else. */
function traces(lab: NetnsLab): string {
  return lab.run(lab.near, 'nft', 'list', 'ruleset') + lab.run(lab.near, 'ip', '-brief', 'link');
}

/** How many of the packets that near sends arrive at far. */
async function delivered(lab: NetnsLab): Promise<number> {
  const receiver = lab.program(lab.far, 'udp-count.mjs', lab.far4, PORT);
  await receiver.printed(/ready/);
  const sender = lab.program(lab.near, 'udp-send.mjs', lab.far4, PORT, PACKETS, 2);
  await sender.finished;
  const { stdout } = await receiver.end('SIGTERM');
  return JSON.parse(stdout.slice(stdout.indexOf('{'))).distinct;
}

function run(program: string, ...args: string[]): string {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
  return execFileSync(program, args, { encoding: 'utf8', stdio, timeout: 120_000 });
}
