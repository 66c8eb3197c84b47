/**
 * Every model of loss loses the share of packets that its definition says, within the 99.9 % interval that
 * the definition's own variance gives: at rates from 0.1 % to 50 %.
 */
import { expect, test } from 'vitest';
import { binomialInterval } from '../../../src/netem/interval.js';
import type { Loss } from '../../../src/rules/rule.js';
import { lossDeviation, lossRate } from '../../support/loss-runs.js';
import { chainOf } from '../../support/loss-theory.js';
import { lossMoments } from '../../support/markov.js';
import { SIGMAS_999 } from '../../support/statistics.js';

const RATES = [0.001, 0.005, 0.05, 0.5];
const PACKETS = 1_000_000;

function gemodelOf(rate: number, r: number): Loss {
  return { kind: 'gemodel', p: (rate * r) / (1 - rate), r, lossInBad: 1, lossInGood: 0 };
}

/** From L = π1(p13/p31 + p14) with p14 = 0: p13 = L·p31 / (1 − L(1 + p32/p23)). */
function stateOf(rate: number): Loss {
  const [p31, p32, p23] = [0.4, 0.05, 0.5];
  return { kind: 'state', p13: (rate * p31) / (1 - rate * (1 + p32 / p23)), p31, p32, p23, p14: 0 };
}

test.each(RATES)('independent loss of %d is that rate', (probability) => {
  const [lo, hi] = binomialInterval(PACKETS, probability, 0.999);
  const lost = lossRate({ kind: 'random', probability, runMax: null }, PACKETS, '2') * PACKETS;
  expect(lost).toBeGreaterThanOrEqual(lo);
  expect(lost).toBeLessThanOrEqual(hi);
});

const chains: Loss[] = RATES.flatMap((probability): Loss[] => [
  { kind: 'burst', probability, meanBurst: 4 },
  { kind: 'corr', probability, correlation: 0.25 },
  gemodelOf(probability, 0.25),
  stateOf(probability),
]);

test.each(chains)('$kind at a given rate is that rate: %j', (loss) => {
  const rate = lossMoments(chainOf(loss), PACKETS).mean;
  expect(RATES.some((wanted) => Math.abs(rate / wanted - 1) < 0.005)).toBe(true);
  expect(Math.abs(lossDeviation(loss, PACKETS, '2'))).toBeLessThan(SIGMAS_999);
});

test('losses by ordinal are counted, not drawn', () => {
  for (const period of [1000, 200, 20, 2]) {
    expect(lossRate({ kind: 'every', period }, 100_000, '2')).toBe(1 / period);
    const ranges = [{ min: 3, max: 3 }];
    const map: Loss = { kind: 'map', file: 'x', ranges, period: period + 2 };
    expect(lossRate(map, 100_000, '2')).toBeCloseTo(1 / (period + 2), 4);
  }
});
