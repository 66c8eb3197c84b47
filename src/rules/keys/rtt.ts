/** `rtt 100ms`: a delay of 50 ms in each direction; an odd nanosecond goes to `in`. */

import type { ImpairmentKey } from '../impairment-key.js';
import { readHoldNs } from '../values.js';

export const rtt: ImpairmentKey = {
  name: 'rtt',
  summary: 'delay, half of it in each direction',
  metavar: 'duration',
  usage: '100ms',
  fields: ['delayNs'],
  undirected: { instead: 'delay' },
  read: (words) => {
    const ns = readHoldNs(words, 'rtt');
    return [{ delayNs: Math.floor(ns / 2) }, { delayNs: Math.ceil(ns / 2) }];
  },
  format: () => null, // It is spelled as delay.
};
