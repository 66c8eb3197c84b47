/** Where the steps of ladders stand on the axes of charts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placesOf } from '../../../src/gradient/report/html-axis.js';

function places(...values: number[]) {
  const { at, broken } = placesOf(
    values.map((value, step) => ({ step, value })),
    'loss',
  );
  return { at: at.map((place) => Number(place.toFixed(3))), broken };
}

test.each([
  ['even steps are linear', [0, 1, 2, 4], { at: [0, 0.25, 0.5, 1], broken: false }],
  [
    'the classical ladder is logarithmic, with a break after the baseline',
    [0, 0.001, 0.005, 0.01, 0.025, 0.05],
    { at: [0, 0.2, 0.529, 0.671, 0.858, 1], broken: true },
  ],
  ['what falls gets worse to the right', [0, 100, 10, 1], { at: [0, 0.2, 0.6, 1], broken: true }],
  ['without an order: evenly', [0, 5, 1, 3], { at: [0, 0.333, 0.667, 1], broken: false }],
  ['equal steps: evenly', [0, 2, 2], { at: [0, 0.5, 1], broken: false }],
  [
    'values that have no logarithm: evenly',
    [0, 0, 1, 100],
    { at: [0, 0.333, 0.667, 1], broken: false },
  ],
  ['a step alone', [0, 7], { at: [0, 1], broken: false }],
  ['the baseline alone', [0], { at: [0], broken: false }],
  ['nothing', [], { at: [], broken: false }],
])('%s', (_, values, expected) => {
  expect(places(...values)).toEqual(expected);
});

test('a rate of 0 is no baseline, which stands apart whichever way the ladder goes', () => {
  const rates = (...values: number[]) =>
    placesOf(
      values.map((value, step) => ({ step, value })),
      'rate',
    );
  const [up, down] = [rates(0, 1e6, 1e7, 1e8), rates(0, 1e8, 1e7, 1e6)];
  expect(up).toEqual({ at: [0, 0.2, expect.closeTo(0.6, 9), 1], broken: true });
  expect(down).toEqual({ at: [0, 0.2, expect.closeTo(0.6, 9), 1], broken: true });
  expect(rates(0, 2e6, 4e6, 6e6).broken, 'also where it were linear').toBe(true);
  expect(rates(0, 2e6)).toEqual({ at: [0, 1], broken: true });
  expect(rates(0)).toEqual({ at: [0], broken: false });
});

test('any ladder goes from 0 to 1 and has room between its steps', () => {
  const value = fc.double({ min: 0, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), (values) => {
      const { at } = placesOf(
        [0, ...values].map((each, step) => ({ step, value: each })),
        'loss',
      );
      expect(at[0]).toBe(0);
      expect(at.at(-1)).toBeCloseTo(1, 9);
      const gaps = at.slice(1).map((place, index) => place - at[index]!);
      expect(Math.min(...gaps)).toBeGreaterThan(0.3 / at.length);
    }),
    { seed: 6 },
  );
});
