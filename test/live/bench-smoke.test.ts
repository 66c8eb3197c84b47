/** The live benchmark at a tiny size, so that it does not rot. */
import { execFileSync } from 'node:child_process';
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
    const tables = execFileSync(process.execPath, [main, '--smoke', '--markdown'], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    const rows = tables.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const cells = (title: string) => rows.find((row) => row[1] === title)?.slice(2);
    for (const title of ['packets/s out', 'packets/s in']) {
      const [alone, ...others] = cells(title)!;
      expect(Number(alone!.replaceAll(',', '')), title).toBeGreaterThan(1_000);
      // On a busy machine one of them may not have had the processor in its short window.
      for (const number of others.slice(0, 2)) expect(number, title).toMatch(/^([\d,]+|–)$/);
    }
    expect(cells('added RTT p50, µs')).toBeDefined();
    for (const title of ['1,000 packets/s', '20,000 packets/s']) {
      const [p50, p99, p999, max] = cells(title)!.map(Number);
      expect(p50, title).toBeGreaterThan(0);
      expect(p50).toBeLessThanOrEqual(p99!);
      expect(p99).toBeLessThanOrEqual(p999!);
      expect(p999).toBeLessThanOrEqual(max!);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
