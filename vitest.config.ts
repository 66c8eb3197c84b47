/**
 * Two kinds of tests. `unit` files run side by side and need nothing but node; `live` files use the
 * kernel (interfaces, namespaces, the packed program), measure time, and so run one after the other
 * when all others are done. `scripts/test` sets the environment that both ends read.
 */
import { defineConfig } from 'vitest/config';
import { TallyReporter } from './test/support/tally-reporter.js';

const live = ['test/live/**/*.test.ts', 'test/package/**/*.test.ts'];

const tallyFile = process.env.NETEMU_TALLY;

export default defineConfig({
  test: {
    reporters: tallyFile === undefined ? ['default'] : ['default', new TallyReporter(tallyFile)],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: live,
          pool: 'forks',
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'live',
          include: live,
          pool: 'forks',
          // Without privileges the tests are collected and counted as skipped, not forgotten.
          ...(process.env.NETEMU_LIVE === 'skip' && {
            runner: './test/support/skip-all-runner.ts',
          }),
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
