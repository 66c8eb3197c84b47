import { expect, test } from 'vitest';
import { canonical, impairmentsOf } from '../../support/rule-values.js';

test.each([
  ['0.5%', { kind: 'random', probability: 0.005, runMax: null }],
  ['random 0.5%', { kind: 'random', probability: 0.005, runMax: null }],
  ['0.5% max 3', { kind: 'random', probability: 0.005, runMax: 3 }],
  ['0.5% burst 4', { kind: 'burst', probability: 0.005, meanBurst: 4 }],
  ['50% burst 1', { kind: 'burst', probability: 0.5, meanBurst: 1 }],
  ['0.5% corr 25%', { kind: 'corr', probability: 0.005, correlation: 0.25 }],
  ['0.5% corr 0%', { kind: 'random', probability: 0.005, runMax: null }],
  ['gemodel 1%', { kind: 'gemodel', p: 0.01, r: 0.99, lossInBad: 1, lossInGood: 0 }],
  ['gemodel 1% 10%', { kind: 'gemodel', p: 0.01, r: 0.1, lossInBad: 1, lossInGood: 0 }],
  [
    'gemodel 1% 10% 70% 0.1%',
    { kind: 'gemodel', p: 0.01, r: 0.1, lossInBad: 0.7, lossInGood: 0.001 },
  ],
  ['state 1%', { kind: 'state', p13: 0.01, p31: 0.99, p32: 0, p23: 1, p14: 0 }],
  [
    'state 1% 10% 70% 50% 0.5%',
    { kind: 'state', p13: 0.01, p31: 0.1, p32: 0.7, p23: 0.5, p14: 0.005 },
  ],
  [
    'nth 7,2,10-12,3',
    {
      kind: 'nth',
      ranges: [
        { min: 2, max: 3 },
        { min: 7, max: 7 },
        { min: 10, max: 12 },
      ],
    },
  ],
  ['first 3', { kind: 'first', count: 3 }],
  ['every 100', { kind: 'every', period: 100 }],
  [
    'map lost-once.map',
    { kind: 'map', file: 'lost-once.map', ranges: [{ min: 1, max: 4 }], period: 0 },
  ],
])('%s', (value, loss) => {
  expect(impairmentsOf(`loss ${value}`).loss).toEqual(loss);
});

test.each([
  ['gemodel 1% 99%', 'gemodel 1%'],
  ['gemodel 70% 30% 100%', 'gemodel 70%'],
  ['gemodel 1% 99% 100% 0.1%', 'gemodel 1% 99% 100% 0.1%'],
  ['gemodel 1% 10% 100% 0%', 'gemodel 1% 10%'],
  ['state 1% 99% 0% 100% 0%', 'state 1%'],
  ['state 10% 90% 0% 50%', 'state 10% 90% 0% 50%'],
  ['0.5% corr 0', '0.5%'],
  ['.50% BURST 2.50', '0.5% burst 2.5'],
  ['Random 1% Max 03', '1% max 3'],
  ['80% burst 4', '80% burst 4'], // 0.8 / (1 − 0.8) is a little more than 4 in doubles.
  ['map lost.map', 'map lost.map'],
])('%s → %s', (value, expected) => {
  expect(canonical(`loss ${value}`)).toBe(`loss ${expected}`);
});
