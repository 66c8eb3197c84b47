import { expect, test } from 'vitest';
import { binomialInterval } from '../../../src/netem/interval.js';
import { ChanceProcess } from '../../../src/netem/stages/chance.js';
import type { Chance } from '../../../src/rules/rule.js';
import { chainOf } from '../../support/loss-theory.js';
import { lossMoments } from '../../support/markov.js';
import { eventsOf, type FakeKit, fakeKit } from '../../support/stage-kit.js';
import { lag1, mean, SIGMAS_999 } from '../../support/statistics.js';

const PACKETS = 400_000;

function chanceEvents(chance: Chance, packets: number, kit: FakeKit = fakeKit()): Uint8Array {
  const process = new ChanceProcess(chance, kit, 'duplicate');
  return eventsOf((packet) => process.happens(packet), packets);
}

test.each([0.001, 0.005, 0.05, 0.5])(
  'without correlation: %d, each packet alike',
  (probability) => {
    const events = chanceEvents({ probability, correlation: 0 }, PACKETS);
    const [lo, hi] = binomialInterval(PACKETS, probability, 0.999);
    const count = mean(events) * PACKETS;
    expect(count).toBeGreaterThanOrEqual(lo);
    expect(count).toBeLessThanOrEqual(hi);
    expect(Math.abs(lag1(events))).toBeLessThan(SIGMAS_999 / Math.sqrt(PACKETS));
  },
);

test.each([0.001, 0.005, 0.05, 0.5])(
  'with correlation the probability stays: %d',
  (probability) => {
    for (const correlation of [0.1, 0.25, 0.75]) {
      const chain = chainOf({ kind: 'corr', probability, correlation });
      const { mean: expected, variance } = lossMoments(chain, PACKETS);
      expect(expected).toBeCloseTo(probability, 12);
      const events = chanceEvents({ probability, correlation }, PACKETS);
      expect(Math.abs(mean(events) - expected) / Math.sqrt(variance)).toBeLessThan(SIGMAS_999);
      // Of some hundred events at least, each correlated with its neighbour.
      const spread = 1 / Math.sqrt(PACKETS * probability);
      expect(Math.abs(lag1(events) - correlation)).toBeLessThan(SIGMAS_999 * spread);
    }
  },
);

test('with correlation 1 it is always as it was for the first packet', () => {
  const firsts = Array.from({ length: 100 }, (_, seed) => {
    const kit = fakeKit({ seed: String(seed) });
    const events = chanceEvents({ probability: 0.5, correlation: 1 }, 50, kit);
    expect(new Set(events).size).toBe(1);
    return events[0];
  });
  const [lo, hi] = binomialInterval(100, 0.5, 0.999);
  expect(mean(firsts) * 100).toBeGreaterThanOrEqual(lo);
  expect(mean(firsts) * 100).toBeLessThanOrEqual(hi);
});

test('0 is never and 1 always, whatever the correlation', () => {
  for (const correlation of [0, 0.25, 1]) {
    expect(mean(chanceEvents({ probability: 0, correlation }, 10_000))).toBe(0);
    expect(mean(chanceEvents({ probability: 1, correlation }, 10_000))).toBe(1);
  }
});

test('each name has its own draws and its own memory', () => {
  const kit = fakeKit();
  const chance = { probability: 0.5, correlation: 0.5 };
  const one = new ChanceProcess(chance, kit, 'corrupt');
  const other = new ChanceProcess(chance, kit, 'duplicate');
  const alone = chanceEvents(chance, 1000);
  const both: number[] = [];
  const events = eventsOf((packet) => {
    both.push(one.happens(packet) ? 1 : 0);
    return other.happens(packet);
  }, 1000);
  expect(events).toEqual(alone);
  expect(both).not.toEqual([...alone]);
});
