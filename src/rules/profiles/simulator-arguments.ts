/**
 * Arguments as quic-network-simulator (ns-3) spells them: `10Mbps` is megabits there, rates are whole
 * percents without a sign, a queue is a number of packets.
 */

import { quoted } from '../problem.js';
import { formatDuration, parseDuration } from '../units.js';
import { wrongValue } from '../values.js';
import { readWord, type Word } from '../words.js';

const PREFIXES: Readonly<Record<string, string>> = { '': 'bit', k: 'kbit', m: 'mbit', g: 'gbit' };

/** `5s`, a time longer than none. */
export function durationOf(value: Word, name: string): string {
  const ns = readWord(value, (text) => parseDuration(text, 's'));
  if (ns === 0) throw wrongValue(value, `--${name} is a time longer than 0`);
  return formatDuration(ns);
}

/** A delay may be none. */
export function delayOf(value: Word): string {
  return formatDuration(readWord(value, parseDuration));
}

/** `10Mbps` and `10Mb/s` are bits here, as in ns-3; `10mbit` is understood as everywhere. */
export function bandwidthOf(value: Word): string {
  const match = /^(\d+(?:\.\d+)?)([kKmMgG]?)(bps|b\/s|bit)$/.exec(value.text);
  if (match === null) {
    const isBytes = /B(?:ps|\/s)$/.test(value.text);
    const sentence = isBytes
      ? `${quoted(value.text)} counts bytes, give bits, as in --bandwidth=10Mbps`
      : `${quoted(value.text)} is not a bandwidth, as in --bandwidth=10Mbps`;
    throw wrongValue(value, sentence);
  }
  return `${match[1]}${PREFIXES[match[2].toLowerCase()]}`;
}

export function countOf(value: Word, what: string, example: string): string {
  if (/^[1-9]\d{0,8}$/.test(value.text)) return value.text;
  throw wrongValue(value, `${quoted(value.text)} is not ${what}, as in ${example}`);
}

/** `10`, a whole percentage. */
export function percentOf(value: Word, name: string): string {
  const match = /^(\d{1,3})%?$/.exec(value.text);
  if (match !== null && Number(match[1]) <= 100) return `${Number(match[1])}%`;
  throw wrongValue(value, `${quoted(value.text)} is not a whole percentage, as in --${name}=10`);
}

/** `1,3,15`: numbers of packets. */
export function listOf(value: Word): string {
  if (/^[1-9]\d*(,[1-9]\d*)*$/.test(value.text)) return value.text;
  throw wrongValue(value, `${quoted(value.text)} is not a list of packet numbers, as in 2,3,7`);
}

/** One of several words. */
export function wordOf<T extends string>(value: Word, words: readonly T[]): T {
  const found = words.find((word) => word === value.text.toLowerCase());
  if (found !== undefined) return found;
  throw wrongValue(value, `${quoted(value.text)} is not one of: ${words.join(', ')}`);
}
