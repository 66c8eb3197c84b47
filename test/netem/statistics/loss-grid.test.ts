/**
 * The chains of loss, over a grid of all their parameters: each point within the 99.9 % interval that the
 * definition gives, and all points together scattered as they should be.
 */
import { expect, test } from 'vitest';
import type { Loss } from '../../../src/rules/rule.js';
import { lossDeviation, lossRate } from '../../support/loss-runs.js';
import { chainOf } from '../../support/loss-theory.js';
import { lossMoments } from '../../support/markov.js';
import { kolmogorovSmirnov, normalCdf, SIGMAS_999 } from '../../support/statistics.js';

const PACKETS = 100_000;
const SHARES = [0.005, 0.05, 0.2, 0.5];

function* burstGrid(): Generator<Loss> {
  for (const probability of [...SHARES, 0.8]) {
    for (const meanBurst of [1, 1.5, 2, 4, 10, 25]) {
      // Elsewhere so many losses find no room in bursts so short.
      if (probability <= meanBurst / (meanBurst + 1))
        yield { kind: 'burst', probability, meanBurst };
    }
  }
}

function* corrGrid(): Generator<Loss> {
  for (const probability of [...SHARES, 0.9]) {
    for (const correlation of [0, 0.1, 0.25, 0.5, 0.9])
      yield { kind: 'corr', probability, correlation };
  }
}

function* gemodelGrid(): Generator<Loss> {
  for (const p of [0.01, 0.1, 0.8]) {
    for (const r of [0.05, 0.3, 0.9]) {
      for (const lossInBad of [0.2, 0.95]) {
        for (const lossInGood of [0, 0.01, 0.3]) {
          yield { kind: 'gemodel', p, r, lossInBad, lossInGood };
        }
      }
    }
  }
}

function* stateGrid(): Generator<Loss> {
  for (const p13 of [0.01, 0.1, 0.4]) {
    for (const p31 of [0.05, 0.6]) {
      for (const p32 of [0, 0.3]) {
        for (const p23 of [0.1, 1]) {
          for (const p14 of [0, 0.02, 0.5]) yield { kind: 'state', p13, p31, p32, p23, p14 };
        }
      }
    }
  }
}

function* runMaxGrid(): Generator<Loss> {
  for (const probability of [...SHARES, 0.9, 1]) {
    for (const runMax of [1, 2, 5]) yield { kind: 'random', probability, runMax };
  }
}

test.each([
  ['burst', burstGrid],
  ['corr', corrGrid],
  ['gemodel', gemodelGrid],
  ['state', stateGrid],
  ['random with a limit', runMaxGrid],
] as const)('over a grid of parameters: %s', (name, grid) => {
  const deviations: number[] = [];
  for (const loss of grid()) {
    // Each point has a seed of its own, else their deviations would be alike.
    const seed = `${name} ${deviations.length}`;
    const sigmas = lossDeviation(loss, PACKETS, seed);
    if (!Number.isFinite(sigmas)) {
      // Without variance: every packet's fate is certain in the long run.
      expect(lossRate(loss, PACKETS, seed)).toBeCloseTo(lossMoments(chainOf(loss), 1000).mean, 4);
      continue;
    }
    expect(Math.abs(sigmas), JSON.stringify(loss)).toBeLessThan(SIGMAS_999);
    deviations.push(sigmas);
  }
  // As many deviations are small, or large, as should be: neither rate nor variance is off anywhere.
  expect(kolmogorovSmirnov(deviations, normalCdf).pValue).toBeGreaterThan(0.01);
});
