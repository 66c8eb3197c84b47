/**
 * How rules come by the files that they name: whoever parses says how a file is read, so that the
 * parser itself does no I/O. What is wrong with a file is a `Problem` at its name in the rule.
 */

import { FILE_CHARACTERS_MAX } from '../limits.js';
import { Problem, quoted } from '../problem.js';
import type { Word } from '../words.js';
import { LineProblem } from './lines.js';

export interface RuleFiles {
  /** The whole text of a file; throws an Error when it cannot be read. */
  read(path: string): string;
}

/** For rules that come from where files are not to be read. */
export const NO_FILES: RuleFiles = {
  read: (path) => {
    throw new Problem('E_FILE', `${quoted(path)} is a file, and files are not read here`);
  },
};

/**
 * Reads and parses the file that `word` names. `parse` knows the text alone; a `LineProblem` that it
 * throws gets the file's name and its place in the rule (`E_FILE`).
 */
export function readFileAt<T>(word: Word, files: RuleFiles, parse: (text: string) => T): T {
  const text = readText(word, files);
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof LineProblem)) throw error;
    const place = error.line === null ? word.text : `${word.text}:${error.line}`;
    throw new Problem('E_FILE', `${place}: ${error.message}`, word.at, error.mend);
  }
}

function readText(word: Word, files: RuleFiles): string {
  let text: string;
  try {
    text = files.read(word.text);
  } catch (error) {
    throw atWord(error, word);
  }
  if (text.length > FILE_CHARACTERS_MAX) {
    const sentence = `the file has ${text.length} characters, the limit is ${FILE_CHARACTERS_MAX}`;
    throw new Problem('E_FILE', `${word.text}: ${sentence}`, word.at);
  }
  // A byte order mark, as some editors write it.
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** By `error.code` of system calls. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
};

function atWord(error: unknown, word: Word): unknown {
  if (error instanceof Problem) return new Problem(error.code, error.message, word.at, error.mend);
  if (!(error instanceof Error)) return error;
  const code = String((error as { code?: unknown }).code);
  const reason = Object.hasOwn(REASONS, code) ? REASONS[code] : error.message.split('\n', 1)[0];
  return new Problem('E_FILE', `cannot read ${quoted(word.text)}: ${reason}`, word.at);
}
