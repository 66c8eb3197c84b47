/** The benchmark of replays at a tiny size, so that it does not rot. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let directory = '';

beforeAll(() => {
  // Beside a benchmark that may be running, and where node finds the packages.
  mkdirSync('build', { recursive: true });
  directory = mkdtempSync(resolve('build/smoke-'));
  execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.bench.json', '--outDir', directory]);
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

test.each(['pcap', 'pcapng'])('bench replay measures every way with %s', (format) => {
  const main = join(directory, 'bench/replay/main.js');
  // A measurement that fails makes it end with 1, and this throw.
  const args = [main, '--smoke', '--markdown', '--format', format];
  const options = {
    encoding: 'utf8',
    timeout: 90_000,
    env: { ...process.env, TMPDIR: directory },
  } as const;
  const tables = execFileSync(process.execPath, args, options);
  const rows = tables.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const numbers = (title: string) =>
    rows
      .find((row) => row[1] === title)!
      .slice(2, -1)
      .map((cell) => Number(cell.replaceAll(',', '')));
  const hasTime = existsSync('/usr/bin/time');
  for (const way of WAYS) {
    const [packets, megabytes, cpu, memory, ...ratios] = numbers(way);
    expect(packets, way).toBeGreaterThan(100);
    // Their sizes are 64, 576 and 1500 bytes at 7:4:1, and headers.
    expect(megabytes! * 1e6, way).toBeGreaterThan(300 * packets! - 1e6);
    if (hasTime) expect(memory, way).toBeGreaterThan(1);
    if (hasTime) expect(cpu, way).toBeGreaterThanOrEqual(0);
    expect(ratios, way).toHaveLength(3);
    for (const ratio of ratios) expect(ratio, way).toBeGreaterThanOrEqual(0);
  }
  expect(tables).toMatch(/\| loss\+delay, packets\/s .*\| (?:not )?reached \|/);
  expect(tables).toContain(`of ${format};`);
});

const WAYS = ['no rule', 'loss', 'loss+delay', 'loss+delay+rate', 'tcpdump', 'editcap', 'tshark'];
