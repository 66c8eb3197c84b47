/**
 * The impairments of a rule, collected value by value: `KEY VALUE`, `KEY in:VALUE`,
 * `KEY out:VALUE in:VALUE`. Nothing may be set twice for a direction.
 */

import { type ImpairmentKey, UNIMPAIRED } from './impairment-key.js';
import { isTerm } from './match.js';
import { type Problem, quoted } from './problem.js';
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

/** What other tools call the directions. */
const PREFIX_HINTS: Readonly<Record<string, string>> = {
  egress: 'out',
  outbound: 'out',
  outgoing: 'out',
  tx: 'out',
  up: 'out',
  upload: 'out',
  output: 'out',
  ingress: 'in',
  inbound: 'in',
  incoming: 'in',
  rx: 'in',
  down: 'in',
  download: 'in',
  input: 'in',
};

/** A value that was given for certain directions, and where. */
interface Given {
  readonly key: ImpairmentKey;
  readonly word: Word;
  /** Null: for each direction. */
  readonly direction: Direction | null;
}

export class ImpairmentsReader {
  readonly #impairments: [Impairments, Impairments] = [UNIMPAIRED, UNIMPAIRED];
  /** By field, the key that set it, for each direction. */
  readonly #setBy: PerDirection<Map<string, ImpairmentKey>> = [new Map(), new Map()];
  #given: Given[] = [];

  /** Reads all values that follow `key`, which stands at `keyWord`. */
  readValues(key: ImpairmentKey, keyWord: Word, words: Words): void {
    do {
      const word = words.peek() ?? keyWord;
      const direction = takePrefix(words);
      this.#given.push({ key, word, direction });
      if (direction !== null && key.undirected !== undefined) {
        const { instead } = key.undirected;
        const name = DIRECTION_NAMES[direction];
        throw problem(
          word,
          `${key.name} is for both directions, did you mean ${instead} ${name}:…?`,
        );
      }
      if (key.bare !== undefined && isNoValue(words.peek())) {
        this.#set(key, word, direction, key.bare);
        continue;
      }
      if (isNoValue(words.peek())) {
        throw words.problemHere(`${key.name} needs a value, such as ${key.usage}`);
      }
      this.#set(key, word, direction, key.read(words));
    } while (/^(in|out):/i.test(words.peek()?.text ?? ''));
  }

  /** Throws a `Problem` for a value that the match's `dir=` makes void. */
  refuseVoid(match: Match): void {
    const given = this.#given;
    this.#given = [];
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

  finish(): PerDirection<Impairments> {
    return [this.#impairments[Direction.out], this.#impairments[Direction.in]];
  }

  #set(
    key: ImpairmentKey,
    word: Word,
    only: Direction | null,
    setting: PerDirection<Partial<Impairments>>,
  ): void {
    for (const direction of only === null ? BOTH : [only]) {
      for (const field of Object.keys(setting[direction])) {
        const earlier = this.#setBy[direction].get(field);
        if (earlier !== undefined) throw setTwice(word, key, earlier, only);
        this.#setBy[direction].set(field, key);
      }
      this.#impairments[direction] = { ...this.#impairments[direction], ...setting[direction] };
    }
  }
}

/** `loss out:1% in:2% delay 20ms`; empty without impairments. */
export function formatImpairments(impairments: PerDirection<Impairments>): string {
  return IMPAIRMENT_KEYS.flatMap((key) => {
    const [out, into] = impairments.map((each) => key.format(each));
    if (out === null && into === null) return [];
    if (out === into) return [`${key.name} ${out}`];
    const values = [out === null ? [] : [`out:${out}`], into === null ? [] : [`in:${into}`]];
    return [`${key.name} ${values.flat().join(' ')}`];
  }).join(' ');
}

/** What follows a key is the next key or term, or nothing. */
function isNoValue(word: Word | undefined): boolean {
  return word === undefined || isTerm(word) || findImpairmentKey(word.text) !== undefined;
}

/** Takes `in:` or `out:` off the next word. */
function takePrefix(words: Words): Direction | null {
  const word = words.peek();
  const prefix = /^([a-z]+)(:?)/i.exec(word?.text ?? '');
  if (word === undefined || prefix === null) return null;
  const name = prefix[1].toLowerCase();
  const rest = word.text.slice(prefix[0].length);
  if (prefix[2] === '' && (rest !== '' || !(name === 'in' || name === 'out'))) return null;
  if (name !== 'in' && name !== 'out') {
    if (!Object.hasOwn(PREFIX_HINTS, name)) return null;
    throw problem(
      word,
      `unknown direction ${quoted(name)}, did you mean ${PREFIX_HINTS[name]}:${rest}?`,
    );
  }
  if (prefix[2] === '' || rest === '') {
    const value = words.peek(1)?.text ?? '…';
    throw problem(word, `the value is joined to ${name}:, did you mean ${name}:${value}?`);
  }
  words.skipCharacters(prefix[0].length);
  return name === 'in' ? Direction.in : Direction.out;
}

function setTwice(
  word: Word,
  key: ImpairmentKey,
  earlier: ImpairmentKey,
  only: Direction | null,
): Problem {
  if (earlier !== key) {
    return problem(
      word,
      `${earlier.name} and ${key.name} both set the same, give only one of them`,
    );
  }
  const where = only === null ? '' : ` for ${DIRECTION_NAMES[only]}`;
  return problem(word, `${key.name} is given twice${where}`);
}

function problem(word: Word, sentence: string, mend?: string): Problem {
  return wrong(word, 'E_RULE_SYNTAX', sentence, mend);
}
