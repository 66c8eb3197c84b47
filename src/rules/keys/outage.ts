/**
 * `outage on 5s off 2s`: the link works for 5 s, then nothing passes for 2 s, and so on. With
 * `exponential` these are the means of random times. `times 1`: only once.
 */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import type { Outage } from '../rule.js';
import { formatDuration } from '../units.js';
import { parseCount, readOptions, readTimeNs, wrongValue } from '../values.js';
import type { Words } from '../words.js';

export const outage: ImpairmentKey = {
  name: 'outage',
  summary: 'a link that works for some time and then fails for some time, again and again',
  metavar: 'times',
  usage: 'on 5s off 2s | on 5s off 2s times 1 | on 5s off 2s exponential',
  options: ['on', 'off', 'times', 'exponential'],
  fields: ['outage'],
  read: (words) => eachDirection({ outage: readOutage(words) }),
  format: ({ outage }) => {
    if (outage === null) return null;
    const times = `on ${formatDuration(outage.onNs)} off ${formatDuration(outage.offNs)}`;
    const count = outage.times === 0 ? '' : ` times ${outage.times}`;
    return `${times}${count}${outage.exponential ? ' exponential' : ''}`;
  },
};

const NEVER_ON = ['a link that is never on is a partition', 'partition drop'] as const;

function readOutage(words: Words): Outage {
  const begin = words.peek();
  const {
    on,
    off,
    times = 0,
    exponential = false,
  } = readOptions(words, {
    on: () => readTimeNs(words, { example: 'on 5s', zero: NEVER_ON }),
    off: () =>
      readTimeNs(words, { example: 'off 2s', zero: ['a link that is never off has no outage'] }),
    times: () =>
      parseCount(words.need('times needs a number, as in times 1'), 'a number of outages'),
    exponential: () => true,
  });
  if (begin !== undefined && begin === words.peek()) {
    throw wrongValue(
      begin,
      'an outage says how long the link is on and off',
      'outage on 5s off 2s',
    );
  }
  if (on === undefined) throw words.problemHere('the time on is missing, as in on 5s');
  if (off === undefined) throw words.problemHere('the time off is missing, as in off 2s');
  return { onNs: on, offNs: off, exponential, times };
}
