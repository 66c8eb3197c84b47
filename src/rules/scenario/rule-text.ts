/** Rules and matches as they stand inside of a file: read as on the command line, but with `Problem`s. */

import type { RuleFiles } from '../files/rule-files.js';
import { formatImpairments, ImpairmentsReader } from '../impairments.js';
import { isTerm, MatchReader } from '../match.js';
import { quoted } from '../problem.js';
import { findImpairmentKey, IMPAIRMENT_NAMES } from '../registry.js';
import type { Impairments, Match, PerDirection, Rule } from '../rule.js';
import { unexpected } from '../unexpected.js';
import { Words, wrong } from '../words.js';

/** `udp:53 loss 0.5% delay 20ms`. */
export function readRule(line: string, files: RuleFiles): Rule {
  const words = new Words(line);
  if (words.peek() === undefined) {
    throw words.problemHere('the rule is empty, as in: udp:53 loss 0.5%');
  }
  const matchReader = new MatchReader(IMPAIRMENT_NAMES);
  const impairmentsReader = new ImpairmentsReader({ files });
  takeHead(words, matchReader);
  for (let word = words.take(); word !== undefined; word = words.take()) {
    const key = findImpairmentKey(word.text);
    if (key !== undefined) impairmentsReader.readValues(key, word, words);
    else if (isTerm(word)) matchReader.takeTerm(word);
    else throw unexpected(word);
  }
  const match = matchReader.finish();
  impairmentsReader.refuseVoid(match);
  const inconsistency = impairmentsReader.findInconsistency();
  if (inconsistency !== null) throw inconsistency.problem;
  return makeRule(match, impairmentsReader.finish());
}

/** `udp:53 dir=out`. */
export function readMatch(text: string): Match {
  const words = new Words(text);
  const matchReader = new MatchReader(IMPAIRMENT_NAMES);
  takeHead(words, matchReader);
  for (let word = words.take(); word !== undefined; word = words.take()) {
    if (isTerm(word)) matchReader.takeTerm(word);
    else if (findImpairmentKey(word.text) === undefined) throw unexpected(word);
    else {
      const sentence = `${quoted(word.text)} is an impairment, in a map it is a key of its own`;
      throw wrong(word, 'E_RULE_SYNTAX', sentence, `${word.text.toLowerCase()}: …`);
    }
  }
  return matchReader.finish();
}

/**
 * The match of a rule in canonical spelling, as `status` shows it: what stands behind it may name files
 * that are not here, or be a schedule.
 */
export function matchOfRule(text: string): Match {
  const words = new Words(text.split(' [', 1)[0]);
  const matchReader = new MatchReader(IMPAIRMENT_NAMES);
  takeHead(words, matchReader);
  for (let word = words.take(); word !== undefined && isTerm(word); word = words.take()) {
    matchReader.takeTerm(word);
  }
  return matchReader.finish();
}

export function makeRule(match: Match, impairments: PerDirection<Impairments>): Rule {
  const text = [match.text, formatImpairments(impairments)].filter((part) => part !== '').join(' ');
  return { text, name: match.text, match, impairments, schedule: null };
}

/** The first word is the head, unless it is a term or an impairment: then the head is `any`. */
function takeHead(words: Words, matchReader: MatchReader): void {
  const word = words.peek();
  if (word === undefined || isTerm(word) || findImpairmentKey(word.text) !== undefined) return;
  matchReader.takeHead(word);
  words.take();
}
