/** Rates and mean bursts against long runs of the models, written from their definition. */

import { expect, test } from 'vitest';
import { configuredLoss, configuredMeanBurst } from '../../../src/rules/keys/loss.js';
import type { Loss } from '../../../src/rules/rule.js';
import { impairmentsOf } from '../../support/rule-values.js';

const lossOf = (value: string) => impairmentsOf(`loss ${value}`).loss!;

test.each([
  ['0.5%', 0.005, 1 / 0.995],
  ['0%', 0, null],
  ['100%', 1, null],
  ['0.5% burst 4', 0.005, 4],
  ['20% corr 75%', 0.2, 5],
  ['0% burst 4', 0, null],
  ['every 8', 0.125, 1],
  ['every 1', 1, null],
  ['nth 2', null, null],
  ['first 2', null, null],
  ['map lost.map', 0.05, 5 / 3],
  ['map lost-once.map', null, null],
  ['gemodel 1% 10%', 1 / 11, 10],
  ['gemodel 0% 0%', 0, null],
  ['gemodel 0% 0% 100% 20%', 0.2, 1.25],
  ['gemodel 5% 0% 50%', 0.5, 2], // Bad for ever.
  ['state 0% 0% 0% 0% 25%', 0.2, 1],
  ['state 10% 0%', 1, null], // Lost for ever.
  ['state 10% 20% 30% 0%', 0, null], // Good within a burst for ever.
  ['50% max 1', 1 / 3, 1],
  ['100% max 3', 0.75, 3],
])('%s', (value, rate, meanBurst) => {
  const loss = lossOf(value);
  expectNear(configuredLoss(loss), rate);
  expectNear(configuredMeanBurst(loss), meanBurst);
});

test('none', () => {
  expect([configuredLoss(null), configuredMeanBurst(null)]).toEqual([0, null]);
});

test('a map that is lost over its end', () => {
  const ranges = [
    { min: 1, max: 2 },
    { min: 5, max: 5 },
    { min: 9, max: 10 },
  ];
  const loss: Loss = { kind: 'map', file: 'x', ranges, period: 10 };
  expect([configuredLoss(loss), configuredMeanBurst(loss)]).toEqual([0.5, 2.5]);
});

test.each([
  'gemodel 1% 10% 70% 0.1%',
  'gemodel 30% 60% 80% 20%',
  'state 1% 10% 70% 50% 0.5%',
  'state 20% 30% 40% 70% 10%',
  'state 5% 50% 0% 100% 3%',
  '30% max 2',
])('%s in a long run', (value) => {
  const loss = lossOf(value);
  const packets = 600_000;
  const { rate, meanBurst } = simulate(nextLoss(loss, lcg(1)), packets);
  // Fixed numbers: 3 % are several deviations of the run even where bursts are long.
  expect(Math.abs(configuredLoss(loss)! / rate - 1)).toBeLessThan(0.03);
  expect(Math.abs(configuredMeanBurst(loss)! / meanBurst - 1)).toBeLessThan(0.03);
});

function expectNear(actual: number | null, expected: number | null): void {
  if (expected === null) expect(actual).toBe(null);
  else expect(actual).toBeCloseTo(expected, 12);
}

/** Whether the next packet is lost, by tc-netem(8)'s words for the models. */
function nextLoss(loss: Loss, random: () => number): () => boolean {
  let state = 1;
  switch (loss.kind) {
    case 'gemodel':
      return () => {
        const isLost = random() < (state === 1 ? loss.lossInGood : loss.lossInBad);
        if (random() < (state === 1 ? loss.p : loss.r)) state = 3 - state;
        return isLost;
      };
    case 'state': {
      const { p13, p31, p32, p23, p14 } = loss;
      const ways: Record<number, readonly (readonly [number, number])[]> = {
        1: [
          [p13, 3],
          [p14, 4],
        ],
        2: [[p23, 3]],
        3: [
          [p31, 1],
          [p32, 2],
        ],
        4: [[1, 1]],
      };
      return () => {
        let draw = random();
        for (const [share, next] of ways[state]) {
          if (draw < share) {
            state = next;
            break;
          }
          draw -= share;
        }
        return state > 2;
      };
    }
    case 'random': {
      let run = 0;
      return () => {
        run = random() < loss.probability && run < loss.runMax! ? run + 1 : 0;
        return run > 0;
      };
    }
    default:
      throw new Error(loss.kind);
  }
}

function simulate(isLost: () => boolean, packets: number) {
  let lost = 0;
  let runs = 0;
  let before = false;
  for (let i = 0; i < packets; i++) {
    const now = isLost();
    if (now) lost++;
    if (now && !before) runs++;
    before = now;
  }
  return { rate: lost / packets, meanBurst: lost / runs };
}

/** Park and Miller's generator: fixed numbers. */
function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
