/** `duplicate 1%`: the packet comes twice, the copy with a delay of its own. */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import type { Chance } from '../rule.js';
import { formatProbability } from '../units.js';
import { formatCorrelation, readCorrelation, readOptions, readProbability } from '../values.js';
import type { Words } from '../words.js';

export const duplicate: ImpairmentKey = {
  name: 'duplicate',
  summary: 'send a share of the packets twice',
  metavar: 'probability',
  usage: '1% | 1% corr 25%',
  options: ['corr'],
  fields: ['duplicate'],
  read: (words) => eachDirection({ duplicate: readDuplicate(words) }),
  format: ({ duplicate }) =>
    duplicate &&
    `${formatProbability(duplicate.probability)}${formatCorrelation(duplicate.correlation)}`,
};

function readDuplicate(words: Words): Chance {
  const probability = readProbability(words, 'duplicate');
  const { corr = 0 } = readOptions(words, { corr: readCorrelation });
  return { probability, correlation: corr };
}
