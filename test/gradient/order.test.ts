/** The order in which steps and rounds are measured. */
import { expect, test } from 'vitest';
import { turnsOf } from '../../src/gradient/order.js';

const words = (order: Parameters<typeof turnsOf>[2], seed = 'a') =>
  turnsOf(3, 2, order, seed).map(({ step, round }) => `${step}.${round}`);

test('ramp: all rounds of a step, then the next', () => {
  expect(words('ramp')).toEqual(['0.0', '0.1', '1.0', '1.1', '2.0', '2.1']);
});

test('interleaved: all steps in each round', () => {
  expect(words('interleaved')).toEqual(['0.0', '1.0', '2.0', '0.1', '1.1', '2.1']);
});

test('random: each turn once, by the seed', () => {
  expect(words('random')).toEqual(words('random'));
  expect(words('random').toSorted()).toEqual(words('ramp'));
  const orders = new Set(Array.from({ length: 50 }, (_, i) => words('random', `${i}`).join()));
  expect(orders.size).toBeGreaterThan(45);
});
