/**
 * What rules call the directions: `out` and `in`, or `up` and `down`, as `netemu run` shows them. Canonical
 * text has `out` and `in`. What other tools call them, and what is nearly right, is suggested.
 */

import { Direction } from './rule.js';
import { nearest } from './suggest.js';

const DIRECTIONS: Readonly<Record<string, Direction>> = {
  out: Direction.out,
  in: Direction.in,
  up: Direction.out,
  down: Direction.in,
};

export const DIRECTION_WORDS = Object.keys(DIRECTIONS);

/** What stands before a value that is for one direction. */
export const DIRECTION_PREFIX = new RegExp(`^(?:${DIRECTION_WORDS.join('|')}):`, 'i');

const ELSEWHERE: Readonly<Record<string, string>> = {
  egress: 'out',
  outbound: 'out',
  outgoing: 'out',
  tx: 'out',
  upload: 'up',
  uplink: 'up',
  upstream: 'up',
  output: 'out',
  ingress: 'in',
  inbound: 'in',
  incoming: 'in',
  rx: 'in',
  download: 'down',
  downlink: 'down',
  downstream: 'down',
  input: 'in',
};

export function directionOf(word: string): Direction | null {
  const name = word.toLowerCase();
  return Object.hasOwn(DIRECTIONS, name) ? DIRECTIONS[name]! : null;
}

/** Another tool's word for a direction, as ours. */
export function translatedDirection(word: string): string | null {
  const name = word.toLowerCase();
  return Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name]! : null;
}

/** Our word for what was probably meant. */
export function meantDirection(word: string): string | null {
  return translatedDirection(word) ?? nearest(word, DIRECTION_WORDS);
}
