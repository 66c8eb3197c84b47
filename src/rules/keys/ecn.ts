/** `ecn`: where loss or aqm would drop a packet that is ECT, it gets a CE mark (RFC 3168). */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { readChoice } from '../values.js';

export const ecn: ImpairmentKey = {
  name: 'ecn',
  summary: 'mark (CE) instead of drop, for loss and aqm, where the packet is ECT',
  metavar: 'on',
  usage: 'on',
  fields: ['ecn'],
  bare: eachDirection({ ecn: true }),
  bareValue: 'on',
  read: (words) => {
    readChoice(words, 'ecn', ['on'], 'value of ecn');
    return eachDirection({ ecn: true });
  },
  format: ({ ecn }) => (ecn ? 'on' : null),
};
