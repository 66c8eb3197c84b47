/**
 * `jitter 10ms`: the delay varies evenly by up to 10 ms both ways; order is kept. With
 * `unordered`, packets overtake each other.
 */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import type { Jitter } from '../rule.js';
import { formatDuration } from '../units.js';
import { readHoldNs } from '../values.js';
import type { Words } from '../words.js';

export const jitter: ImpairmentKey = {
  name: 'jitter',
  usage: '10ms | 10ms unordered',
  options: ['unordered', 'uniform'],
  read: (words) => eachDirection({ jitter: readJitter(words) }),
  format: ({ jitter }) =>
    jitter && `${formatDuration(jitter.spreadNs)}${jitter.unordered ? ' unordered' : ''}`,
};

function readJitter(words: Words): Jitter {
  const spreadNs = readHoldNs(words, 'jitter');
  if (words.peek()?.text.toLowerCase() === 'uniform') words.take(); // The only distribution yet.
  const unordered = words.peek()?.text.toLowerCase() === 'unordered';
  if (unordered) words.take();
  return { spreadNs, distribution: { kind: 'uniform' }, correlation: 0, unordered };
}
