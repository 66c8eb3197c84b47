/** Matches that stand by themselves, in a file, or in front of a rule of which only they are wanted. */

import { isTerm, MatchReader } from '../match.js';
import { takeHead } from '../parse.js';
import { quoted } from '../problem.js';
import { findImpairmentKey, IMPAIRMENT_NAMES } from '../registry.js';
import type { Match } from '../rule.js';
import { unexpected } from '../unexpected.js';
import { Words, wrong } from '../words.js';

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
