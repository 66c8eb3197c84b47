/** IP addresses and prefixes as text (RFC 4291, RFC 5952) and as four 32-bit words. */

import { Problem, quoted } from './problem.js';
import type { Prefix } from './rule.js';

type AddressWords = [number, number, number, number];

interface Address {
  readonly version: 4 | 6;
  readonly words: AddressWords;
}

/** IPv4 is held as ::ffff:a.b.c.d. */
const MAPPED_BITS = 96;

/** `192.0.2.0/24`, `fd00::1`, `[fd00::1]/64`. Bits beyond the length are cleared, as ip(8) does. */
export function parsePrefix(text: string): Prefix {
  const { address, addressAt, length, lengthAt } = splitPrefix(text);
  if (address === '')
    throw problem('an address is missing, as in 192.0.2.1 or fd00::/64', addressAt);
  const { version, words } = parseAddress(address, addressAt);
  const lengthMax = version === 4 ? 32 : 128;
  let bits = lengthMax;
  if (length !== null) {
    if (length === '') throw problem('a prefix length is missing, as in /24', lengthAt);
    if (!/^\d{1,3}$/.test(length)) {
      const masks = /^\d+\.\d+\.\d+\.\d+$/.test(length)
        ? ', a netmask is written as its length'
        : '';
      throw problem(`${quoted(length)} is not a prefix length${masks}, as in /24`, lengthAt);
    }
    bits = Number(length);
    if (bits > lengthMax) {
      throw problem(`an IPv${version} prefix is at most /${lengthMax}, not /${bits}`, lengthAt);
    }
  }
  if (version === 4) return clear(4, words, bits + MAPPED_BITS);
  // Programs that use one IPv6 socket for both show their IPv4 peers like this.
  const mapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff && bits >= MAPPED_BITS;
  return clear(mapped ? 4 : 6, words, bits);
}

/** Without the length where it is a single address. */
export function formatPrefix(prefix: Prefix): string {
  const { version, words, bits } = prefix;
  if (version === 4) {
    const text = [24, 16, 8, 0].map((shift) => (words[3] >>> shift) & 0xff).join('.');
    return bits === 128 ? text : `${text}/${bits - MAPPED_BITS}`;
  }
  return bits === 128 ? formatIpv6(words) : `${formatIpv6(words)}/${bits}`;
}

function splitPrefix(text: string) {
  const bracketed = /^\[([^\]]*)\](?:\/(.*))?$/s.exec(text);
  if (bracketed !== null) {
    const [, address, length = null] = bracketed;
    if (address.includes('/')) {
      const mended = address.replace('/', ']/');
      throw problem(
        `the length belongs behind the bracket, did you mean [${mended}?`,
        1 + address.indexOf('/'),
      );
    }
    return { address, addressAt: 1, length, lengthAt: address.length + 3 };
  }
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close < 0) throw problem(`${quoted(text)} has no closing bracket`, 0);
    throw problem(
      `${quoted(text.slice(close + 1))} cannot follow an address`,
      close + 1,
      PORT_PLACE,
    );
  }
  const slash = text.indexOf('/');
  if (slash < 0) return { address: text, addressAt: 0, length: null, lengthAt: 0 };
  const address = text.slice(0, slash);
  return { address, addressAt: 0, length: text.slice(slash + 1), lengthAt: slash + 1 };
}

const PORT_PLACE = 'the port comes before the address: udp:53@192.0.2.1';

function parseAddress(text: string, at: number): Address {
  const zone = text.indexOf('%');
  if (zone >= 0 && text.includes(':')) {
    const mend = `choose the device with --dev ${text.slice(zone + 1) || 'NAME'}`;
    throw problem(`${quoted(text.slice(zone))} cannot be part of an address here`, at + zone, mend);
  }
  if (text.includes('.') && /^[\d.]+:\d+$/.test(text)) {
    throw problem(`${quoted(text)} is an address with a port`, at, PORT_PLACE);
  }
  if (text.includes(':')) return { version: 6, words: parseIpv6(text, at) };
  if (/^[\d.]+$/.test(text)) return { version: 4, words: [0, 0, 0xffff, parseIpv4(text, at)] };
  const mend = /^[\w.-]*[a-z][\w.-]*$/i.test(text)
    ? 'names are not resolved: give the address'
    : undefined;
  throw problem(`${quoted(text)} is not an IP address`, at, mend);
}

/** The address as a signed integer. */
function parseIpv4(text: string, at: number): number {
  const parts = text.split('.');
  if (parts.length !== 4) {
    throw problem(`${quoted(text)} is not an IPv4 address, which has four numbers`, at);
  }
  let word = 0;
  let partAt = at;
  for (const part of parts) {
    if (part === '')
      throw problem(`${quoted(text)} is not an IPv4 address, a number is missing`, partAt);
    if (!/^\d+$/.test(part))
      throw problem(`${quoted(part)} is not a number in ${quoted(text)}`, partAt);
    if (part.length > 3 || Number(part) > 255) {
      throw problem(`${part} is more than 255 in ${quoted(text)}`, partAt);
    }
    if (part.length > 1 && part.startsWith('0')) {
      // inet_aton(3) reads 010 as eight.
      throw problem(`${part} has a leading zero, did you mean ${Number(part)}?`, partAt);
    }
    word = (word << 8) | Number(part);
    partAt += part.length + 1;
  }
  return word;
}

function parseIpv6(text: string, at: number): AddressWords {
  const notAnAddress = (reason: string) =>
    problem(`${quoted(text)} is not an IPv6 address, ${reason}`, at);
  const halves = text.split('::');
  if (halves.length > 2) throw notAnAddress('it has "::" twice');
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const last = groups[groups.length - 1];
  const tail = last[last.length - 1];
  if (tail?.includes('.')) {
    const word = parseIpv4(tail, at + text.length - tail.length);
    last.splice(-1, 1, (word >>> 16).toString(16), (word & 0xffff).toString(16));
  }
  for (const group of groups.flat()) {
    if (group === '') throw notAnAddress('it has a lone ":"');
    if (!/^[0-9a-f]+$/i.test(group)) throw notAnAddress(`${quoted(group)} is not hexadecimal`);
    if (group.length > 4) throw notAnAddress(`${quoted(group)} is longer than four digits`);
  }
  const count = groups.flat().length;
  if (halves.length === 1 && count < 8) throw notAnAddress('it has fewer than eight groups');
  if (count > 8 - (halves.length - 1)) throw notAnAddress('it has too many groups');
  const zeros = Array<string>(8 - count).fill('0');
  const all = halves.length === 1 ? groups[0] : [...groups[0], ...zeros, ...groups[1]];
  const word = (i: number) =>
    (Number.parseInt(all[2 * i], 16) << 16) | Number.parseInt(all[2 * i + 1], 16);
  return [word(0), word(1), word(2), word(3)];
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zeros as "::". */
function formatIpv6(words: Prefix['words']): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let bestAt = 0;
  let bestLength = 1;
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === 0) to++;
    if (to - from > bestLength) {
      bestAt = from;
      bestLength = to - from;
    }
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (bestLength === 1) return hex(groups);
  return `${hex(groups.slice(0, bestAt))}::${hex(groups.slice(bestAt + bestLength))}`;
}

/** The mask of word 0 to 3 of a prefix of `bits`. */
export function prefixMask(bits: number, word: number): number {
  const ones = Math.min(32, Math.max(0, bits - 32 * word));
  // A shift by 32 is a shift by 0 in JavaScript.
  return ones === 0 ? 0 : -1 << (32 - ones);
}

function clear(version: 4 | 6, words: AddressWords, bits: number): Prefix {
  const cleared = words.map((word, i) => word & prefixMask(bits, i)) as AddressWords;
  return { version, words: cleared, bits };
}

function problem(sentence: string, at: number, mend?: string): Problem {
  return new Problem('E_RULE_MATCH', sentence, at, mend);
}
