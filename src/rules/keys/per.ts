/** `per flow`: bursts, correlation and order are of each flow, not of all the rule's packets. */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { readChoice } from '../values.js';

export const per: ImpairmentKey = {
  name: 'per',
  summary: 'bursts, correlation and order for each flow on its own',
  metavar: 'flow',
  usage: 'flow',
  options: ['flow'],
  fields: ['perFlow'],
  read: (words) => {
    readChoice(words, 'per', ['flow'], 'value of per');
    return eachDirection({ perFlow: true });
  },
  format: ({ perFlow }) => (perFlow ? 'flow' : null),
};
