/** Values and options that several impairments have in common, read from words. */

import { DELAY_NS_MAX } from './limits.js';
import { type Problem, quoted } from './problem.js';
import { didYouMean } from './suggest.js';
import {
  formatProbability,
  formatSize,
  parseDuration,
  parseProbability,
  parseSize,
} from './units.js';
import { readWord, type Word, type Words, wrong } from './words.js';

/** A time that packets are held for, in nanoseconds. */
export function readHoldNs(words: Words, key: string): number {
  const word = words.need(`${key} needs a duration, as in ${key} 20ms`);
  const ns = readWord(word, parseDuration);
  if (ns > DELAY_NS_MAX)
    throw wrongValue(word, `${word.text} is more than 24h, the longest ${key}`);
  return ns;
}

/** What is to be said about a time between events. */
interface TimeRead {
  /** With the option before it: `on 5s`. Its unit is suggested where one is missing. */
  readonly example: string;
  /** What is wrong with 0, and the mend. */
  readonly zero: readonly [sentence: string, mend?: string];
}

/** A time between events, in nanoseconds, never 0. */
export function readTimeNs(words: Words, { example, zero }: TimeRead): number {
  const [name] = example.split(' ', 1);
  const word = words.need(`${name} needs a duration, as in ${example}`);
  const ns = readWord(word, (text) => parseDuration(text, example.endsWith('ms') ? 'ms' : 's'));
  if (ns === 0) throw wrongValue(word, ...zero);
  if (ns > DELAY_NS_MAX) throw wrongValue(word, `${word.text} is more than 24h, the limit`);
  return ns;
}

export function readProbability(words: Words, key: string): number {
  return readWord(words.need(`${key} needs a probability, as in ${key} 1%`), parseProbability);
}

/** The value of `corr`. With 100% the first packet would decide for all others. */
export function readCorrelation(words: Words): number {
  const word = words.need('corr needs a correlation, as in corr 25%');
  const correlation = readWord(word, parseProbability);
  if (correlation === 1)
    throw wrongValue(word, 'with a correlation of 100% the first packet decides for all others');
  return correlation;
}

/** ` corr 25%`, or nothing. */
export function formatCorrelation(correlation: number): string {
  return correlation === 0 ? '' : ` corr ${formatProbability(correlation)}`;
}

/** A number of packets, from 1; `what` says what it counts. */
export function parseCount(word: Word, what: string, max = Number.MAX_SAFE_INTEGER): number {
  if (!/^\d+$/.test(word.text)) {
    throw wrongValue(word, `${quoted(word.text)} is not ${what}, a whole number from 1`);
  }
  const count = Number(word.text);
  if (count === 0) throw wrongValue(word, `0 is not ${what}, packets are counted from 1`);
  if (count <= max) return count;
  const limit = max === Number.MAX_SAFE_INTEGER ? '2^53' : `${max}, the limit`;
  throw wrongValue(word, `${quoted(word.text)} is more than ${limit}`);
}

export const PACKETS = 'a number of packets';

/** The value of an option that counts packets: `max 3`. */
export function readCount(words: Words, option: string, max?: number): number {
  return parseCount(words.need(`${option} needs a number, as in ${option} 3`), PACKETS, max);
}

/** Bytes, from 1, with or without a unit of size: `50`, `64kb`. */
export function parseBytes(word: Word, max = Number.MAX_SAFE_INTEGER): number {
  const bytes = /^\d{1,15}$/.test(word.text) ? Number(word.text) : readWord(word, parseSize);
  if (bytes === 0) throw wrongValue(word, `${quoted(word.text)} is not a number of bytes, from 1`);
  if (bytes > max) throw wrongValue(word, `${word.text} is more than ${max} bytes, the limit`);
  return bytes;
}

export function readBytes(words: Words, option: string, max?: number): number {
  return parseBytes(words.need(`${option} needs a number of bytes, as in ${option} 50`), max);
}

/** The shortest spelling: `50`, `64kb`. */
export function formatBytes(bytes: number): string {
  return formatSize(bytes).replace(/(\d)b$/, '$1');
}

/** Whether the next word is this one; then it is taken. */
export function takeWord(words: Words, text: string): boolean {
  if (words.peek()?.text.toLowerCase() !== text) return false;
  words.take();
  return true;
}

/** Whether a word begins as a number does, right or wrong. */
export function isNumeric(word: Word | undefined): boolean {
  return word !== undefined && /^[-+−.]?\d/.test(word.text);
}

type OptionReaders = Readonly<Record<string, (words: Words) => unknown>>;
type OptionValues<T extends OptionReaders> = { readonly [K in keyof T]?: ReturnType<T[K]> };

/**
 * The options that follow a value, in any order and each at most once: the name is taken, the rest
 * is its reader's. `among` are those that exclude each other.
 */
export function readOptions<T extends OptionReaders>(
  words: Words,
  readers: T,
  among: readonly string[] = [],
): OptionValues<T> {
  const values: Record<string, unknown> = {};
  for (let word = words.peek(); word !== undefined; word = words.peek()) {
    const name = word.text.toLowerCase();
    if (!Object.hasOwn(readers, name)) break;
    if (Object.hasOwn(values, name)) throw wrong(word, 'E_RULE_SYNTAX', `${name} is given twice`);
    const other = among.includes(name) && among.find((each) => Object.hasOwn(values, each));
    if (other) {
      const sentence = `${other} and ${name} exclude each other, give only one of them`;
      throw wrong(word, 'E_RULE_SYNTAX', sentence);
    }
    words.take();
    values[name] = readers[name](words);
  }
  if (Object.hasOwn(readers, 'corr')) refuseNakedCorrelation(words);
  return values as OptionValues<T>;
}

/** tc(8) writes `loss 0.3% 25%`. */
function refuseNakedCorrelation(words: Words): void {
  const word = words.peek();
  if (word === undefined || !/^[\d.]+%$/.test(word.text)) return;
  const sentence = `a correlation is given by name, did you mean corr ${word.text}?`;
  throw wrong(word, 'E_RULE_SYNTAX', sentence);
}

export function wrongValue(word: Word, sentence: string, mend?: string): Problem {
  return wrong(word, 'E_VALUE', sentence, mend);
}

/** A value that is one of a few words; `what` names it: `kind of partition`. */
export function readChoice<const T extends string>(
  words: Words,
  key: string,
  choices: readonly T[],
  what: string,
): T {
  const word = words.need(`${key} needs a value, as in ${key} ${choices[0]}`);
  const text = word.text.toLowerCase();
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const sentence = `unknown ${what} ${quoted(word.text)}${didYouMean(text, choices)}`;
  throw wrongValue(word, sentence, `${key}: ${choices.join(' | ')}`);
}
