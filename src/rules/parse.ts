/**
 * Rules from what users write: one-line rules (`udp:53 loss 0.5% delay 20ms`) and flags
 * (`--flow udp:53 --loss 0.5% --delay 20ms`). Both are read by the same parsers and give the same
 * rule. Every error is one sentence with the part that is wrong, shown in its line or with its
 * flag (`E_RULE_MATCH`, `E_RULE_SYNTAX`, `E_RULE_LIMIT`, `E_VALUE`; exit code 2).
 */

import { usageError } from '../errors.js';
import { formatImpairments, ImpairmentsReader } from './impairments.js';
import { RULES_MAX } from './limits.js';
import { isTerm, MatchReader } from './match.js';
import { isProtocolName } from './match-head.js';
import { type Problem, quoted, withSource } from './problem.js';
import { findImpairmentKey, IMPAIRMENT_KEYS, IMPAIRMENT_NAMES } from './registry.js';
import type { Impairments, Match, PerDirection, Rule } from './rule.js';
import { didYouMean, nearest } from './suggest.js';
import { type Word, Words, wrong } from './words.js';

/** `udp:53 loss 0.5% delay 20ms`. */
export function parseRule(line: string): Rule {
  return withSource({ text: line, flag: null }, () => {
    const words = new Words(line);
    if (words.peek() === undefined) {
      throw words.problemHere('the rule is empty, as in: udp:53 loss 0.5%');
    }
    const matchReader = new MatchReader(IMPAIRMENT_NAMES);
    const impairmentsReader = new ImpairmentsReader();
    takeHead(words, matchReader);
    for (let word = words.take(); word !== undefined; word = words.take()) {
      const key = findImpairmentKey(word.text);
      if (key !== undefined) impairmentsReader.readValues(key, word, words);
      else if (isTerm(word)) matchReader.takeTerm(word);
      else throw unexpected(word);
    }
    const match = matchReader.finish();
    impairmentsReader.refuseVoid(match);
    return makeRule(match, impairmentsReader.finish());
  });
}

/** Several lines, with unique names. */
export function parseRules(lines: readonly string[]): Rule[] {
  if (lines.length > RULES_MAX) {
    throw usageError(
      'E_RULE_LIMIT',
      `${lines.length} rules are too many, the limit is ${RULES_MAX}`,
    );
  }
  return nameRules(lines.map(parseRule));
}

/** By impairment; each value may begin with `in:` or `out:`. Without `flow`, all IP packets. */
export interface RuleFlags {
  readonly flow?: string | undefined;
  readonly loss?: string | readonly string[] | undefined;
  readonly delay?: string | readonly string[] | undefined;
  readonly rtt?: string | readonly string[] | undefined;
  readonly jitter?: string | readonly string[] | undefined;
  /** Empty means `drop`. */
  readonly partition?: string | readonly string[] | undefined;
}

export function ruleFromFlags(flags: RuleFlags): Rule {
  const match = matchFromFlag(flags.flow);
  const impairmentsReader = new ImpairmentsReader();
  const values: Readonly<Record<string, string | readonly string[] | undefined>> = { ...flags };
  for (const key of IMPAIRMENT_KEYS) {
    for (const text of [values[key.name] ?? []].flat()) {
      withSource({ text, flag: `--${key.name}` }, () => {
        const words = new Words(text);
        impairmentsReader.readValues(key, { text: '', at: 0 }, words);
        const left = words.take();
        if (left !== undefined) throw unexpectedInFlag(left, key.name);
        impairmentsReader.refuseVoid(match);
      });
    }
  }
  return makeRule(match, impairmentsReader.finish());
}

/** Makes names unique: the second rule with the same match is `udp:53#2`. */
export function nameRules(rules: readonly Rule[]): Rule[] {
  const counts = new Map<string, number>();
  return rules.map((rule) => {
    const count = (counts.get(rule.match.text) ?? 0) + 1;
    counts.set(rule.match.text, count);
    return { ...rule, name: count === 1 ? rule.match.text : `${rule.match.text}#${count}` };
  });
}

function matchFromFlag(flow: string | undefined): Match {
  const matchReader = new MatchReader([]);
  if (flow === undefined) return matchReader.finish();
  return withSource({ text: flow, flag: '--flow' }, () => {
    const words = new Words(flow);
    if (words.peek() === undefined) throw words.problemHere('a match is missing, as in udp:53');
    takeHead(words, matchReader);
    for (let word = words.take(); word !== undefined; word = words.take()) {
      if (isTerm(word)) matchReader.takeTerm(word);
      else throw unexpectedInFlag(word, 'flow');
    }
    return matchReader.finish();
  });
}

/** The first word is the head, unless it is a term or an impairment: then the head is `any`. */
function takeHead(words: Words, matchReader: MatchReader): void {
  const word = words.peek();
  if (word === undefined || isTerm(word) || findImpairmentKey(word.text) !== undefined) return;
  matchReader.takeHead(word);
  words.take();
}

function makeRule(match: Match, impairments: PerDirection<Impairments>): Rule {
  const text = [match.text, formatImpairments(impairments)].filter((part) => part !== '').join(' ');
  return { text, name: match.text, match, impairments, schedule: null };
}

const MEND = `impairments: ${IMPAIRMENT_NAMES.join(', ')}`;

const OPTIONS = IMPAIRMENT_KEYS.flatMap((key) => key.options ?? []);

/** A word that stands where an impairment should begin. */
function unexpected(word: Word): Problem {
  const { text } = word;
  const name = text.toLowerCase();
  if (/^\d+(-\d+)?$/.test(text)) {
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
  const direction = /^(in|out):(.*)$/.exec(name);
  if (direction !== null) {
    const key = IMPAIRMENT_NAMES.includes(direction[2]) ? direction[2] : 'loss';
    return problem(
      word,
      `${direction[1]}: belongs before the value, as in ${key} ${direction[1]}:…`,
    );
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
  if (/^[\d.]+[a-z%]/.test(name)) {
    const key = name.endsWith('%') ? 'loss' : 'delay';
    return problem(
      word,
      `${quoted(text)} stands alone, as a value it follows its impairment`,
      `${key} ${text}`,
    );
  }
  const owner = IMPAIRMENT_KEYS.find((key) => key.options?.includes(name));
  if (owner !== undefined) {
    const example = `${owner.name} ${owner.usage.split(' | ').at(-1)}`;
    return problem(word, `${quoted(text)} belongs to ${owner.name}, as in ${example}`);
  }
  const option = nearest(name, OPTIONS);
  const hint = didYouMean(name, IMPAIRMENT_NAMES);
  if (hint === '' && option !== null) {
    return problem(word, `unknown word ${quoted(text)}, did you mean ${option}?`);
  }
  return problem(word, `unknown impairment ${quoted(text)}${hint}`, MEND);
}

function unexpectedInFlag(word: Word, flag: string): Problem {
  const { text } = word;
  if (IMPAIRMENT_NAMES.includes(text.toLowerCase())) {
    return problem(word, `${quoted(text)} is an impairment of its own, give it as --${text}`);
  }
  if (isTerm(word))
    return problem(word, `${quoted(text)} belongs to the match, give it with --flow`);
  if (flag === 'flow') return unexpected(word);
  return problem(word, `${quoted(text)} is not understood there${didYouMean(text, OPTIONS)}`);
}

function problem(word: Word, sentence: string, mend?: string): Problem {
  return wrong(word, 'E_RULE_SYNTAX', sentence, mend);
}
