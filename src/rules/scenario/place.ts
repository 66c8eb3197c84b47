/**
 * Where something is wrong in a scenario file: `scenario.yaml:7:15: SENTENCE`, the line, and a caret
 * under the character.
 */

import { usageError } from '../../errors.js';
import { Problem, printable } from '../problem.js';

/** At most this much of a line is shown around the character. */
const SHOWN_CHARACTERS_MAX = 76;

/** Calls `parse` for the whole text of a file; a problem becomes the error that the user sees. */
export function withFile<T>(name: string, text: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const message = `${printable(name)}:${placeIn(text, error.at, error.message)}`;
    throw usageError(error.code, message, error.mend);
  }
}

function placeIn(text: string, offset: number, sentence: string): string {
  const at = Math.min(offset, text.length);
  const begin = text.slice(0, at).lastIndexOf('\n') + 1;
  const end = text.indexOf('\n', begin);
  const line = text.slice(begin, end < 0 ? text.length : end).replace(/\r$/, '');
  const row = text.slice(0, begin).split('\n').length;
  const column = at - begin;
  const from = column < SHOWN_CHARACTERS_MAX ? 0 : column - SHOWN_CHARACTERS_MAX / 2;
  const shown = printable(line.slice(from, from + SHOWN_CHARACTERS_MAX));
  const caret = `${' '.repeat(column - from)}^`;
  return `${row}:${column + 1}: ${sentence}${shown.trim() === '' ? '' : `\n  ${shown}\n  ${caret}`}`;
}
