/** A file's lines with their numbers, and what is wrong with one of them. */

import { Problem } from '../problem.js';

/** What is wrong with a file, and in which line, from 1; null: with all of it. */
export class LineProblem extends Problem {
  readonly line: number | null;

  constructor(line: number | null, sentence: string, mend?: string) {
    super('E_FILE', sentence, 0, mend);
    this.line = line;
  }
}

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without white space around it, never empty. */
  readonly text: string;
}

/** The lines that say something. What follows `comment`, such as `#`, is left out. */
export function* linesOf(text: string, comment: string | null): Generator<Line> {
  let number = 0;
  for (const whole of text.split('\n')) {
    number++;
    const end = comment === null ? -1 : whole.indexOf(comment);
    const line = (end < 0 ? whole : whole.slice(0, end)).trim();
    if (line !== '') yield { number, text: line };
  }
}

/** A problem that `parse` has with its part of a line becomes one with the line. */
export function atLine<T>(line: Line, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new LineProblem(line.number, error.message, error.mend);
  }
}
