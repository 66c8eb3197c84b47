/** Tables of wrong scenario files, each with the whole error that users see. */

import { expect } from 'vitest';
import { ExitCode } from '../../src/errors.js';
import type { RuleFiles } from '../../src/rules/files/rule-files.js';
import { parseScenario } from '../../src/rules/scenario/scenario.js';
import { errorOf, shown } from './rule-errors.js';

/** There is a trace `x.up`, and nothing else. */
const FILES: RuleFiles = {
  read: (path) => {
    if (path === 'x.up') return '1\n';
    throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  },
};

/** The error for one file, named `s.yaml`. */
export function scenarioError(text: string) {
  return errorOf(() => parseScenario(text, 's.yaml', FILES));
}

/**
 * Blocks of a file, `=> s.yaml:` and the error: the place, the sentence, the line with a caret under
 * the character, and the mend behind `->`. `before` stands at the beginning of each file.
 */
export function checkScenarioErrors(table: string, before = ''): void {
  for (const block of table.replace(/^\n|\n$/g, '').split('\n\n')) {
    const [text, message] = block.split('\n=> ');
    const error = scenarioError(before + text);
    expect(shown(error)).toBe(message);
    expect(error.exitCode).toBe(ExitCode.usage);
    expect(error.code).toMatch(/^E_(?:SCENARIO|RULE_SYNTAX|RULE_MATCH|VALUE|FILE)$/);
  }
}
