/** Rules as a program gives them: lines, or what it has parsed before. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RuleFiles } from '../rules/files/rule-files.js';
import { parseRules as parseLines } from '../rules/parse.js';
import type { Rule } from '../rules/rule.js';
import { parseScenario as parseText, type Scenario } from '../rules/scenario/scenario.js';

/** Lines such as `udp:53 loss 0.5% delay 20ms`, or what `parseRules` and `parseScenario` made of them. */
export type RulesGiven = string | readonly string[] | readonly Rule[];

/** Where the files lie that rules name. */
export interface ParseOptions {
  /** Relative names begin there. Without it: in the working directory. */
  readonly directory?: string;
}

/**
 * Rules from lines, one rule each, as the program takes them: docs/rules.md. Errors: `NetemuError`s that show
 * the place, with a code (`E_RULE_MATCH`, `E_RULE_SYNTAX`, `E_RULE_LIMIT`, `E_VALUE`, `E_FILE`).
 */
export function parseRules(lines: string | readonly string[], options: ParseOptions = {}): Rule[] {
  return parseLines(typeof lines === 'string' ? [lines] : lines, filesOf(options));
}

/** What a scenario file says: YAML with rules, perhaps a schedule and a seed. Errors: as of `parseRules`. */
export function parseScenario(text: string, options: ParseOptions = {}): Scenario {
  return parseText(text, 'scenario', filesOf(options));
}

export function rulesGiven(rules: RulesGiven): readonly Rule[] {
  if (typeof rules === 'string') return parseRules(rules);
  const isParsed = (list: readonly unknown[]): list is readonly Rule[] =>
    typeof list[0] === 'object';
  return isParsed(rules) ? rules : parseRules(rules);
}

function filesOf({ directory = '.' }: ParseOptions): RuleFiles {
  return { read: (path) => readFileSync(resolve(directory, path), 'utf8') };
}
