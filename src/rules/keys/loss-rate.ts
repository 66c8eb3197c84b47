/**
 * What a loss asks for in the long run, to be set beside what happened: the share of packets lost,
 * and the mean length of a run of lost packets. Derived from the stationary states of each model.
 */

import type { Loss, PortRange } from '../rule.js';

type Gemodel = Extract<Loss, { kind: 'gemodel' }>;
type StateModel = Extract<Loss, { kind: 'state' }>;

/** 0 without loss; null for losses that have no rate (`nth`, `first`, a map that does not repeat). */
export function configuredLoss(loss: Loss | null): number | null {
  if (loss === null) return 0;
  switch (loss.kind) {
    case 'random':
      return loss.runMax === null
        ? loss.probability
        : cappedRun(loss.probability, loss.runMax) / (1 + cappedRun(loss.probability, loss.runMax));
    case 'burst':
    case 'corr':
      return loss.probability;
    case 'gemodel':
      return gemodelLoss(loss);
    case 'state': {
      const { gap, burst, lost, alone } = stateShares(loss);
      return (lost + alone) / (gap + burst + lost + alone);
    }
    case 'every':
      return 1 / loss.period;
    case 'map':
      return loss.period === 0 ? null : packetsIn(loss.ranges) / loss.period;
    case 'nth':
    case 'first':
      return null;
  }
}

/** In packets; null where nothing is lost, everything is, or by ordinals that do not repeat. */
export function configuredMeanBurst(loss: Loss | null): number | null {
  const rate = configuredLoss(loss);
  if (loss === null || rate === null || rate === 0 || rate === 1) return null;
  switch (loss.kind) {
    case 'random':
      // Of a run, k packets or more with probability P^(k−1), up to the cap.
      return loss.runMax === null
        ? 1 / (1 - loss.probability)
        : cappedRun(loss.probability, loss.runMax) / loss.probability;
    case 'burst':
      return loss.meanBurst;
    case 'corr':
      return 1 / ((1 - loss.probability) * (1 - loss.correlation));
    case 'gemodel':
      return gemodelMeanBurst(loss, rate);
    case 'state':
      return stateMeanBurst(loss);
    case 'every':
      return 1;
    case 'map':
      return packetsIn(loss.ranges) / runsIn(loss.ranges, loss.period);
    case 'nth':
    case 'first':
      return null;
  }
}

/** The mean number of packets lost between two that pass, when at most `max` in a row are: Σ P^k. */
function cappedRun(probability: number, max: number): number {
  if (probability === 1) return max;
  return (probability * (1 - probability ** max)) / (1 - probability);
}

/** π_good (1 − k) + π_bad (1 − h); it begins in good, and without P and R stays there. */
function gemodelLoss({ p, r, lossInBad, lossInGood }: Gemodel): number {
  return p + r === 0 ? lossInGood : (r * lossInGood + p * lossInBad) / (p + r);
}

/** The rate, divided by how often a lost packet is followed by one that passes. */
function gemodelMeanBurst({ p, r, lossInBad, lossInGood }: Gemodel, rate: number): number | null {
  const bad = p + r === 0 ? 0 : p / (p + r);
  const passAfterGood = (1 - p) * (1 - lossInGood) + p * (1 - lossInBad);
  const passAfterBad = (1 - r) * (1 - lossInBad) + r * (1 - lossInGood);
  const ends = (1 - bad) * lossInGood * passAfterGood + bad * lossInBad * passAfterBad;
  return ends === 0 ? null : rate / ends;
}

/**
 * How often each state is taken, not normalised: from gap to lost with P13 and to alone with P14,
 * from alone always back, from lost to gap with P31 and to burst (good) with P32, from there back
 * with P23.
 */
function stateShares({ p13, p31, p32, p23, p14 }: StateModel) {
  if (p13 === 0) return { gap: 1, burst: 0, lost: 0, alone: p14 };
  if (p32 === 0) return { gap: p31, burst: 0, lost: p13, alone: p14 * p31 };
  return { gap: p31 * p23, burst: p13 * p32, lost: p13 * p23, alone: p14 * p31 * p23 };
}

/** Bursts begin where gap or burst (good) ends in a loss; a loss alone is one. */
function stateMeanBurst(loss: StateModel): number | null {
  const { gap, burst, lost, alone } = stateShares(loss);
  const begins = gap * (loss.p13 + loss.p14) + burst * loss.p23;
  return begins === 0 ? null : (lost + alone) / begins;
}

function packetsIn(ranges: readonly PortRange[]): number {
  return ranges.reduce((sum, { min, max }) => sum + max - min + 1, 0);
}

/** A run over the end of the period goes on at its beginning. */
function runsIn(ranges: readonly PortRange[], period: number): number {
  const last = ranges[ranges.length - 1];
  return ranges[0].min === 1 && last.max === period ? ranges.length - 1 : ranges.length;
}
