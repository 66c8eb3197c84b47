import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planLines } from '../../../src/gradient/report/plan-lines.js';
import type { Plan, PlannedStep } from '../../../src/gradient/result.js';
import { commandResult, dnsResult } from '../../support/gradient-results.js';

const { steps } = dnsResult();

function planned(step: number, part: Partial<PlannedStep> = {}): PlannedStep {
  return {
    ...{ step, samples: 1_000, metric: 'late', expected: 0.0199, precision: 0.435, needed: 18_900 },
    ...part,
  };
}

const baseline = planned(0, { expected: null, precision: null, needed: null });

test('samples, what is expected, and how exactly it will be known', () => {
  const plan: Plan = {
    totalMs: 70_000,
    steps: [
      baseline,
      planned(1, { expected: 0.002, precision: 1.385, needed: 192_000 }),
      planned(2, { precision: 0.002 }),
    ],
  };
  expect(`\n${planLines(plan, steps, 80).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    3 steps with the baseline, about 1 min 10 s
    step      samples    expected  precision   needed
    baseline    1,000
    0.1%        1,000   late 0.2%      ±140%  192,000
    0.5%        1,000  late 1.99%      ±0.2%   18,900
    precision: half of the 95% interval, of what is expected
    warning: with the samples needed at 0.1%, 0.5% it would take 1 h 22 min; it
      stays less precise
    "
  `);
});

test('a long measurement is warned of, and so is precision that would be long', () => {
  const long = { totalMs: 31 * 60_000, steps: [baseline, planned(1, { needed: 500 })] };
  expect(planLines(long, steps, 200).at(-1)).toBe(
    'warning: this takes 31 min; with fewer samples it is shorter (--count, --precision, --repeat)',
  );
  // 1000 + 1000 samples take 10 min, and 1000 + 18,900 are needed.
  const short = { totalMs: 600_000, steps: [baseline, planned(1)] };
  expect(planLines(short, steps, 200).at(-1)).toBe(
    'warning: with the samples needed at 0.1% it would take 1 h 39 min; it stays less precise',
  );
  const quick = { totalMs: 60_000, steps: [baseline, planned(1)] };
  expect(planLines(quick, steps, 200).join('\n')).not.toContain('warning');
});

test('nobody knows how long a command takes', () => {
  const nothing = { samples: null, metric: null, expected: null, precision: null, needed: null };
  const plan = { totalMs: null, steps: steps.map(({ index }) => planned(index, nothing)) };
  expect(planLines(plan, steps, 80)).toEqual([
    '6 steps with the baseline, nobody can tell how long that takes',
  ]);
});

test('no line is wider than the terminal', () => {
  const plans = [dnsResult(), commandResult()];
  const option = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary);
  fc.assert(
    fc.property(
      fc.constantFrom(...plans),
      option(fc.double({ min: 0, max: 1e12, noNaN: true })),
      fc.integer({ min: 1, max: 120 }),
      ({ plan, steps }, totalMs, columns) => {
        const lines = planLines({ ...plan, totalMs }, steps, columns);
        expect(lines.filter((line) => line.length > columns)).toEqual([]);
        expect(lines.join('\n')).not.toMatch(/NaN|undefined|null/);
      },
    ),
    { seed: 3, numRuns: 200 },
  );
});
