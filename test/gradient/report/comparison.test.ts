import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Comparison, ComparisonRow } from '../../../src/gradient/analysis/comparison.js';
import { comparisonLines } from '../../../src/gradient/report/comparison.js';

function row(part: Partial<ComparisonRow>): ComparisonRow {
  return {
    ...{ label: '1%', before: 3, after: 3, metric: 'latency', kind: 'time', figure: 'p99' },
    valueBefore: { value: 121, low: 120.2, high: 122 },
    valueAfter: { value: 180, low: 171, high: 1_190 },
    ...{ difference: 59, ratio: 1.4876, pValue: 0.00002, test: 'signed rank, paired' },
    verdict: 'worse',
    ...part,
  };
}

const rows: readonly ComparisonRow[] = [
  row({ label: 'baseline', verdict: 'same', difference: 0, ratio: 1, pValue: 1 }),
  row({}),
  row({
    ...{ metric: 'late', kind: 'share', figure: 'share', difference: -0.021, ratio: 0.3 },
    valueBefore: { value: 0.03, low: 0.02, high: 0.04 },
    valueAfter: { value: 0.009, low: 0.004, high: 0.013 },
    ...{ pValue: 0.0031, test: 'McNemar, paired', verdict: 'better' },
  }),
  row({
    label: '5%',
    valueAfter: { value: null, low: 900, high: null },
    difference: null,
    ratio: null,
  }),
  row({ label: '10%', before: null, valueBefore: null, pValue: null, verdict: 'incomparable' }),
];

const comparison: Comparison = {
  ...{ rows, regressions: 2, improvements: 1, missing: 0, paired: true, minimum: 0.05 },
  notes: ['the second was measured with another kernel: 6.9.0 instead of 6.8.0'],
};

test('what changed stands in a table, the worse first', () => {
  expect(`\n${comparisonLines(comparison, 130).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    2 regressions, 1 improvement in 4 figures, 1 other not comparable
    compared sample by sample, as their draws are the same; changes below 5%, or within the tool's own lateness, do not count

    step  figure                before                after   change  ratio       p  test
    1%    latency p99  121ms (120–122)  180ms (171ms–1.19s)  +59.0ms  ×1.49  <0.001  signed rank, paired  worse
    5%    latency p99  121ms (120–122)     failed (900ms–∞)        –      –  <0.001  signed rank, paired  worse
    1%    late                3% (2–4)       0.9% (0.4–1.3)   -2.1pp   ×0.3  0.0031  McNemar, paired      better

    note: the second was measured with another kernel: 6.9.0 instead of 6.8.0
    "
  `);
});

test('80 columns', () => {
  expect(`\n${comparisonLines(comparison, 80).join('\n')}\n`).toMatchInlineSnapshot(`
    "
    2 regressions, 1 improvement in 4 figures, 1 other not comparable
    compared sample by sample, as their draws are the same; changes below 5%, or
      within the tool's own lateness, do not count

    step  figure       before   after   change  ratio       p
    1%    latency p99   121ms   180ms  +59.0ms  ×1.49  <0.001  worse
    5%    latency p99   121ms  failed        –      –  <0.001  worse
    1%    late             3%    0.9%   -2.1pp   ×0.3  0.0031  better

    note: the second was measured with another kernel: 6.9.0 instead of 6.8.0
    "
  `);
});

test('nothing changed', () => {
  const same = { ...comparison, rows: [rows[0]!], regressions: 0, improvements: 0, notes: [] };
  expect(comparisonLines({ ...same, paired: false }, 80)).toEqual([
    'no regressions, no improvements in 1 figure',
    "compared as independent samples; changes below 5%, or within the tool's own",
    '  lateness, do not count',
  ]);
});

test('what only the first has is counted and shown', () => {
  const gone = row({
    ...{ label: '5%', after: null, valueAfter: null, difference: null, ratio: null },
    ...{ pValue: null, test: '', verdict: 'missing' },
  });
  const lines = comparisonLines({ ...comparison, rows: [gone, ...rows], missing: 1 }, 130);
  expect(lines[0]).toBe(
    '2 regressions, 1 improvement in 4 figures, 1 missing in the second, 1 other not comparable',
  );
  expect(lines.find((line) => line.endsWith('missing'))).toMatch(/^5% +latency p99 +121ms/);
});

test('any words fit any terminal', () => {
  const word = fc.string({ unit: 'binary', maxLength: 40 });
  fc.assert(
    fc.property(
      word,
      word,
      word,
      fc.integer({ min: 1, max: 150 }),
      (label, metric, note, columns) => {
        const mangled = rows.map((each) => ({ ...each, label, metric }));
        for (const line of comparisonLines(
          { ...comparison, rows: mangled, notes: [note] },
          columns,
        )) {
          expect(line.length).toBeLessThanOrEqual(columns);
          expect(line).not.toMatch(/[\p{Cc}]|undefined|NaN/u);
        }
      },
    ),
    { seed: 8, numRuns: 300 },
  );
});
