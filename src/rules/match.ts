/** A match, collected word by word: one head, terms in any order, and no contradiction. */

import { Protocol } from '../packet/protocol.js';
import { HEAD_ANY, type MatchHead, parseHead } from './match-head.js';
import { narrowProtocols } from './narrow.js';
import { rulesOverlap } from './overlap.js';
import { type Problem, quoted } from './problem.js';
import type { Match, Prefix } from './rule.js';
import { didYouMean } from './suggest.js';
import { NO_TERMS, TERMS, type TermValues } from './terms.js';
import { part, type Word, wrong } from './words.js';

const TERM_NAMES = TERMS.map((term) => term.name);
const TERM_MEND = `terms: ${TERM_NAMES.map((name) => `${name}=`).join(' ')}`;

/** Whether a word has the form of a term, known or not. */
export function isTerm(word: Word): boolean {
  return /^[a-z]+=/i.test(word.text);
}

export class MatchReader {
  readonly #impairmentKeys: readonly string[];
  #head: MatchHead = HEAD_ANY;
  #headWord: Word = { text: '', at: 0 };
  #terms: TermValues = NO_TERMS;
  readonly #termWords = new Map<string, Word>();

  /** The impairments' keys, for "did you mean". */
  constructor(impairmentKeys: readonly string[]) {
    this.#impairmentKeys = impairmentKeys;
  }

  takeHead(word: Word): void {
    this.#head = parseHead(word, this.#impairmentKeys);
    this.#headWord = word;
  }

  takeTerm(word: Word): void {
    const equals = word.text.indexOf('=');
    const name = word.text.slice(0, equals).toLowerCase();
    const value = part(word, equals + 1);
    const term = TERMS.find((known) => known.name === name);
    if (term === undefined) {
      if (this.#impairmentKeys.includes(name)) {
        throw problem(word, `${quoted(word.text)} is no term, did you mean ${name} ${value.text}?`);
      }
      const hint = didYouMean(name, TERM_NAMES);
      throw problem(
        word,
        `unknown term ${quoted(`${name}=`)}${hint.replace('?', '=?')}`,
        TERM_MEND,
      );
    }
    if (this.#termWords.has(name)) throw problem(word, `${name}= is given twice`);
    if (value.text === '') throw problem(value, `${name}= has no value, as in ${term.example}`);
    this.#terms = { ...this.#terms, ...term.read(value) };
    this.#termWords.set(name, word);
  }

  /** Throws a `Problem` when no packet could ever match. */
  finish(): Match {
    const { address, text } = this.#head;
    const protocols = narrowProtocols(this.#head.protocols, this.#headWord.text, this.#termWords);
    const terms = TERMS.flatMap((term) => {
      const value = term.format(this.#terms);
      return value === null ? [] : [`${term.name}=${value}`];
    });
    const match: Match = { text: [text, ...terms].join(' '), protocols, address, ...this.#terms };
    this.#refusePortsOfIcmp(match);
    this.#refuseTwoVersions(match);
    if (!rulesOverlap(match, match)) {
      throw problem(this.#lastWord(), 'no packet can match, the terms contradict each other');
    }
    return match;
  }

  #refusePortsOfIcmp(match: Match): void {
    if (match.protocols?.[0].protocol !== Protocol.icmp) return;
    for (const name of ['sport', 'dport']) {
      const word = this.#termWords.get(name);
      if (word !== undefined) throw problem(word, `icmp has no ports, so ${name}= never matches`);
    }
  }

  #refuseTwoVersions(match: Match): void {
    const prefixes: [Prefix | null, Word | undefined, string][] = [
      [match.address, this.#headWord, '@'],
      [match.src, this.#termWords.get('src'), 'src='],
      [match.dst, this.#termWords.get('dst'), 'dst='],
    ];
    const given = prefixes.filter(([prefix]) => prefix !== null);
    for (const [prefix, word, name] of given.slice(1)) {
      const [first, , firstName] = given[0];
      if (prefix!.version === first!.version) continue;
      const versions = `${firstName} is IPv${first!.version} and ${name} is IPv${prefix!.version}`;
      throw problem(word!, `${versions}, no packet is both`);
    }
  }

  #lastWord(): Word {
    return [...this.#termWords.values()].at(-1) ?? this.#headWord;
  }
}

function problem(word: Word, sentence: string, mend?: string): Problem {
  return wrong(word, 'E_RULE_MATCH', sentence, mend);
}
