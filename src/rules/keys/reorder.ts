/**
 * `reorder 5%`: tc-netem's, the chosen packet skips the delay; with `gap 5` only each fifth can.
 * `reorder 5% by 3`: it is held until three later packets of its flow have passed.
 */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { REORDER_BY_MAX } from '../limits.js';
import type { Reorder } from '../rule.js';
import { formatProbability } from '../units.js';
import {
  formatCorrelation,
  readCorrelation,
  readCount,
  readOptions,
  readProbability,
} from '../values.js';
import type { Words } from '../words.js';

export const reorder: ImpairmentKey = {
  name: 'reorder',
  summary: 'let a share of the packets skip the delay, or (by N) be overtaken by N others',
  metavar: 'probability',
  usage: '5% | 5% corr 25% | 5% gap 5 | 5% by 3',
  options: ['corr', 'gap', 'by'],
  fields: ['reorder'],
  read: (words) => eachDirection({ reorder: readReorder(words) }),
  format: ({ reorder }) => reorder && formatReorder(reorder),
};

function readReorder(words: Words): Reorder {
  const probability = readProbability(words, 'reorder');
  const readers = {
    corr: readCorrelation,
    gap: () => readCount(words, 'gap'),
    by: () => readCount(words, 'by', REORDER_BY_MAX),
  };
  const { corr: correlation = 0, gap = 1, by } = readOptions(words, readers, ['gap', 'by']);
  if (by !== undefined) return { kind: 'by', count: by, probability, correlation };
  return { kind: 'skip', gap, probability, correlation };
}

function formatReorder(reorder: Reorder): string {
  const share = formatProbability(reorder.probability);
  const corr = formatCorrelation(reorder.correlation);
  if (reorder.kind === 'by') return `${share} by ${reorder.count}${corr}`;
  return `${share}${corr}${reorder.gap === 1 ? '' : ` gap ${reorder.gap}`}`;
}
