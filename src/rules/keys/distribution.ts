/** Distributions of time: those with names, and tables from files. */

import { parseDistribution } from '../files/distribution-file.js';
import { type RuleFiles, readFileAt } from '../files/rule-files.js';
import { isTerm } from '../match.js';
import { quoted } from '../problem.js';
import type { Distribution } from '../rule.js';
import { didYouMean } from '../suggest.js';
import { wrongValue } from '../values.js';
import type { Word, Words } from '../words.js';

export const DISTRIBUTION_NAMES = ['uniform', 'normal', 'pareto', 'paretonormal'] as const;

/** The next word, if it is a name or a file. */
export function takeDistribution(words: Words, files: RuleFiles): Distribution | null {
  const word = words.peek();
  if (word === undefined) return null;
  const name = DISTRIBUTION_NAMES.find((known) => known === word.text.toLowerCase());
  if (name === undefined && !looksLikeFile(word)) return null;
  words.take();
  if (name !== undefined) return { kind: name };
  return { kind: 'table', file: word.text, values: readFileAt(word, files, parseDistribution) };
}

export function readDistribution(words: Words, files: RuleFiles): Distribution {
  const found = takeDistribution(words, files);
  if (found !== null) return found;
  const word = words.need('distribution needs a name, as in distribution normal 10ms 2ms');
  const hint = didYouMean(word.text, DISTRIBUTION_NAMES);
  throw wrongValue(word, `unknown distribution ${quoted(word.text)}${hint}`, NAMES);
}

const NAMES = `distributions: ${DISTRIBUTION_NAMES.join(', ')}, or a file, as in ./FILE`;

export function formatDistribution(distribution: Distribution): string {
  return distribution.kind === 'table' ? distribution.file : distribution.kind;
}

/** A file is told from a slip of the pen by a slash or an extension: `./wifi`, `wifi.dist`. */
function looksLikeFile(word: Word): boolean {
  const { text } = word;
  if (isTerm(word) || /^\d+\.[a-z]+$/i.test(text)) return false; // 10.ms
  return text.includes('/') || /\.[a-z]\w*$/i.test(text);
}
