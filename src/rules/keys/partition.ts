/** `partition`, `partition drop`: nothing passes. `partition reject` answers (RST, ICMP). */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { readChoice } from '../values.js';

const KINDS = ['drop', 'reject'] as const;

export const partition: ImpairmentKey = {
  name: 'partition',
  summary: 'drop everything; reject: answer with RST or ICMP admin-prohibited',
  metavar: 'kind',
  usage: 'drop | reject',
  options: KINDS,
  fields: ['partition'],
  bare: eachDirection({ partition: 'drop' }),
  read: (words) =>
    eachDirection({ partition: readChoice(words, 'partition', KINDS, 'kind of partition') }),
  format: ({ partition }) => partition,
};
