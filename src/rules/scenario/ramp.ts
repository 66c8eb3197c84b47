/** A value of a schedule as it is written: `5%`, `none`, or the ramp `0% -> 5% over 60s`. */

import { DIRECTION_PREFIX } from '../direction-words.js';
import type { RuleFiles } from '../files/rule-files.js';
import type { Setting } from '../impairment-key.js';
import { Problem, within } from '../problem.js';
import { readSetting } from '../settings.js';
import { parseDuration } from '../units.js';
import type { Change } from './format.js';

const ARROW = /->|→/;

/** Errors have their places in `text`. */
export function readChange(key: string, text: string, files: RuleFiles): Change {
  if (!ARROW.test(text)) {
    if (/\sover\s/i.test(text))
      throw problem(text, /\sover\s/i, 'a ramp is written 0% -> 5% over 60s');
    const value = readSetting(key, text, { files, allowNone: true });
    return { from: value, to: value, overNs: 0 };
  }
  const arrow = ARROW.exec(text)!;
  const over = [...text.matchAll(/\sover\s/gi)].at(-1)?.index ?? -1;
  const endAt = skipBlanks(text, arrow.index + arrow[0].length);
  const begin = text.slice(0, arrow.index).trim();
  const end = text.slice(endAt, Math.max(endAt, over)).trim();
  const lengthAt = skipBlanks(text, over + ' over '.length);
  const length = text.slice(lengthAt).trim();
  if (over < 0 || end === '' || length === '' || /\s/.test(length)) {
    throw problem(text, /\s?(?:->|→)/, 'a ramp says how long it takes, as in 0% -> 5% over 60s');
  }
  const prefix = DIRECTION_PREFIX.exec(begin)?.[0] ?? '';
  refuseNone(key, begin, 0);
  refuseNone(key, end, endAt);
  const from = readSetting(key, begin, { files });
  const to = within(endAt - prefix.length, () => readSetting(key, prefix + end, { files }));
  const overNs = within(lengthAt, () => parseDuration(length, 's'));
  if (overNs === 0) throw new Problem('E_VALUE', 'a ramp takes some time', lengthAt);
  refuseShapes(key, from, to, endAt);
  return { from, to, overNs };
}

function refuseShapes(key: string, from: Setting, to: Setting, at: number): void {
  if (([0, 1] as const).every((direction) => haveOneShape(from[direction], to[direction]))) return;
  throw new Problem(
    'E_VALUE',
    `the two ends of a ramp differ in numbers only${exampleOf(key)}`,
    at,
  );
}

function refuseNone(key: string, end: string, at: number): void {
  if (!/^none$/i.test(end.replace(DIRECTION_PREFIX, ''))) return;
  throw new Problem('E_VALUE', `a ramp goes from number to number${exampleOf(key)}`, at);
}

function exampleOf(key: string): string {
  if (!Object.hasOwn(EXAMPLES, key)) return '';
  const [begin, end] = EXAMPLES[key];
  return `, as in ${key} ${begin} -> ${end} over 60s`;
}

const EXAMPLES: Readonly<Record<string, readonly [string, string]>> = {
  loss: ['0%', '5%'],
  corrupt: ['0%', '5%'],
  duplicate: ['0%', '5%'],
  rate: ['10mbit', '1mbit'],
  delay: ['0ms', '50ms'],
  rtt: ['0ms', '100ms'],
  jitter: ['0ms', '20ms'],
};

/** Lists (of ordinals, of a file's values) have nothing in between and so must be the same. */
function haveOneShape(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a)) return JSON.stringify(a) === JSON.stringify(b);
  const [one, other] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return (
    Object.keys(one).length === Object.keys(other).length &&
    Object.keys(one).every((key) => Object.hasOwn(other, key) && haveOneShape(one[key], other[key]))
  );
}

function problem(text: string, at: RegExp, sentence: string): Problem {
  return new Problem('E_RULE_SYNTAX', sentence, text.search(at) + 1);
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at]!)) at++;
  return at;
}
