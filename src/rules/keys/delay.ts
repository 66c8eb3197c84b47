/** `delay 50ms`: one way. */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { formatDuration } from '../units.js';
import { readHoldNs } from '../values.js';

export const delay: ImpairmentKey = {
  name: 'delay',
  usage: '50ms',
  read: (words) => eachDirection({ delayNs: readHoldNs(words, 'delay') }),
  format: ({ delayNs }) => (delayNs === 0 ? null : formatDuration(delayNs)),
};
