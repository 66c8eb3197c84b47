/**
 * Three groups of tests, one after the other. `unit` files need nothing but node and run side by side.
 * `live` files use the kernel (interfaces, namespaces, the packed program) and mostly wait: three of them at
 * a time, and a new file is one of these. `live-alone` files have the machine to themselves, each for the
 * reason given here. `--project 'live*'` means both. `scripts/test` sets the environment that both ends
 * read.
 */
import { defineConfig } from 'vitest/config';
import { TallyReporter } from './test/support/tally-reporter.js';

const live = ['test/live/**/*.test.ts', 'test/package/**/*.test.ts'];

/** Files that load the machine, judge times that others' load would spoil, or are in others' way. */
const alone = {
  'test/live/bench-smoke.test.ts': 'sends as fast as it can, and measures',
  'test/live/delay.test.ts': 'judges delays by their medians',
  'test/live/flood.test.ts': 'sends as fast as it can',
  'test/live/nothing-left.test.ts':
    'three instances start and die all the time, and 2 s are promised',
  'test/live/run-kills.test.ts': 'as nothing-left',
  'test/live/schedule.test.ts': 'judges times to 100 ms',
  'test/live/super-packets.test.ts': 'sends as fast as it can',
  'test/package/pack.test.ts': 'builds dist/ anew, from which all others run',
};

const tallyFile = process.env.NETEMU_TALLY;

const liveProject = {
  pool: 'forks',
  // Without privileges the tests are collected and counted as skipped, not forgotten.
  ...(process.env.NETEMU_LIVE === 'skip' && { runner: './test/support/skip-all-runner.ts' }),
  testTimeout: 180_000,
  hookTimeout: 60_000,
} as const;

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
          // A process and its modules serve many files: a third less processor time. They share nothing else.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...liveProject,
          name: 'live',
          include: live,
          exclude: Object.keys(alone),
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...liveProject,
          name: 'live-alone',
          include: Object.keys(alone),
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
