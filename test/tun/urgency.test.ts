import { expect, test } from 'vitest';
import { Urgency } from '../../src/tun/urgency.js';

function watched() {
  const set: number[] = [];
  return { set, urgency: new Urgency((nice) => set.push(nice)) };
}

test('it presses from the start, and says nothing twice', () => {
  const { set, urgency } = watched();
  expect(set).toEqual([-10]);
  urgency.configure(true);
  urgency.configure(false);
  urgency.review(0, 0);
  urgency.review(1e8, 10);
  expect(set).toEqual([-10]);
});

test('bulk makes it patient, until there is none any more', () => {
  const { set, urgency } = watched();
  urgency.configure(false);
  urgency.review(5, 0);
  expect(urgency.reviewNs[0]).toBe(1e8 + 5);
  urgency.review(1e8, 64);
  urgency.review(2e8, 10_000);
  expect(set).toEqual([-10, 0]);
  urgency.review(3e8, 10_063);
  expect(set).toEqual([-10, 0, -10]);
});

test('where packets wait for their time it presses, bulk or not', () => {
  const { set, urgency } = watched();
  urgency.configure(true);
  urgency.review(0, 1_000);
  expect(set).toEqual([-10]);
  urgency.configure(false);
  urgency.review(1e8, 2_000);
  expect(set).toEqual([-10, 0]);
  urgency.configure(true);
  expect(set).toEqual([-10, 0, -10]);
});
