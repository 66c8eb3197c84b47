import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wrap } from '../../../src/gradient/report/terminal-text.js';
import { align, cut } from '../../../src/text.js';

test('lines are broken at spaces, and indented from the second on', () => {
  expect(wrap('one two three four', 9)).toEqual(['one two', '  three', '  four']);
  expect(wrap('  at 1%: late', 8)).toEqual(['  at 1%:', '    late']);
  expect(wrap('  at 1%: late', 7)).toEqual(['at 1%:', 'late']);
  expect(wrap('', 10)).toEqual(['']);
});

test('a word longer than a line is broken', () => {
  expect(wrap('a dns://198.18.0.2/example.com b', 12)).toEqual([
    'a',
    '  dns://198.',
    '  18.0.2/exa',
    '  mple.com b',
  ]);
});

test('nothing is lost, and nothing is wider than asked', () => {
  fc.assert(
    fc.property(fc.lorem({ maxCount: 20 }), fc.integer({ min: 1, max: 60 }), (text, columns) => {
      const lines = wrap(text, columns);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    }),
    { seed: 2, numRuns: 500 },
  );
});

test('columns are as wide as their widest cell', () => {
  const rows = [
    ['step', 'p50'],
    ['0.5%', '20.4ms'],
  ];
  expect(align(rows, [0])).toEqual(['step     p50', '0.5%  20.4ms']);
});

test('what is cut ends with an ellipsis', () => {
  expect([cut('abcdef', 4), cut('abcd', 4), cut('abc', 1), cut('abc', 0)]).toEqual([
    'abc…',
    'abcd',
    '…',
    '',
  ]);
});
