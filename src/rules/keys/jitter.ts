/**
 * `jitter 10ms`: the delay varies evenly by up to 10 ms both ways; with `normal`, `pareto`,
 * `paretonormal` or a file 10 ms is the law's unit (netem/distribution/quantile.ts). Order is kept,
 * unless `unordered` lets packets overtake each other.
 */

import type { RuleFiles } from '../files/rule-files.js';
import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import type { Distribution, Jitter } from '../rule.js';
import { formatDuration } from '../units.js';
import { formatCorrelation, readCorrelation, readHoldNs, readOptions } from '../values.js';
import { type Words, wrong } from '../words.js';
import { DISTRIBUTION_NAMES, formatDistribution, takeDistribution } from './distribution.js';

export const jitter: ImpairmentKey = {
  name: 'jitter',
  summary: 'variation of the delay',
  metavar: 'duration',
  usage: '10ms | 10ms normal | 10ms FILE | 10ms corr 25% | 10ms unordered',
  options: [...DISTRIBUTION_NAMES, 'corr', 'unordered'],
  fields: ['jitter'],
  read: (words, files) => eachDirection({ jitter: readJitter(words, files) }),
  format: ({ jitter }) => jitter && formatJitter(jitter),
};

function readJitter(words: Words, files: RuleFiles): Jitter {
  refuseNothingToCorrelate(words);
  const spreadNs = readHoldNs(words, 'jitter');
  const distribution = takeDistribution(words, files) ?? UNIFORM;
  const { corr = 0, unordered = false } = readOptions(words, {
    corr: readCorrelation,
    unordered: () => true,
  });
  return { spreadNs, distribution, correlation: corr, unordered };
}

const UNIFORM: Distribution = { kind: 'uniform' };

function refuseNothingToCorrelate(words: Words): void {
  const word = words.peek();
  if (word?.text.toLowerCase() !== 'corr') return;
  const sentence = 'corr needs a jitter to correlate, as in jitter 10ms corr 25%';
  throw wrong(word, 'E_RULE_SYNTAX', sentence);
}

function formatJitter({ spreadNs, distribution, correlation, unordered }: Jitter): string {
  const shape = distribution.kind === 'uniform' ? '' : ` ${formatDistribution(distribution)}`;
  const corr = formatCorrelation(correlation);
  return `${formatDuration(spreadNs)}${shape}${corr}${unordered ? ' unordered' : ''}`;
}
