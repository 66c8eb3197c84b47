/** Formatter, linter and compiler as tests, so that `npm test` is all there is to run. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test.each([
  ['biome', 'check', '--error-on-warnings', '--max-diagnostics=50', '.'],
  ['tsc', '--noEmit'],
  ['tsc', '-p', 'tsconfig.page.json', '--noEmit'],
])('%s finds nothing', { timeout: 120_000 }, (program, ...args) => {
  const { status, stdout, stderr } = spawnSync(`node_modules/.bin/${program}`, args, {
    encoding: 'utf8',
  });
  expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({
    status: 0,
    output: '',
  });
});
