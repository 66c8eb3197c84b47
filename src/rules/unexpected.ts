/** What is wrong with a word that stands where an impairment should begin, and what was meant. */

import { DIRECTION_PREFIX } from './direction-words.js';
import type { ImpairmentKey } from './impairment-key.js';
import { isTerm } from './match.js';
import { isProtocolName } from './match-head.js';
import { type Problem, quoted } from './problem.js';
import { IMPAIRMENT_KEYS, IMPAIRMENT_NAMES } from './registry.js';
import { didYouMean, nearest } from './suggest.js';
import { type Word, wrong } from './words.js';

const MEND = `impairments: ${IMPAIRMENT_NAMES.join(', ')}`;

const OPTIONS = IMPAIRMENT_KEYS.flatMap((key) => key.options ?? []);

/** `before` is the impairment whose value was read last. */
export function unexpected(word: Word, before: ImpairmentKey | null = null): Problem {
  const { text } = word;
  const name = text.toLowerCase();
  if (/^\d+(-\d+)?$/.test(text)) {
    if (before !== null) return tooMany(word, before);
    return problem(
      word,
      `${quoted(text)} stands alone, a port is joined to its protocol, as in udp:53`,
    );
  }
  if (text.startsWith('@')) {
    return problem(
      word,
      `${quoted(text)} stands alone, an address is joined to its protocol, as in udp@192.0.2.1`,
    );
  }
  const prefix = DIRECTION_PREFIX.exec(name)?.[0];
  if (prefix !== undefined) {
    const behind = name.slice(prefix.length);
    const key = IMPAIRMENT_NAMES.includes(behind) ? behind : 'loss';
    return problem(word, `${prefix} belongs before the value, as in ${key} ${prefix}…`);
  }
  const joined = /^-*([a-z]+)[:]?(.*)$/.exec(name);
  if (joined !== null && IMPAIRMENT_NAMES.includes(joined[1])) {
    return problem(
      word,
      `${quoted(text)} is no impairment, did you mean ${`${joined[1]} ${joined[2]}`.trim()}?`,
    );
  }
  if (isProtocolName(name.split(/[:@]/)[0])) {
    return problem(
      word,
      `${quoted(text)} is a second match, a rule has one`,
      `make a rule of its own for ${text}`,
    );
  }
  const unit = /^[\d.]+([a-z%]+)/.exec(name)?.[1];
  if (unit !== undefined) return strayValue(word, unit, before);
  return strayOption(word, name, before) ?? unknown(word, name, before);
}

export function unexpectedInFlag(word: Word, flag: string): Problem {
  const { text } = word;
  if (IMPAIRMENT_NAMES.includes(text.toLowerCase())) {
    return problem(word, `${quoted(text)} is an impairment of its own, give it as --${text}`);
  }
  if (isTerm(word))
    return problem(word, `${quoted(text)} belongs to the match, give it with --flow`);
  if (flag === 'flow') return unexpected(word);
  const options = IMPAIRMENT_KEYS.find((key) => key.name === flag)?.options ?? [];
  return problem(word, `${quoted(text)} is not understood there${didYouMean(text, options)}`);
}

function strayValue(word: Word, unit: string, before: ImpairmentKey | null): Problem {
  const measure = MEASURES.find(({ units }) => units.test(unit)) ?? TIME;
  const known = [...(before?.usage ?? '').matchAll(/\d([a-z%]+)/g)].map(([, each]) => each);
  if (before !== null && known.some((each) => measure.units.test(each))) {
    return tooMany(word, before);
  }
  const sentence = `${quoted(word.text)} stands alone, as a value it follows its impairment`;
  return problem(word, sentence, `${measure.key} ${word.text}`);
}

function tooMany(word: Word, before: ImpairmentKey): Problem {
  const sentence = `${quoted(word.text)} is one value too many for ${before.name}`;
  return problem(word, sentence, `${before.name}: ${before.usage}`);
}

/** Units, and the impairment that a value of them is most likely for. */
const TIME = { units: /^([nuµμm]?s|min|h)/, key: 'delay' };
const MEASURES = [
  { units: /^%/, key: 'loss' },
  { units: /bit$/, key: 'rate' },
  { units: /^p$/, key: 'queue' },
  { units: /^[kmg]?i?b$/, key: 'queue' },
  TIME,
];

/** A word that belongs to the values of some impairments: `corr`, `unordered`. */
function strayOption(word: Word, name: string, before: ImpairmentKey | null): Problem | null {
  const owners = IMPAIRMENT_KEYS.filter((key) => key.options?.includes(name));
  if (owners.length === 0) return null;
  if (before !== null && owners.includes(before)) {
    const sentence = `${quoted(word.text)} does not fit there`;
    return problem(word, sentence, `${before.name}: ${before.usage}`);
  }
  const examples = owners[0].usage.split(' | ');
  const example = examples.find((each) => each.split(' ').includes(name)) ?? name;
  const names = owners
    .map((key) => key.name)
    .join(', ')
    .replace(/, (?=[a-z]+$)/, ' or ');
  return problem(
    word,
    `${quoted(word.text)} belongs to ${names}, as in ${owners[0].name} ${example}`,
  );
}

function unknown(word: Word, name: string, before: ImpairmentKey | null): Problem {
  const option =
    OPTIONS.find((each) => name.length >= 4 && each.startsWith(name)) ??
    nearest(name, before?.options ?? []) ??
    nearest(name, OPTIONS);
  const hint = didYouMean(name, IMPAIRMENT_NAMES);
  if (hint === '' && option !== null) {
    return problem(word, `unknown word ${quoted(word.text)}, did you mean ${option}?`);
  }
  const mayBeFile = before !== null && /\d\w* FILE/.test(before.usage) && /^[\w-]+$/.test(name);
  const mend = mayBeFile
    ? `a file is given with a slash or an extension, as in ./${word.text}`
    : MEND;
  return problem(word, `unknown impairment ${quoted(word.text)}${hint}`, mend);
}

function problem(word: Word, sentence: string, mend?: string): Problem {
  return wrong(word, 'E_RULE_SYNTAX', sentence, mend);
}
