/**
 * Rules from what users write: one-line rules (`udp:53 loss 0.5% delay 20ms`) and flags
 * (`--flow udp:53 --loss 0.5% --delay 20ms`). Both are read by the same parsers and give the same
 * rule. Every error is one sentence with the part that is wrong, shown in its line or with its
 * flag (`E_RULE_MATCH`, `E_RULE_SYNTAX`, `E_RULE_LIMIT`, `E_VALUE`, `E_FILE`; exit code 2).
 */

import { usageError } from '../errors.js';
import type { RuleFiles } from './files/rule-files.js';
import type { ImpairmentKey } from './impairment-key.js';
import { formatImpairments, ImpairmentsReader } from './impairments.js';
import { RULES_MAX } from './limits.js';
import { isTerm, MatchReader } from './match.js';
import { type Source, withSource } from './problem.js';
import { findImpairmentKey, IMPAIRMENT_KEYS, IMPAIRMENT_NAMES } from './registry.js';
import type { Impairments, Match, PerDirection, Rule } from './rule.js';
import { unexpected, unexpectedInFlag } from './unexpected.js';
import { Words } from './words.js';

/** `udp:53 loss 0.5% delay 20ms`. Without `files`, a rule that names one is refused. */
export function parseRule(line: string, files?: RuleFiles): Rule {
  return withSource({ text: line, flag: null }, () => readRule(line, files));
}

/** The same, with `Problem`s about the line, for lines that stand inside of something else. */
export function readRule(line: string, files?: RuleFiles): Rule {
  const words = new Words(line);
  if (words.peek() === undefined) {
    throw words.problemHere('the rule is empty, as in: udp:53 loss 0.5%');
  }
  const matchReader = new MatchReader(IMPAIRMENT_NAMES);
  const impairmentsReader = new ImpairmentsReader({ files });
  takeHead(words, matchReader);
  let before: ImpairmentKey | null = null;
  for (let word = words.take(); word !== undefined; word = words.take()) {
    const key = findImpairmentKey(word.text);
    if (key !== undefined) impairmentsReader.readValues(key, word, words);
    else if (isTerm(word)) matchReader.takeTerm(word);
    else throw unexpected(word, before);
    before = key ?? null;
  }
  const match = matchReader.finish();
  impairmentsReader.refuseVoid(match);
  const inconsistency = impairmentsReader.findInconsistency();
  if (inconsistency !== null) throw inconsistency.problem;
  return makeRule(match, impairmentsReader.finish());
}

/** Several lines, with unique names. */
export function parseRules(lines: readonly string[], files?: RuleFiles): Rule[] {
  if (lines.length > RULES_MAX) {
    throw usageError(
      'E_RULE_LIMIT',
      `${lines.length} rules are too many, the limit is ${RULES_MAX}`,
    );
  }
  return nameRules(lines.map((line) => parseRule(line, files)));
}

/**
 * By name of the impairment, without the dashes; each value may begin with `in:` or `out:`, and for
 * those that need none is empty (`ecn: ''`). Without `flow`, all IP packets.
 */
export type RuleFlags = Readonly<Record<string, string | readonly string[] | undefined>> & {
  readonly flow?: string | undefined;
};

export function ruleFromFlags(flags: RuleFlags, files?: RuleFiles): Rule {
  const match = matchFromFlag(flags.flow);
  const impairmentsReader = new ImpairmentsReader({ files });
  const sources: Source[] = [];
  for (const key of IMPAIRMENT_KEYS) {
    for (const text of [flags[key.name] ?? []].flat()) {
      const source = { text, flag: `--${key.name}` };
      sources.push(source);
      withSource(source, () => {
        const words = new Words(text);
        impairmentsReader.readValues(key, { text: '', at: 0 }, words);
        const left = words.take();
        if (left !== undefined) throw unexpectedInFlag(left, key.name);
        impairmentsReader.refuseVoid(match);
      });
    }
  }
  const inconsistency = impairmentsReader.findInconsistency();
  if (inconsistency !== null) {
    withSource(sources[inconsistency.turn], () => {
      throw inconsistency.problem;
    });
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

/** The first word is the match's head, unless it is a term or an impairment: then the head is `any`. */
export function takeHead(words: Words, matchReader: MatchReader): void {
  const word = words.peek();
  if (word === undefined || isTerm(word) || findImpairmentKey(word.text) !== undefined) return;
  matchReader.takeHead(word);
  words.take();
}

/** With its canonical text, and without a schedule. */
export function makeRule(match: Match, impairments: PerDirection<Impairments>): Rule {
  const text = [match.text, formatImpairments(impairments)].filter((part) => part !== '').join(' ');
  return { text, name: match.text, match, impairments, schedule: null };
}
