import { expect, test } from 'vitest';
import { Counter } from '../../../src/netem/counters.js';
import { binomialInterval } from '../../../src/netem/interval.js';
import { Stream } from '../../../src/netem/random.js';
import { lossStage } from '../../../src/netem/stages/loss.js';
import { Judgement, ORDINAL } from '../../../src/netem/stages/stage.js';
import type { Loss } from '../../../src/rules/rule.js';

const stream = new Stream('1', 'any', 'out', 'loss');

/** The ordinals, of the first `count` packets of a flow, that are lost. */
function lostOrdinals(loss: Loss, count: number, first = 1): number[] {
  const stage = lossStage(loss, stream);
  const packet = new Judgement();
  const lost = [];
  for (let ordinal = first; ordinal < first + count; ordinal++) {
    packet.values[ORDINAL] = ordinal;
    packet.ordinalLow = ordinal | 0;
    packet.ordinalHigh = Math.floor(ordinal / 2 ** 32);
    if (stage.apply(packet) === Counter.droppedLoss) lost.push(ordinal);
  }
  return lost;
}

test('nth, first and every go by the ordinal', () => {
  const nth: Loss = {
    kind: 'nth',
    ranges: [
      { min: 2, max: 2 },
      { min: 5, max: 6 },
    ],
  };
  expect(lostOrdinals(nth, 100)).toEqual([2, 5, 6]);
  expect(lostOrdinals({ kind: 'first', count: 3 }, 100)).toEqual([1, 2, 3]);
  expect(lostOrdinals({ kind: 'every', period: 30 }, 100)).toEqual([30, 60, 90]);
});

test('ordinals beyond 2^32 are as good as others', () => {
  const first = 2 ** 32 - 50;
  const period = 2 ** 31;
  expect(lostOrdinals({ kind: 'every', period }, 100, first)).toEqual([2 ** 32]);
  const half: Loss = { kind: 'random', probability: 0.5 };
  const lost = lostOrdinals(half, 10_000, 2 ** 32).map((ordinal) => ordinal - 2 ** 32);
  expect(lost).not.toEqual(lostOrdinals(half, 10_000, 0));
  expect(Math.abs(lost.length - 5000)).toBeLessThan(200);
});

test.each([0.00001, 0.005, 0.2, 0.5, 0.999])('random loss of %d is that rate', (probability) => {
  const [lo, hi] = binomialInterval(1_000_000, probability, 0.999);
  const { length } = lostOrdinals({ kind: 'random', probability }, 1_000_000);
  expect(length).toBeGreaterThanOrEqual(lo);
  expect(length).toBeLessThanOrEqual(hi);
});

test('0 loses nothing and 1 everything', () => {
  expect(lostOrdinals({ kind: 'random', probability: 0 }, 100_000).length).toBe(0);
  expect(lostOrdinals({ kind: 'random', probability: 1 }, 100_000).length).toBe(100_000);
});
