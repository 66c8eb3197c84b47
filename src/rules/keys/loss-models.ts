/**
 * The ways to lose packets by chance: `0.5%` with `max`, `burst` or `corr`, and tc-netem's `gemodel`
 * (Gilbert-Elliott) and `state` (four states), with its names and defaults (tc-netem(8)).
 */

import { LOSS_BURST_MAX } from '../limits.js';
import { quoted } from '../problem.js';
import type { Loss } from '../rule.js';
import { formatProbability, parseProbability } from '../units.js';
import {
  formatCorrelation,
  isNumeric,
  readCorrelation,
  readCount,
  readOptions,
  readProbability,
  wrongValue,
} from '../values.js';
import { readWord, type Word, type Words } from '../words.js';

type ModelLoss = Extract<Loss, { kind: 'random' | 'burst' | 'corr' | 'gemodel' | 'state' }>;

export function readRandomLoss(words: Words): ModelLoss {
  const probability = readProbability(words, 'loss');
  const readers = {
    burst: () => readMeanBurst(words, probability),
    corr: readCorrelation,
    max: () => readCount(words, 'max'),
  };
  const { burst, corr = 0, max = null } = readOptions(words, readers, ['burst', 'corr', 'max']);
  if (burst !== undefined) return { kind: 'burst', probability, meanBurst: burst };
  if (corr !== 0) return { kind: 'corr', probability, correlation: corr };
  return { kind: 'random', probability, runMax: max };
}

/** The next burst cannot begin before a packet has passed: B ≥ L / (1 − L). */
function readMeanBurst(words: Words, probability: number): number {
  const word = words.need('burst needs a mean number of packets, as in burst 4');
  if (!/^(\d{1,9}\.?\d{0,30}|\.\d{1,30})$/.test(word.text)) {
    throw wrongValue(word, `${quoted(word.text)} is not a mean number of packets, as in burst 4`);
  }
  const meanBurst = Number(word.text);
  if (meanBurst < 1) throw wrongValue(word, `a burst has at least 1 packet, not ${word.text}`);
  if (meanBurst > LOSS_BURST_MAX) {
    throw wrongValue(
      word,
      `${word.text} is more than ${LOSS_BURST_MAX} packets, the longest burst`,
    );
  }
  if (probability === 1) {
    throw wrongValue(word, 'where everything is lost a burst has no end', 'loss 100%');
  }
  const least = probability / (1 - probability);
  if (meanBurst < least * (1 - 1e-9)) {
    const shown = Math.ceil(least * (1 - 1e-9) * 100) / 100;
    const share = formatProbability(probability);
    throw wrongValue(
      word,
      `to lose ${share} bursts are ${shown} packets or longer`,
      `burst ${shown}`,
    );
  }
  return meanBurst;
}

export function readGemodel(words: Words): ModelLoss {
  const given = readShares(words, 'gemodel', 4);
  const [p, r, lossInBad, lossInGood] = withDefaults(given.shares, gemodelDefaults);
  return { kind: 'gemodel', p, r, lossInBad, lossInGood };
}

export function readStateModel(words: Words): ModelLoss {
  const { shares, word } = readShares(words, 'state', 5);
  const [p13, p31, p32, p23, p14] = withDefaults(shares, stateDefaults);
  refuseMoreThanAll('P31 and P32 leave state 3', p31 + p32, word(2));
  refuseMoreThanAll('P13 and P14 leave state 1', p13 + p14, word(4));
  return { kind: 'state', p13, p31, p32, p23, p14 };
}

/** Up to `max` probabilities, of which the first is needed, and the word of each or the last. */
function readShares(words: Words, model: string, max: number) {
  const taken: Word[] = [words.need(`${model} needs a probability, as in ${model} 1% 10%`)];
  while (taken.length < max && isNumeric(words.peek())) taken.push(words.take()!);
  const shares = taken.map((word) => readWord(word, parseProbability));
  return { shares, word: (i: number) => taken[Math.min(i, taken.length - 1)] };
}

function refuseMoreThanAll(what: string, sum: number, word: Word): void {
  if (sum <= 1 + 1e-9) return;
  const share = formatProbability(Number(sum.toPrecision(12)));
  throw wrongValue(word, `${what}, together at most 100% and not ${share}`);
}

/** The defaults may depend on the first parameter. */
type Defaults = (first: number) => readonly number[];

/** P, R = 1 − P, 1-H = 100 %, 1-K = 0 %. */
const gemodelDefaults: Defaults = (p) => [p, complement(p), 1, 0];

/** P13, P31 = 1 − P13, P32 = 0 %, P23 = 100 %, P14 = 0 %. */
const stateDefaults: Defaults = (p13) => [p13, complement(p13), 0, 1, 0];

/** 1 − 0.7 is 0.3 here, and not 0.30000000000000004, so that it is what `30%` is. */
function complement(probability: number): number {
  return Number((1 - probability).toPrecision(15));
}

function withDefaults(given: readonly number[], defaults: Defaults): number[] {
  return defaults(given[0]).map((value, i) => given[i] ?? value);
}

function withoutDefaults(values: readonly number[], defaults: Defaults): string {
  const usual = defaults(values[0]);
  let count = values.length;
  while (count > 1 && values[count - 1] === usual[count - 1]) count--;
  return values.slice(0, count).map(formatProbability).join(' ');
}

export function formatLossModel(loss: ModelLoss): string {
  switch (loss.kind) {
    case 'random':
      return `${formatProbability(loss.probability)}${loss.runMax === null ? '' : ` max ${loss.runMax}`}`;
    case 'burst':
      return `${formatProbability(loss.probability)} burst ${loss.meanBurst}`;
    case 'corr':
      return `${formatProbability(loss.probability)}${formatCorrelation(loss.correlation)}`;
    case 'gemodel': {
      const { p, r, lossInBad, lossInGood } = loss;
      return `gemodel ${withoutDefaults([p, r, lossInBad, lossInGood], gemodelDefaults)}`;
    }
    case 'state': {
      const { p13, p31, p32, p23, p14 } = loss;
      return `state ${withoutDefaults([p13, p31, p32, p23, p14], stateDefaults)}`;
    }
  }
}
