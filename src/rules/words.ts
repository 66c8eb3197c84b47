/**
 * A rule's text as words with their positions, read one after the other. Rule lines and flag
 * values are read by the same parsers through this.
 */

import { RULE_CHARACTERS_MAX } from './limits.js';
import { Problem, within } from './problem.js';

/** A piece of the text and where it begins. */
export interface Word {
  readonly text: string;
  readonly at: number;
}

export class Words {
  readonly #words: Word[];
  readonly #end: number;
  #next = 0;

  /** Splits at white space; throws a `Problem` when the text is longer than anything meant. */
  constructor(text: string) {
    if (text.length > RULE_CHARACTERS_MAX) {
      throw new Problem(
        'E_RULE_LIMIT',
        `a rule of ${text.length} characters is too long, the limit is ${RULE_CHARACTERS_MAX}`,
      );
    }
    this.#words = Array.from(text.matchAll(/\S+/g), (match) => ({
      text: match[0],
      at: match.index,
    }));
    this.#end = text.trimEnd().length;
  }

  /** The next word, or one further ahead. */
  peek(ahead = 0): Word | undefined {
    return this.#words[this.#next + ahead];
  }

  take(): Word | undefined {
    return this.#words[this.#next++];
  }

  /** The next word; where there is none, the problem is `missing`, shown behind the last word. */
  need(missing: string): Word {
    const word = this.take();
    if (word === undefined) throw this.problemHere(missing);
    return word;
  }

  /** A problem with the next word, or with there being none: shown behind the last one. */
  problemHere(sentence: string): Problem {
    return new Problem('E_RULE_SYNTAX', sentence, this.peek()?.at ?? this.#end);
  }

  /** Shortens the next word by what was already understood of it, such as `in:`. */
  skipCharacters(count: number): void {
    const word = this.#words[this.#next];
    this.#words[this.#next] = part(word, count);
  }
}

/** A part of a word, which knows its place. */
export function part(word: Word, from: number, to = word.text.length): Word {
  return { text: word.text.slice(from, to), at: word.at + from };
}

/** Parses a word's text with a parser that knows nothing of places, such as `parseDuration`. */
export function readWord<T>(word: Word, parse: (text: string) => T): T {
  return within(word.at, () => parse(word.text));
}

/** A problem with a word, at its beginning or `offset` characters further. */
export function wrong(word: Word, code: string, sentence: string, mend?: string): Problem {
  return new Problem(code, sentence, word.at, mend);
}
