/** `delay 50ms`: one way. */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { formatDuration } from '../units.js';
import { isNumeric, readHoldNs } from '../values.js';
import { type Words, wrong } from '../words.js';

export const delay: ImpairmentKey = {
  name: 'delay',
  summary: 'one-way delay',
  metavar: 'duration',
  usage: '50ms',
  fields: ['delayNs'],
  read: (words) => eachDirection({ delayNs: readDelayNs(words) }),
  format: ({ delayNs }) => (delayNs === 0 ? null : formatDuration(delayNs)),
};

function readDelayNs(words: Words): number {
  const delayNs = readHoldNs(words, 'delay');
  const next = words.peek();
  // tc(8) writes `delay 100ms 10ms`.
  if (next !== undefined && isNumeric(next) && /s$/i.test(next.text)) {
    const sentence = `a second time is given by name, did you mean jitter ${next.text}?`;
    throw wrong(next, 'E_RULE_SYNTAX', sentence);
  }
  return delayNs;
}
