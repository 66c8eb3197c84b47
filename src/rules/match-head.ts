/** The head of a match: `PROTO[:PORT[-PORT]][@ADDR[/LEN]]`. */

import { formatPrefix, parsePrefix } from './address.js';
import { formatPorts, parsePorts } from './ports.js';
import { type Problem, quoted } from './problem.js';
import { PROTOCOL_HINTS, PROTOCOL_NAMES, protocolsOf } from './protocols.js';
import type { PortRange, Prefix, ProtocolPorts } from './rule.js';
import { nearest } from './suggest.js';
import { part, readWord, type Word, wrong } from './words.js';

export interface MatchHead {
  /** Canonical, for example `dns@192.0.2.1`. */
  readonly text: string;
  readonly protocols: readonly ProtocolPorts[] | null;
  readonly address: Prefix | null;
}

export const HEAD_ANY: MatchHead = { text: 'any', protocols: null, address: null };

/** `alsoKnown`: other words that could stand in this place, for "did you mean". */
export function parseHead(word: Word, alsoKnown: readonly string[]): MatchHead {
  const at = word.text.indexOf('@');
  const transport = at < 0 ? word : part(word, 0, at);
  const colon = transport.text.indexOf(':');
  const name = colon < 0 ? transport : part(transport, 0, colon);
  const protocol = PROTOCOL_NAMES.find((known) => known.name === name.text.toLowerCase());
  if (protocol === undefined) {
    throw unknownProtocol(word, name, colon < 0 && at < 0 ? alsoKnown : []);
  }

  let ports: PortRange | null = null;
  if (colon >= 0) {
    const portsWord = part(transport, colon + 1);
    if (protocol.name === 'icmp') {
      throw problem(portsWord, 'icmp has no ports', 'write icmp alone');
    }
    ports = parsePorts(portsWord);
    if (ports.min === protocol.portDefault && ports.max === ports.min) ports = null;
  }
  const address = at < 0 ? null : readWord(part(word, at + 1), parsePrefix);
  const text =
    protocol.name +
    (ports === null ? '' : `:${formatPorts(ports)}`) +
    (address === null ? '' : `@${formatPrefix(address)}`);
  return { text, protocols: protocolsOf(protocol, ports), address };
}

export function isProtocolName(text: string): boolean {
  return PROTOCOL_NAMES.some((known) => known.name === text.toLowerCase());
}

const NAMES = PROTOCOL_NAMES.map((protocol) => protocol.name);
const MEND = `protocols: ${NAMES.join(', ')}`;

function unknownProtocol(word: Word, name: Word, alsoKnown: readonly string[]): Problem {
  const meant = withoutProtocol(word.text);
  if (meant !== null) return problem(word, `the protocol is missing, did you mean ${meant}?`);
  const typed = name.text.toLowerCase();
  const slash = /^([a-z]+)\/(\d+)$/.exec(typed);
  if (slash !== null && isProtocolName(slash[1])) {
    return problem(
      word,
      `${quoted(name.text)} is not a match, did you mean ${slash[1]}:${slash[2]}?`,
    );
  }
  const found = Object.hasOwn(PROTOCOL_HINTS, typed)
    ? PROTOCOL_HINTS[typed]
    : nearest(typed, [...NAMES, ...alsoKnown]);
  if (found === null) return problem(name, `unknown protocol ${quoted(name.text)}`, MEND);
  const what = alsoKnown.includes(found) ? 'word' : 'protocol';
  return problem(name, `unknown ${what} ${quoted(name.text)}, did you mean ${found}?`, MEND);
}

/** What `53`, `:53`, `192.0.2.1`, `@192.0.2.1`, `192.0.2.1:53` were meant to be; null for others. */
function withoutProtocol(text: string): string | null {
  if (/^\d+(-\d+)?$/.test(text)) return `udp:${text} or tcp:${text}`;
  if (/^:\d+/.test(text)) return `any${text}`;
  if (text.startsWith('@')) return `any${text}`;
  const addressAndPort = /^((?:\d+\.){3}\d+):(\d+)$/.exec(text);
  if (addressAndPort !== null) return `any:${addressAndPort[2]}@${addressAndPort[1]}`;
  try {
    parsePrefix(text);
    return `any@${text}`;
  } catch {
    return null;
  }
}

function problem(word: Word, sentence: string, mend?: string): Problem {
  return wrong(word, 'E_RULE_MATCH', sentence, mend);
}
