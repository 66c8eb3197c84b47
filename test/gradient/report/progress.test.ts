import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Progress, progressLines } from '../../../src/gradient/report/progress.js';
import type { Plan } from '../../../src/gradient/result.js';
import { dnsResult } from '../../support/gradient-results.js';

const { steps } = dnsResult();

function planOf(samples: number | null, totalMs: number | null): Plan {
  const none = { metric: null, expected: null, precision: null, needed: null };
  return { totalMs, steps: steps.map(({ index }) => ({ step: index, samples, ...none })) };
}

const progress: Progress = {
  ...{ step: 2, round: 1, turn: 8, turns: 18, samples: 412, failed: 3, elapsedMs: 4_100 },
};

test('step, round, samples, failures, the time left and a bar', () => {
  const lines = progressLines(progress, planOf(3_000, 75_000), steps, 80);
  expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    step 3/6 0.5%, round 2/3: 412 of 1,000 samples, 3 failed; about 40 s left
    [########################.............................] 46%
    "
  `);
});

test('without a number of samples the time tells how far it is', () => {
  // A segment of 18 takes 5 s, of which 4.1 s are over.
  const lines = progressLines(progress, planOf(null, 90_000), steps, 80);
  expect(lines[0]).toBe('step 3/6 0.5%, round 2/3: 412 samples, 3 failed; about 46 s left');
});

test('without a time in the plan the segment that is being measured tells it', () => {
  const one = { ...progress, round: 0, turn: 2, turns: 6, samples: 50, failed: 0, elapsedMs: 600 };
  const [line] = progressLines(one, planOf(100, null), steps, 80);
  // Six segments of 1.2 s, 2.5 of which are over.
  expect(line).toBe('step 3/6 0.5%: 50 of 100 samples; about 4 s left');
  const [early] = progressLines({ ...one, samples: 0 }, planOf(100, null), steps, 80);
  expect(early).toBe('step 3/6 0.5%: 0 of 100 samples');
});

test('the bar is empty at the beginning and full at the end', () => {
  const bar = (turn: number, samples: number) =>
    progressLines({ ...progress, turn, samples }, planOf(3_000, 75_000), steps, 40)[1];
  expect(bar(0, 0)).toBe(`[${'.'.repeat(33)}] 0%`);
  expect(bar(17, 1_000)).toBe(`[${'#'.repeat(33)}] 100%`);
});

test('both fit every terminal', () => {
  fc.assert(
    fc.property(
      fc.record({
        step: fc.nat(8),
        round: fc.nat(3),
        turn: fc.nat(20),
        turns: fc.nat(20),
        samples: fc.nat(),
        failed: fc.nat(),
        elapsedMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
      }),
      fc.option(fc.nat()),
      fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
      fc.integer({ min: 1, max: 120 }),
      (each, samples, totalMs, columns) => {
        const lines = progressLines(each, planOf(samples, totalMs), steps, columns);
        expect(lines).toHaveLength(2);
        expect(lines.filter((line) => line.length > columns)).toEqual([]);
        expect(lines.join('\n')).not.toMatch(/NaN|Infinity|undefined|-\d/);
      },
    ),
    { seed: 4, numRuns: 500 },
  );
});
