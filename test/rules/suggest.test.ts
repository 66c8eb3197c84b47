import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../src/rules/suggest.js';

test.each([
  ['', '', 0],
  ['udp', 'udp', 0],
  ['upd', 'udp', 1],
  ['ud', 'udp', 1],
  ['uddp', 'udp', 1],
  ['utp', 'udp', 1],
  ['dpu', 'udp', 2],
  ['', 'loss', 4],
  ['kitten', 'sitting', 3],
])('%s and %s are %i apart', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});

test('the nearest word, if it is near', () => {
  const known = ['loss', 'delay', 'jitter'];
  expect(nearest('LOS', known)).toBe('loss');
  expect(nearest('jiter', known)).toBe('jitter');
  expect(nearest('jtr', known)).toBe(null);
  expect(nearest('latency', known)).toBe(null);
  expect(nearest('l'.repeat(100_000), known)).toBe(null);
  expect(nearest('m', ['s'])).toBe(null); // Every word of one letter is one replacement away.
});
