/** The examples compile and hold, as if netemu were installed where they are. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

test('the examples pass in node', { timeout: 60_000 }, () => {
  // Where node finds the dependencies; the folder is a package of that name itself, so `netemu` is in there.
  mkdirSync('build', { recursive: true });
  const folder = mkdtempSync(resolve('build/examples-'));
  try {
    const options = ['-p', 'examples', '--noEmit', 'false', '--rootDir', '.', '--outDir', folder];
    run('node_modules/.bin/tsc', ...options);
    const exports = './src/index.js';
    const description = JSON.stringify({ name: 'netemu', type: 'module', exports });
    writeFileSync(join(folder, 'package.json'), description);
    const tests = readdirSync('examples').filter((name) => name.endsWith('.test.ts'));
    expect(tests).not.toEqual([]);
    const compiled = tests.map((name) => join(folder, 'examples', name.replace(/ts$/, 'js')));
    const report = run(process.execPath, '--test', '--test-reporter=tap', ...compiled);
    const written = tests.map((name) => readFileSync(join('examples', name), 'utf8')).join('');
    expect(report).toContain(`# pass ${[...written.matchAll(/^test\(/gm)].length}\n`);
    expect(report).toContain('# fail 0\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', timeout: 50_000 });
}
