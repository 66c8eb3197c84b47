/** Values that several impairments have in common, read from words. */

import { DELAY_NS_MAX } from './limits.js';
import { type Problem, quoted } from './problem.js';
import { parseDuration } from './units.js';
import { readWord, type Word, type Words, wrong } from './words.js';

/** A time that packets are held for, in nanoseconds. */
export function readHoldNs(words: Words, key: string): number {
  const word = words.need(`${key} needs a duration, as in ${key} 20ms`);
  const ns = readWord(word, parseDuration);
  if (ns > DELAY_NS_MAX)
    throw wrongValue(word, `${word.text} is more than 24h, the longest ${key}`);
  return ns;
}

/** A number of packets, from 1; `what` says what it counts. */
export function parseCount(word: Word, what: string): number {
  if (!/^\d+$/.test(word.text)) {
    throw wrongValue(word, `${quoted(word.text)} is not ${what}, a whole number from 1`);
  }
  const count = Number(word.text);
  if (count === 0) throw wrongValue(word, `0 is not ${what}, packets are counted from 1`);
  if (count > Number.MAX_SAFE_INTEGER)
    throw wrongValue(word, `${quoted(word.text)} is more than 2^53`);
  return count;
}

export function wrongValue(word: Word, sentence: string, mend?: string): Problem {
  return wrong(word, 'E_VALUE', sentence, mend);
}
