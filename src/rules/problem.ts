/**
 * What is wrong with a piece of text, and where in it. Small parsers throw a `Problem` about the
 * text they were given; `within` moves it to its place in the whole, and `Source` shows the whole:
 * a caret under the character for rule lines, the flag's name for flags.
 */

import { ExitCode, NetemuError, usageError } from '../errors.js';

/** Standing alone it is already an error that a user can be shown. */
export class Problem extends NetemuError {
  /** Index of the first wrong character in the text that was parsed. */
  readonly at: number;

  constructor(code: string, sentence: string, at = 0, mend?: string) {
    // Hints repeat what was typed, so this is the place to make it harmless.
    super(ExitCode.usage, code, printable(sentence), mend && printable(mend));
    this.at = at;
  }
}

/** Calls `parse` for a part that begins at `at` of the whole. */
export function within<T>(at: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Problem) || at === 0) throw error;
    throw new Problem(error.code, error.message, at + error.at, error.mend);
  }
}

/** Where a text comes from: a rule line, or the value of a flag. */
export interface Source {
  readonly text: string;
  /** For example `--loss`; null for a rule line. */
  readonly flag: string | null;
}

/** Calls `parse` for the text of `source`, and turns a problem into the error the user sees. */
export function withSource<T>(source: Source, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const message =
      source.flag === null
        ? pointAt(source.text, error.at, error.message)
        : `${source.flag}${source.text === '' ? '' : ` ${printable(source.text)}`}: ${error.message}`;
    throw usageError(error.code, message, error.mend);
  }
}

/** At most this much of a line is shown around the character. */
const SHOWN_CHARACTERS_MAX = 76;

/**
 *     unknown protocol "upd", did you mean udp?
 *       upd:53 loss 1%
 *       ^
 */
function pointAt(line: string, at: number, sentence: string): string {
  if (line.trim() === '') return sentence;
  const from = at < SHOWN_CHARACTERS_MAX ? 0 : at - SHOWN_CHARACTERS_MAX / 2;
  const shown = printable(line.slice(from, from + SHOWN_CHARACTERS_MAX));
  return `${sentence}\n  ${shown}\n  ${' '.repeat(at - from)}^`;
}

/** A tab or an escape sequence would move the caret, or the terminal's: one character for each. */
export function printable(text: string): string {
  return text.replace(/\s/g, ' ').replace(/[\p{Cc}\p{Cf}]/gu, '?');
}

/** A part of the user's text inside a sentence. */
export function quoted(text: string): string {
  const shown = printable(text);
  return `"${shown.length > 40 ? `${shown.slice(0, 39)}…` : shown}"`;
}
