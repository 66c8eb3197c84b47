/**
 * `loss 0.5%` and its relatives: each packet alike and independently, in bursts, by the models of
 * tc-netem, or by the packet's ordinal in its flow and direction (`nth`, `first`, `every`, `map`).
 */

import { parseLossMap } from '../files/loss-map.js';
import { type RuleFiles, readFileAt } from '../files/rule-files.js';
import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { quoted } from '../problem.js';
import type { Loss } from '../rule.js';
import { didYouMean } from '../suggest.js';
import { PACKETS, parseCount, wrongValue } from '../values.js';
import type { Words } from '../words.js';
import { formatLossModel, readGemodel, readRandomLoss, readStateModel } from './loss-models.js';
import { formatOrdinals, parseOrdinals } from './ordinals.js';

export { configuredLoss, configuredMeanBurst } from './loss-rate.js';

/** What may follow a probability. */
const RANDOM_OPTIONS = ['burst', 'corr', 'max'];

export const loss: ImpairmentKey = {
  name: 'loss',
  summary: 'lose a share of the packets, in one of many ways, or certain ones',
  metavar: 'probability',
  usage: [
    '0.5% | 0.5% max 3 | 0.5% burst 4 | 0.5% corr 25%',
    'gemodel 1% 10% 70% 0.1% | state 1% 10% 5% 50% 0.1%',
    'nth 2,7,10-12 | first 3 | every 100 | map FILE',
  ].join(' | '),
  options: [...RANDOM_OPTIONS, 'gemodel', 'state', 'nth', 'first', 'every', 'map'],
  fields: ['loss'],
  read: (words, files) => eachDirection({ loss: readLoss(words, files) }),
  format: ({ loss }) => loss && formatLoss(loss),
};

type LossReader = (words: Words, files: RuleFiles) => Loss;

const READERS: Readonly<Record<string, LossReader>> = {
  random: readRandomLoss, // tc's word for it.
  gemodel: readGemodel,
  state: readStateModel,
  nth: (words) => {
    const list = words.need('nth needs a list, as in nth 2,7,10-12');
    return { kind: 'nth', ranges: parseOrdinals(list) };
  },
  first: (words) => {
    const count = words.need('first needs a number, as in first 3');
    return { kind: 'first', count: parseCount(count, PACKETS) };
  },
  every: (words) => {
    const period = words.need('every needs a number, as in every 100');
    return { kind: 'every', period: parseCount(period, PACKETS) };
  },
  map: (words, files) => {
    const word = words.need('map needs a file, as in map lost.txt');
    return { kind: 'map', file: word.text, ...readFileAt(word, files, parseLossMap) };
  },
};

function readLoss(words: Words, files: RuleFiles): Loss {
  const word = words.peek();
  const kind = word?.text.toLowerCase() ?? '';
  if (word === undefined || !/^[a-z]/.test(kind)) return readRandomLoss(words);
  if (Object.hasOwn(READERS, kind)) {
    words.take();
    return READERS[kind](words, files);
  }
  if (RANDOM_OPTIONS.includes(kind)) {
    throw wrongValue(word, `${kind} follows a probability, as in loss 0.5% ${kind} …`, MEND);
  }
  const hint = didYouMean(word.text, Object.keys(READERS));
  throw wrongValue(word, `unknown kind of loss ${quoted(word.text)}${hint}`, MEND);
}

const MEND = `loss: ${loss.usage}`;

function formatLoss(loss: Loss): string {
  switch (loss.kind) {
    case 'nth':
      return `nth ${formatOrdinals(loss.ranges)}`;
    case 'first':
      return `first ${loss.count}`;
    case 'every':
      return `every ${loss.period}`;
    case 'map':
      return `map ${loss.file}`;
    default:
      return formatLossModel(loss);
  }
}
