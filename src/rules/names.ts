/**
 * Names in matches (`qname=`, `sni=`): `example.com`, and `*.example.com` for every name below it.
 * Held in lower case without the last dot, as they are compared (RFC 4343).
 */

import { type Problem, quoted } from './problem.js';
import { type Word, wrong } from './words.js';

/** RFC 1035, 2.3.4, without the length of the first label and the root. */
const NAME_CHARACTERS_MAX = 253;
const LABEL_CHARACTERS_MAX = 63;

/** `*.`: all that is below. */
const BELOW = '*.';

export function parseName(word: Word, term: string): string {
  const { text } = word;
  refuseOthers(word, term);
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name === '*') {
    throw problem(
      word,
      '"*" alone is no name, * stands for what is below one, as in *.example.com',
    );
  }
  if (name.startsWith('.')) {
    throw problem(word, `${quoted(text)} begins with a dot, did you mean *${name}?`);
  }
  if (name.length > NAME_CHARACTERS_MAX) {
    const length = `${name.length} characters`;
    throw problem(word, `a name of ${length} is too long, the limit is ${NAME_CHARACTERS_MAX}`);
  }
  const labels = (name.startsWith(BELOW) ? name.slice(BELOW.length) : name).split('.');
  for (const label of labels) refuseLabel(word, label);
  return name;
}

/** What `parseName` gave, to compare names with. */
export interface NamePattern {
  /** The name, or what comes behind the `*`, with its dot. */
  readonly text: string;
  readonly below: boolean;
}

export function namePattern(name: string): NamePattern {
  const below = name.startsWith(BELOW);
  return { text: below ? name.slice(1) : name, below };
}

/** Whether a name of a packet, in lower case without the last dot, is meant. */
export function nameFits({ text, below }: NamePattern, name: string): boolean {
  if (!below) return name === text;
  return name.length > text.length && name.endsWith(text);
}

/** Whether some name fits both. */
export function namesMeet(a: string, b: string): boolean {
  const [patternA, patternB] = [namePattern(a), namePattern(b)];
  if (!patternA.below) return nameFits(patternB, a);
  if (!patternB.below) return nameFits(patternA, b);
  return patternA.text.endsWith(patternB.text) || patternB.text.endsWith(patternA.text);
}

function refuseLabel(word: Word, label: string): void {
  if (label === '') throw problem(word, `${quoted(word.text)} has an empty label`);
  if (label.includes('*')) {
    const mend = 'a * is the whole first label, as in *.example.com';
    throw problem(word, `${quoted(word.text)} has a * in the wrong place`, mend);
  }
  const strange = /[^a-z0-9_-]/.exec(label);
  if (strange !== null) {
    throw problem(word, `${quoted(strange[0])} cannot be part of a name`);
  }
  if (label.length > LABEL_CHARACTERS_MAX) {
    const length = `${label.length} characters`;
    throw problem(word, `a label of ${length} is too long, the limit is ${LABEL_CHARACTERS_MAX}`);
  }
}

/** What is no name, but was meant to be something that we know. */
function refuseOthers(word: Word, term: string): void {
  const { text } = word;
  const url = /^[a-z][a-z\d+.-]*:\/\/([^/:?#]+)/i.exec(text);
  if (url !== null) throw problem(word, `${quoted(text)} is a URL, did you mean ${url[1]}?`);
  if (text.includes(',')) {
    const mend = 'make a rule for each name';
    throw problem(word, `${quoted(text)} is a list, ${term}= has one name`, mend);
  }
  const port = /^[^:]+:(\d+)$/.exec(text);
  if (port !== null) {
    const mend = `the port belongs to the protocol, as in tcp:${port[1]}`;
    throw problem(word, `${quoted(text)} is a name with a port`, mend);
  }
  if (term === 'sni' && /^(?:[\d.]+|\[?[\da-f:]*:[\da-f:.]*\]?)$/i.test(text)) {
    // RFC 6066, 3: "Literal IPv4 and IPv6 addresses are not permitted".
    throw problem(word, 'clients send no addresses as a name', `the address goes so: tls@${text}`);
  }
  if (/[^\0-\x7f]/.test(text)) {
    throw problem(word, `${quoted(text)} is not ASCII`, 'write the form that is sent, as in xn--…');
  }
}

function problem(word: Word, sentence: string, mend?: string): Problem {
  return wrong(word, 'E_RULE_MATCH', sentence, mend);
}
