/** Errors as users see them, and tables of them. */

import { expect } from 'vitest';
import { ExitCode, NetemuError } from '../../src/errors.js';
import { parseRule } from '../../src/rules/parse.js';
import { RULE_FILES } from './rule-files.js';

export function errorOf(parse: () => unknown): NetemuError {
  try {
    parse();
  } catch (error) {
    if (error instanceof NetemuError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

export function shown({ message, mend }: NetemuError): string {
  return mend === undefined ? message : `${message}\n-> ${mend}`;
}

/**
 * Checks a table of blocks, each the whole error for a rule line: the sentence, the line with a
 * caret under the character, the mend. The line in the block is what is parsed.
 */
export function checkRuleErrors(code: string, table: string): void {
  for (const block of table.trim().split('\n\n')) {
    const line = block.split('\n')[1].slice(2);
    const error = errorOf(() => parseRule(line, RULE_FILES));
    expect(shown(error)).toBe(block);
    expect([error.code, error.exitCode]).toEqual([code, ExitCode.usage]);
  }
}
