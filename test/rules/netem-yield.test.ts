import { expect, test } from 'vitest';
import { netemWarning, netemYield } from '../../src/rules/netem-yield.js';
import { impairmentsOf } from '../support/rule-values.js';

/** Realized losses of 100,000 packets and more on Linux 6.1, and of the formula over millions. */
test.each([
  [0.1, 0.25, 0.0175],
  [0.05, 0.25, 0.0019],
  [0.2, 0.25, 0.102],
  [0.2, 0.75, 0.00115],
  [0.3, 0.5, 0.129],
  [0.5, 0.25, 0.5],
  [0.005, 0.1, 2.1e-5],
  [0.01, 0.05, 8.6e-4],
  [0.4, 0.95, 0.015],
  [0.45, 0.99, 0.0072],
])('%d with a correlation of %d yields %d', (probability, correlation, expected) => {
  const real = netemYield(probability, correlation);
  expect(Math.abs(real / expected - 1)).toBeLessThan(0.03);
});

test('where nothing or everything is asked for, or without correlation, it is as asked', () => {
  expect([netemYield(0, 0.5), netemYield(1, 0.5), netemYield(0.3, 0)]).toEqual([0, 1, 0.3]);
});

test('the more is asked for, the more comes', () => {
  for (const correlation of [0.001, 0.1, 0.5, 0.9, 0.999]) {
    const yields = Array.from({ length: 101 }, (_, i) => netemYield(i / 100, correlation));
    expect(yields.every((share, i) => i === 0 || share > yields[i - 1] - 1e-9)).toBe(true);
    yields.forEach((share, i) => {
      expect(share + yields[100 - i]).toBeCloseTo(1, 6); // It is symmetric about one half.
    });
  }
});

test.each([
  [
    'loss 10% corr 25%',
    "loss 10% corr 25% really loses 1.8% (netem's correlated numbers are not uniform)",
  ],
  [
    'loss 0.3% corr 25%',
    "loss 0.3% corr 25% really loses nothing (netem's correlated numbers are not uniform)",
  ],
  [
    'duplicate 1% corr 5% corrupt 20% corr 75%',
    'corrupt 20% corr 75% really corrupts 0.12%, duplicate 1% corr 5% really duplicates 0.086% ' +
      "(netem's correlated numbers are not uniform)",
  ],
  [
    'delay 10ms reorder 25% corr 50%',
    "reorder 25% corr 50% really reorders 6.9% (netem's correlated numbers are not uniform)",
  ],
  [
    'jitter 10ms normal corr 25%',
    'jitter 10ms corr 25% is not correlated (netem uses a remainder of its correlated numbers)',
  ],
  [
    'jitter 10ms corr 25% loss 10% corr 25%',
    "loss 10% corr 25% really loses 1.8% (netem's correlated numbers are not uniform); " +
      'jitter 10ms corr 25% is not correlated (netem uses a remainder of its correlated numbers)',
  ],
])('%s', (text, warning) => {
  expect(netemWarning(impairmentsOf(`${text} compat netem`))).toBe(`compat netem: ${warning}`);
});

test.each(['loss 10%', 'loss 50% corr 25%', 'gemodel', 'jitter 10ms', 'delay 10ms'])(
  'nothing to warn of: %s',
  (text) => {
    const value = text === 'gemodel' ? 'loss gemodel 1% 10%' : text;
    expect(netemWarning(impairmentsOf(`${value} compat netem`))).toBe(null);
  },
);

test('without compat netem correlations are true', () => {
  expect(netemWarning(impairmentsOf('loss 10% corr 25%'))).toBe(null);
});
