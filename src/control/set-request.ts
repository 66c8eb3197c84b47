/**
 * What `set` tells an instance: rules as lines, or a scenario, with the texts of all files that they
 * name. The instance parses them anew and reads no file itself, so both sides see the same rules.
 */

import { usageError } from '../errors.js';
import type { RuleFiles } from '../rules/files/rule-files.js';
import { quoted } from '../rules/problem.js';
import type { Rule } from '../rules/rule.js';

/** A trace of some minutes, or a scenario of some thousand lines, fits. */
export const BODY_BYTES_MAX = 16 * 2 ** 20;

export interface SetRequest {
  /** One-line rules; empty with a scenario. */
  readonly rules: readonly string[];
  /** `name` stands in errors. */
  readonly scenario?: { readonly name: string; readonly text: string } | undefined;
  /** By path, as the rules spell it. */
  readonly files?: Readonly<Record<string, string>> | undefined;
}

/** Errors are those of `parseRules` and `parseScenario`. */
export async function rulesOf({
  rules,
  scenario,
  files = {},
}: SetRequest): Promise<readonly Rule[]> {
  const sent = sentFiles(files);
  if (scenario === undefined) {
    const { parseRules } = await import('../rules/parse.js');
    return parseRules(rules, sent);
  }
  const { parseScenario } = await import('../rules/scenario/scenario.js');
  return parseScenario(scenario.text, scenario.name, sent).rules;
}

/** As the body of a request. Errors: E_REQUEST. */
export function bodyOf(request: SetRequest): string {
  const body = JSON.stringify(request);
  const bytes = Buffer.byteLength(body);
  if (bytes <= BODY_BYTES_MAX) return body;
  throw usageError(
    'E_REQUEST',
    `the rules and the files that they name are ${bytes} bytes, the limit is ${BODY_BYTES_MAX}`,
    'up takes larger ones',
  );
}

function sentFiles(files: Readonly<Record<string, string>>): RuleFiles {
  return {
    read: (path) => {
      if (Object.hasOwn(files, path)) return files[path]!;
      throw new Error(`the file ${quoted(path)} was not sent along`);
    },
  };
}
