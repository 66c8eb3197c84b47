/** The live benchmark at a tiny size, so that it does not rot. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

test('bench live measures every way and prints the tables', () => {
  // Beside a benchmark that may be running, and where node finds the packages.
  mkdirSync('build', { recursive: true });
  const directory = mkdtempSync(resolve('build/smoke-'));
  try {
    execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.bench.json', '--outDir', directory]);
    const main = join(directory, 'bench/live/main.js');
    // A measurement that fails makes it end with 1, and this throw.
    const tables = execFileSync(process.execPath, [main, '--smoke', '--markdown'], {
      encoding: 'utf8',
      timeout: 90_000,
    });
    const rows = tables.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const cells = (title: string) => rows.find((row) => row[1] === title)?.slice(2, -1);
    const numbers = (title: string) =>
      cells(title)!.map((cell) => Number(cell.replaceAll(',', '')));
    const hasCompiler = spawnSync('cc', ['--version']).status === 0;
    const loops = hasCompiler ? ['C loop, TAPs', 'C loop, headers'] : [];
    expect(cells('')!.toSorted()).toEqual(['veth alone', 'up', 'run', ...loops].toSorted());
    const of = (title: string, way: string) => numbers(title)[cells('')!.indexOf(way)];
    const tcp = cells('')!.filter((way) => way !== 'C loop, TAPs');
    for (const way of tcp) expect(of('TCP up, 1 stream, Gbit/s', way), way).toBeGreaterThan(0);
    for (const way of ['up', 'run']) expect(of('RSS, MiB', way), way).toBeGreaterThan(1);
    if (!hasCompiler) return;
    for (const title of ['packets/s up, flooded', 'packets/s down, flooded']) {
      expect(of(title, 'veth alone'), title).toBeGreaterThan(1_000);
      // On a busy machine a forwarder may not have had the processor in its short window.
      for (const number of numbers(title)) expect(number, title).toBeGreaterThanOrEqual(0);
    }
    expect(cells('added RTT p50, µs')).toHaveLength(cells('')!.length);
    for (const title of ['run, 1,000 packets/s', 'up, 1,000 packets/s']) {
      const [p50, p99, p999, max] = numbers(title);
      expect(p50, title).toBeGreaterThan(0);
      expect(p50).toBeLessThanOrEqual(p99!);
      expect(p99).toBeLessThanOrEqual(p999!);
      expect(p999).toBeLessThanOrEqual(max!);
    }
    expect(cells('lateness p99, µs, 1,000 packets/s')?.at(-1)).toMatch(/^(?:not )?reached$/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
