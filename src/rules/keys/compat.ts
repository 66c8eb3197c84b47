/** `compat netem`: tc-netem's own arithmetic, for comparison, with what it does to correlations. */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { readChoice } from '../values.js';

export const compat: ImpairmentKey = {
  name: 'compat',
  summary: "tc-netem's own arithmetic, with its defects, for comparison",
  metavar: 'netem',
  usage: 'netem',
  options: ['netem'],
  fields: ['compat'],
  read: (words) =>
    eachDirection({ compat: readChoice(words, 'compat', ['netem'], 'value of compat') }),
  format: ({ compat }) => compat,
};
