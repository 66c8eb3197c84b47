/**
 * The impairments of a rule, collected value by value: `KEY VALUE`, `KEY in:VALUE`,
 * `KEY out:VALUE in:VALUE`, with `up` and `down` for `out` and `in`. Nothing may be set twice for a
 * direction.
 */

import { checkImpairments } from './consistency.js';
import {
  DIRECTION_PREFIX,
  directionOf,
  meantDirection,
  translatedDirection,
} from './direction-words.js';
import { NO_FILES, type RuleFiles } from './files/rule-files.js';
import { type ImpairmentKey, noneOf, type Setting, UNIMPAIRED } from './impairment-key.js';
import { isTerm } from './match.js';
import { Problem, quoted } from './problem.js';
import { findImpairmentKey, IMPAIRMENT_KEYS } from './registry.js';
import {
  DIRECTION_NAMES,
  Direction,
  type Impairments,
  type Match,
  type PerDirection,
} from './rule.js';
import { type Word, type Words, wrong } from './words.js';

const BOTH: readonly Direction[] = [Direction.out, Direction.in];

export interface ReadOptions {
  /** Without it files are refused. */
  readonly files?: RuleFiles | undefined;
  /** Whether `none` may stand for a value, as in schedules. */
  readonly allowNone?: boolean | undefined;
}

/** A value that was given for certain directions, and where. */
interface Given {
  readonly key: ImpairmentKey;
  readonly word: Word;
  /** Null: for each direction. */
  readonly direction: Direction | null;
  /** Which call of `readValues` it was, from 0. */
  readonly turn: number;
}

export class ImpairmentsReader {
  readonly #files: RuleFiles;
  readonly #allowNone: boolean;
  readonly #setting: [Partial<Impairments>, Partial<Impairments>] = [{}, {}];
  /** By field, what set it, for each direction. */
  readonly #setBy: PerDirection<Map<string, Given>> = [new Map(), new Map()];
  #unchecked: Given[] = [];
  #turns = 0;

  constructor({ files = NO_FILES, allowNone = false }: ReadOptions = {}) {
    this.#files = files;
    this.#allowNone = allowNone;
  }

  /** Reads all values that follow `key`, which stands at `keyWord`. */
  readValues(key: ImpairmentKey, keyWord: Word, words: Words): void {
    do {
      const first = words.peek();
      const direction = takePrefix(key, words);
      const isBare = key.anyWord ? words.peek() === undefined : isNoValue(words.peek());
      const word = isBare && direction === null ? keyWord : (first ?? keyWord);
      const given = { key, word, direction, turn: this.#turns };
      this.#unchecked.push(given);
      if (direction !== null && key.undirected !== undefined) {
        const { instead } = key.undirected;
        const name = DIRECTION_NAMES[direction];
        const mended =
          instead === null ? `leave ${name}: away` : `did you mean ${instead} ${name}:…?`;
        throw problem(word, `${key.name} is for both directions, ${mended}`);
      }
      if (isBare && key.bare === undefined) throw missingValue(key, words);
      this.#set(given, isBare ? key.bare! : this.#readValue(key, words));
    } while (DIRECTION_PREFIX.test(words.peek()?.text ?? ''));
    this.#turns++;
  }

  /** Throws a `Problem` for a value that the match's `dir=` makes void. */
  refuseVoid(match: Match): void {
    const given = this.#unchecked;
    this.#unchecked = [];
    if (match.dir === null) return;
    const dir = DIRECTION_NAMES[match.dir];
    for (const { key, word, direction } of given) {
      if (key.undirected !== undefined) {
        throw problem(word, `${key.name} needs both directions, and the match has dir=${dir}`);
      }
      if (direction !== null && direction !== match.dir) {
        const name = DIRECTION_NAMES[direction];
        throw problem(word, `${name}: never applies, as the match has dir=${dir}`);
      }
    }
  }

  /** What of all that was read does not go together, and which call of `readValues` read it. */
  findInconsistency(): { readonly problem: Problem; readonly turn: number } | null {
    const found = checkImpairments(this.finish());
    if (found === null) return null;
    const fields = findImpairmentKey(found.key)?.fields ?? [];
    const setBy = this.#setBy[found.direction];
    const given = fields.flatMap((field) => setBy.get(field) ?? [])[0];
    const { word, turn } = given ?? { word: { text: '', at: 0 }, turn: 0 };
    return { problem: problem(word, found.sentence, found.mend), turn };
  }

  /** Only what was given. */
  setting(): Setting {
    return [this.#setting[Direction.out], this.#setting[Direction.in]];
  }

  /** Everything, with what was not given as none. */
  finish(): PerDirection<Impairments> {
    const [out, into] = this.#setting;
    return [
      { ...UNIMPAIRED, ...out },
      { ...UNIMPAIRED, ...into },
    ];
  }

  #readValue(key: ImpairmentKey, words: Words): Setting {
    const word = words.peek()!;
    if (word.text.toLowerCase() !== 'none') return key.read(words, this.#files);
    if (!this.#allowNone || key.fields.length === 0) {
      throw problem(
        word,
        `none ends an impairment in a schedule only, here leave ${key.name} away`,
      );
    }
    words.take();
    return noneOf(key);
  }

  #set(given: Given, setting: Setting): void {
    for (const direction of given.direction === null ? BOTH : [given.direction]) {
      const setBy = this.#setBy[direction];
      for (const [field, value] of Object.entries(setting[direction])) {
        const earlier = setBy.get(field);
        if (earlier !== undefined && earlier.key !== given.key) {
          if (given.key.givesWay) continue;
          if (!earlier.key.givesWay) throw setTwice(given, earlier.key);
        } else if (earlier !== undefined) {
          throw setTwice(given, earlier.key);
        }
        setBy.set(field, given);
        this.#setting[direction] = { ...this.#setting[direction], [field]: value };
      }
    }
  }
}

/** `loss out:1% in:2% delay 20ms`; empty without impairments. */
export function formatImpairments(impairments: PerDirection<Impairments>): string {
  return IMPAIRMENT_KEYS.flatMap((key) => {
    const [out, into] = impairments.map((each) => key.format(each));
    return formatValues(key, out, into) ?? [];
  }).join(' ');
}

/** A key with its values for out and in; null where there are none. */
export function formatValues(
  key: ImpairmentKey,
  out: string | null,
  into: string | null,
): string | null {
  if (out === null && into === null) return null;
  if (out === into) return out === key.bareValue ? key.name : `${key.name} ${out}`;
  const values = [out === null ? [] : [`out:${out}`], into === null ? [] : [`in:${into}`]];
  return `${key.name} ${values.flat().join(' ')}`;
}

function missingValue(key: ImpairmentKey, words: Words): Problem {
  const example = key.usage.split(' | ', 1)[0];
  const { at } = words.problemHere('');
  const sentence = `${key.name} needs a value, as in ${key.name} ${example}`;
  const mend = key.usage === example ? undefined : `${key.name}: ${key.usage}`;
  return new Problem('E_RULE_SYNTAX', sentence, at, mend);
}

/** What follows a key is the next key or term, or nothing. */
function isNoValue(word: Word | undefined): boolean {
  return word === undefined || isTerm(word) || findImpairmentKey(word.text) !== undefined;
}

/** Takes `in:`, `out:`, `up:` or `down:` off the next word. */
function takePrefix(key: ImpairmentKey, words: Words): Direction | null {
  const word = words.peek();
  const prefix = /^([a-z]+)(:?)/i.exec(word?.text ?? '');
  if (word === undefined || prefix === null) return null;
  const name = prefix[1].toLowerCase();
  const rest = word.text.slice(prefix[0].length);
  const direction = directionOf(name);
  // mahimahi calls its traces up and down.
  const isFile = key.usage.startsWith('FILE');
  const isBare = isFile ? /^(?:in|out)$/.test(name) : direction !== null;
  if (prefix[2] === '' && (rest !== '' || !isBare)) return null;
  if (direction === null) {
    const meant = isFile ? translatedDirection(name) : meantDirection(name);
    if (meant === null) return null;
    throw problem(word, `unknown direction ${quoted(name)}, did you mean ${meant}:${rest}?`);
  }
  if (prefix[2] === '' || rest === '') {
    const value = isNoValue(words.peek(1)) ? '…' : words.peek(1)!.text;
    throw problem(word, `the value is joined to ${name}:, did you mean ${name}:${value}?`);
  }
  words.skipCharacters(prefix[0].length);
  return direction;
}

function setTwice({ key, word, direction }: Given, earlier: ImpairmentKey): Problem {
  if (earlier !== key) {
    return problem(
      word,
      `${earlier.name} and ${key.name} both set the same, give only one of them`,
    );
  }
  const where = direction === null ? '' : ` for ${DIRECTION_NAMES[direction]}`;
  return problem(word, `${key.name} is given twice${where}`);
}

function problem(word: Word, sentence: string, mend?: string): Problem {
  return wrong(word, 'E_RULE_SYNTAX', sentence, mend);
}
