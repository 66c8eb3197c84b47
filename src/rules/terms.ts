/**
 * The `key=value` terms of a match. To add one: a field in `Match`, an entry here, and what the
 * classifier and `rulesOverlap` make of it; where it is of some protocols only, narrow.ts too.
 */

import { formatPrefix, parsePrefix } from './address.js';
import { directionOf, meantDirection } from './direction-words.js';
import { parseName } from './names.js';
import {
  formatDscp,
  formatFlags,
  formatLen,
  parseDscp,
  parseFlags,
  parseLen,
  parseQuic,
} from './packet-terms.js';
import { formatPorts, parsePorts } from './ports.js';
import { quoted } from './problem.js';
import { DIRECTION_NAMES, type Direction, type Match } from './rule.js';
import { readWord, type Word, wrong } from './words.js';

/** The part of a match that terms say. */
export type TermValues = Omit<Match, 'text' | 'protocols' | 'address'>;

export const NO_TERMS: TermValues = {
  src: null,
  dst: null,
  sport: null,
  dport: null,
  dir: null,
  len: null,
  dscp: null,
  flags: null,
  qname: null,
  sni: null,
  quic: null,
};

export interface Term {
  readonly name: keyof TermValues;
  readonly example: string;
  /** The value alone, without the key. */
  read(value: Word): Partial<TermValues>;
  /** Canonical value, or null when the match says nothing about it. */
  format(values: TermValues): string | null;
}

/** In canonical order. */
export const TERMS: readonly Term[] = [
  {
    name: 'src',
    example: 'src=192.0.2.0/24',
    read: (value) => ({ src: readWord(value, parsePrefix) }),
    format: ({ src }) => src && formatPrefix(src),
  },
  {
    name: 'dst',
    example: 'dst=fd00::/64',
    read: (value) => ({ dst: readWord(value, parsePrefix) }),
    format: ({ dst }) => dst && formatPrefix(dst),
  },
  {
    name: 'sport',
    example: 'sport=53',
    read: (value) => ({ sport: parsePorts(value) }),
    format: ({ sport }) => sport && formatPorts(sport),
  },
  {
    name: 'dport',
    example: 'dport=5000-5010',
    read: (value) => ({ dport: parsePorts(value) }),
    format: ({ dport }) => dport && formatPorts(dport),
  },
  {
    name: 'dir',
    example: 'dir=out',
    read: (value) => ({ dir: readDirection(value) }),
    format: ({ dir }) => (dir === null ? null : DIRECTION_NAMES[dir]),
  },
  {
    name: 'len',
    example: 'len=100-1500',
    read: (value) => ({ len: parseLen(value) }),
    format: ({ len }) => len && formatLen(len),
  },
  {
    name: 'dscp',
    example: 'dscp=ef',
    read: (value) => ({ dscp: parseDscp(value) }),
    format: ({ dscp }) => (dscp === null ? null : formatDscp(dscp)),
  },
  {
    name: 'flags',
    example: 'flags=syn,!ack',
    read: (value) => ({ flags: parseFlags(value) }),
    format: ({ flags }) => flags && formatFlags(flags),
  },
  {
    name: 'qname',
    example: 'qname=*.example.com',
    read: (value) => ({ qname: parseName(value, 'qname') }),
    format: ({ qname }) => qname,
  },
  {
    name: 'sni',
    example: 'sni=example.com',
    read: (value) => ({ sni: parseName(value, 'sni') }),
    format: ({ sni }) => sni,
  },
  {
    name: 'quic',
    example: 'quic=initial',
    read: (value) => ({ quic: parseQuic(value) }),
    format: ({ quic }) => quic,
  },
];

function readDirection(value: Word): Direction {
  const { text } = value;
  const direction = directionOf(text);
  if (direction !== null) return direction;
  const mend = /^(?:both|any)$/i.test(text) ? 'leave dir= away for both directions' : undefined;
  const meant = meantDirection(text);
  const known = meant === null ? 'dir is in or out' : `did you mean ${meant}?`;
  throw wrong(value, 'E_RULE_MATCH', `${quoted(text)} is not a direction, ${known}`, mend);
}
