/** Rules given as arguments: each is one argument, which a shell needs quotes for. */

import { usageError } from '../errors.js';
import { parseRules } from '../rules/parse.js';
import { IMPAIRMENT_NAMES } from '../rules/registry.js';
import type { Rule } from '../rules/rule.js';

/** `command` is what stands before the rules, for the hint. Errors: those of `parseRules`. */
export function readRuleArguments(
  lines: readonly string[],
  command: string,
  rulesMax: number,
): Rule[] {
  refuseUnquoted(lines, command);
  if (lines.length > rulesMax) {
    const message = `${lines.length} rules are too many, the limit is ${rulesMax}`;
    throw usageError('E_RULE_LIMIT', message);
  }
  return parseRules(lines);
}

/**
 * `up udp:53 partition` without quotes would be two rules, of which the second drops everything:
 * an impairment that is an argument of its own is refused where there are other arguments.
 */
function refuseUnquoted(lines: readonly string[], command: string): void {
  if (lines.length < 2) return;
  const alone = lines.find((line) => IMPAIRMENT_NAMES.includes(line.trim().toLowerCase()));
  if (alone === undefined) return;
  throw usageError(
    'E_RULE_QUOTES',
    `"${alone}" is an argument of its own: a rule is one argument, in quotes`,
    `${command} '${lines.join(' ')}'`,
  );
}
