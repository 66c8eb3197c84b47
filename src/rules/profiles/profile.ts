/** What a profile is: a name for impairments, written in the vocabulary of rules. */

import type { Word } from '../words.js';

/** By impairment, the value as a rule has it: `{ rate: 'out:1mbit in:5mbit', delay: '14ms' }`. */
export type Expansion = Readonly<Record<string, string>>;

/** `--name=value` of a profile; `value` is the part behind the equals sign, empty without one. */
export interface Argument {
  readonly word: Word;
  readonly value: Word;
}

export type Arguments = ReadonlyMap<string, Argument>;

export interface Profile {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Where its numbers come from; ours where nobody's. */
  readonly source: string;
  /** Names of the parameters, without the dashes, in the order of help. */
  readonly parameters: readonly string[];
  /** Arguments without which it says nothing, for the list. */
  readonly example?: string;
  /** What differs from its source, or has to be known about it; sentences. */
  readonly notes?: readonly string[];
  /** Throws a `Problem` at the argument that is wrong, or at `name` for one that is missing. */
  expand(given: Arguments, name: Word): Expansion;
}
