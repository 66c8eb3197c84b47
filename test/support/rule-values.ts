/** What the impairments of a rule are for one direction, and in canonical text. */

import { parseRule } from '../../src/rules/parse.js';
import { Direction, type Impairments } from '../../src/rules/rule.js';
import { RULE_FILES } from './rule-files.js';

/** For `out`, of a rule that says `text` for both. */
export function impairmentsOf(text: string): Impairments {
  return parseRule(`udp ${text}`, RULE_FILES).impairments[Direction.out];
}

/** `text` in canonical spelling, without a match. */
export function canonical(text: string): string {
  return parseRule(`udp ${text}`, RULE_FILES).text.slice('udp '.length);
}
