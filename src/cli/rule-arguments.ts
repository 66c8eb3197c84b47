/** Rules given as arguments: each is one argument, which a shell needs quotes for. */

import { usageError } from '../errors.js';
import { parseRules, type RuleFlags } from '../rules/parse.js';
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
 * With rules and flags together two slips would impair everything: `up udp:53 --loss 50%`, where the
 * flags' rule is for all packets, and `--flow udp:53 --loss 1% partition`, a rule for all packets too.
 */
export function refuseMixed(lines: readonly string[], flags: RuleFlags): void {
  const stray = lines.find(isStray);
  if (stray !== undefined) {
    throw usageError(
      'E_RULE_QUOTES',
      `"${stray}" is neither a rule nor part of a flag's value`,
      "a flag's value is one argument: --loss 'every 3', --jitter '5ms unordered', --partition",
    );
  }
  if (lines.length === 0 || flags.flow !== undefined) return;
  throw usageError(
    'E_RULE_MIXED',
    'without --flow the flags would be a rule for all packets, beside the rules given',
    `put them into a rule, as in '${lines[0]} loss 1%', or say --flow any`,
  );
}

/** Whether the line begins with an impairment or a value, and not with a match as rules do. */
function isStray(line: string): boolean {
  const word = line.trim().split(/\s/, 1)[0]!.toLowerCase();
  return IMPAIRMENT_NAMES.includes(word) || word === 'unordered' || /^\d/.test(word);
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
