/**
 * Rules as text, to be parsed elsewhere or later (`set` sends them, a recording keeps them): lines or a
 * scenario, with the texts of all files that they name. Whoever parses them reads no file, so both sides
 * see the same rules.
 */

import type { RuleFiles } from './files/rule-files.js';
import { parseRules } from './parse.js';
import { quoted } from './problem.js';
import type { Rule } from './rule.js';
import { parseScenario } from './scenario/scenario.js';

export interface RuleSource {
  /** One-line rules; empty with a scenario. */
  readonly rules: readonly string[];
  /** `name` stands in errors. */
  readonly scenario?: { readonly name: string; readonly text: string } | undefined;
  /** By path, as the rules spell it. */
  readonly files?: Readonly<Record<string, string>> | undefined;
}

/** Errors are those of `parseRules` and `parseScenario`. */
export function rulesOf({ rules, scenario, files = {} }: RuleSource): readonly Rule[] {
  const sent = sentFiles(files);
  if (scenario === undefined) return parseRules(rules, sent);
  return parseScenario(scenario.text, scenario.name, sent).rules;
}

function sentFiles(files: Readonly<Record<string, string>>): RuleFiles {
  return {
    read: (path) => {
      if (Object.hasOwn(files, path)) return files[path]!;
      throw new Error(`the file ${quoted(path)} was not sent along`);
    },
  };
}
