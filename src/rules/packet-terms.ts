/**
 * The values of the terms about a packet's own header fields: `len=`, `dscp=`, `flags=`, `quic=`.
 * Each is read here from text and written in its canonical spelling.
 */

import { TcpFlag } from '../packet/tcp.js';
import { type Problem, quoted } from './problem.js';
import { type PortRange, QUIC_PACKETS, type QuicPacket, type TcpFlags } from './rule.js';
import { didYouMean } from './suggest.js';
import { part, type Word, wrong } from './words.js';

/** IPv4's header, and the largest length that an IPv4 header can state. */
const LEN_MIN = 20;
const LEN_MAX = 65_535;

/** `1000`, `100-1500`: bytes of IP header and payload. */
export function parseLen(word: Word): PortRange {
  const { text } = word;
  const dash = text.indexOf('-', 1);
  if (dash < 0) {
    const bytes = parseBytes(word);
    return { min: bytes, max: bytes };
  }
  const min = parseBytes(part(word, 0, dash));
  const end = part(word, dash + 1);
  if (end.text === '') {
    throw problem(word, `the range ${quoted(text)} has no end`, `len=${min}-${LEN_MAX}`);
  }
  const max = parseBytes(end);
  if (min > max) {
    throw problem(word, `the range ${text} runs backwards, did you mean ${max}-${min}?`);
  }
  return { min, max };
}

export function formatLen({ min, max }: PortRange): string {
  return min === max ? String(min) : `${min}-${max}`;
}

function parseBytes(word: Word): number {
  const { text } = word;
  if (!/^\d+$/.test(text)) {
    throw problem(word, `${quoted(text)} is not a length in bytes, as in len=100-1500`);
  }
  const bytes = Number(text);
  if (bytes < LEN_MIN) {
    const mend = `len= counts the IP header too: from ${LEN_MIN}`;
    throw problem(word, `no IP packet has ${bytes} bytes`, mend);
  }
  if (bytes > LEN_MAX) throw problem(word, `no IP packet is longer than ${LEN_MAX} bytes`);
  return bytes;
}

/** IANA's registry of DSCP values, by which they are printed. */
const DSCP_NAMES: readonly (readonly [string, number])[] = [
  ...Array.from({ length: 8 }, (_, i) => [`cs${i}`, 8 * i] as const),
  ...[1, 2, 3, 4].flatMap((c) => [1, 2, 3].map((d) => [`af${c}${d}`, 8 * c + 2 * d] as const)),
  ['ef', 46],
  ['va', 44],
  ['le', 1],
];

/** Other names for cs0. */
const BEST_EFFORT = ['be', 'df', 'default'];

const DSCP_MAX = 63;
const DSCP_MEND = 'names: cs0 to cs7, af11 to af43, ef, va, le, be';

/** `46`, `ef`. */
export function parseDscp(word: Word): number {
  const text = word.text.toLowerCase();
  const named = DSCP_NAMES.find(([name]) => name === text);
  if (named !== undefined) return named[1];
  if (BEST_EFFORT.includes(text)) return 0;
  if (!/^(?:\d+|0x[\da-f]+)$/.test(text)) {
    const names = [...DSCP_NAMES.map(([name]) => name), 'be'];
    throw problem(
      word,
      `${quoted(word.text)} is not a DSCP, a number from 0 to 63 or a name${didYouMean(text, names)}`,
      DSCP_MEND,
    );
  }
  const value = Number(text);
  if (value > DSCP_MAX) {
    // The byte that tc, ping -Q and tcpdump show has the DSCP in its upper six bits.
    const meant = value <= 0xff ? `, did you mean ${value >> 2}, its DSCP?` : '';
    const what = value <= 0xff ? 'a whole traffic class byte' : `more than ${DSCP_MAX}`;
    throw problem(word, `${word.text} is ${what}${meant}`, meant === '' ? DSCP_MEND : undefined);
  }
  return value;
}

export function formatDscp(dscp: number): string {
  return DSCP_NAMES.find(([, value]) => value === dscp)?.[0] ?? String(dscp);
}

const FLAG_NAMES = Object.keys(TcpFlag) as readonly (keyof typeof TcpFlag)[];
const FLAGS_MEND = `flags: ${FLAG_NAMES.join(', ')}, with ! for one that must be clear`;

/** `syn,!ack`: the listed ones are set, those with ! clear, the others are not looked at. */
export function parseFlags(word: Word): TcpFlags {
  let set = 0;
  let clear = 0;
  let at = 0;
  for (const item of word.text.split(',')) {
    const flagWord = part(word, at, at + item.length);
    at += item.length + 1;
    const isClear = item.startsWith('!');
    const flag = parseFlag(isClear ? part(flagWord, 1) : flagWord);
    const name = FLAG_NAMES.find((each) => TcpFlag[each] === flag);
    if (((isClear ? clear : set) & flag) !== 0) {
      throw problem(flagWord, `${item.toLowerCase()} is given twice`);
    }
    if (((isClear ? set : clear) & flag) !== 0) {
      throw problem(flagWord, `${name} cannot be both set and clear, no packet has it so`);
    }
    if (isClear) clear |= flag;
    else set |= flag;
  }
  return { set, clear };
}

export function formatFlags({ set, clear }: TcpFlags): string {
  const has = (bits: number) => FLAG_NAMES.filter((name) => (bits & TcpFlag[name]) !== 0);
  return [...has(set), ...has(clear).map((name) => `!${name}`)].join(',');
}

/** What tcpdump prints. */
const FLAG_LETTERS: Readonly<Record<string, string>> = {
  f: 'fin',
  s: 'syn',
  r: 'rst',
  reset: 'rst',
  p: 'psh',
  push: 'psh',
  a: 'ack',
  '.': 'ack',
  u: 'urg',
  e: 'ece',
  w: 'cwr',
};

function parseFlag(word: Word): number {
  const text = word.text.toLowerCase();
  if (text === '') throw problem(word, 'a flag is missing, as in flags=syn,!ack');
  const name = FLAG_NAMES.find((known) => known === text);
  if (name !== undefined) return TcpFlag[name];
  const together = text.split(/[|+&/]/);
  if (together.length > 1 && together.every((each) => FLAG_NAMES.some((name) => name === each))) {
    throw problem(word, `flags are joined by commas, did you mean ${together.join(',')}?`);
  }
  const letter = Object.hasOwn(FLAG_LETTERS, text) ? FLAG_LETTERS[text] : null;
  const hint = letter === null ? didYouMean(text, FLAG_NAMES) : `, did you mean ${letter}?`;
  throw problem(word, `${quoted(word.text)} is not a TCP flag${hint}`, FLAGS_MEND);
}

/** What else QUIC's packets are called. */
const QUIC_HINTS: Readonly<Record<string, QuicPacket>> = {
  '0-rtt': '0rtt',
  zerortt: '0rtt',
  early: '0rtt',
  '1rtt': 'short',
  '1-rtt': 'short',
  onertt: 'short',
};

export function parseQuic(word: Word): QuicPacket {
  const text = word.text.toLowerCase();
  const known = QUIC_PACKETS.find((each) => each === text);
  if (known !== undefined) return known;
  const hint = Object.hasOwn(QUIC_HINTS, text)
    ? `, did you mean ${QUIC_HINTS[text]}?`
    : didYouMean(text, QUIC_PACKETS);
  throw problem(
    word,
    `${quoted(word.text)} is not a kind of QUIC packet${hint}`,
    `kinds: ${QUIC_PACKETS.join(', ')}`,
  );
}

function problem(word: Word, sentence: string, mend?: string): Problem {
  return wrong(word, 'E_RULE_MATCH', sentence, mend);
}
