/**
 * The ladder of a gradient: `--steps 'loss 0.1%,0.5%,1%'` beside a rule gives a rule for each step. The
 * text is what would follow the rule (`udp:53 delay 20ms` + `loss 0.1%`), with one list of numbers in
 * it; so any number of any impairment can be stepped, and the rules' own parser says what is wrong.
 */
import { usageError } from '../errors.js';
import type { RuleFiles } from '../rules/files/rule-files.js';
import { parseRule } from '../rules/parse.js';
import { quoted } from '../rules/problem.js';
import type { Rule } from '../rules/rule.js';
import { parseDuration, parseProbability, parseRate, parseSize } from '../rules/units.js';
import type { Step } from './result.js';

/** More take hours, and nobody reads the report. */
const STEPS_MAX = 100;

export const LADDER_EXAMPLES =
  "--steps 'loss 0.1%,0.5%,1%,2.5%,5%'\n--steps 'delay 10ms,50ms,200ms'\n" +
  "--steps 'loss 2% burst 1,2,4,8'";

export interface Ladder {
  /** In one spelling: `loss 0.1%,0.5%`. */
  readonly text: string;
  /** The word whose number is stepped: `loss`, `delay`, and `burst` in `loss 2% burst 1,2`. */
  readonly steppedKey: string;
  /** The baseline first. */
  readonly steps: readonly Step[];
  /** Of each step. */
  readonly rules: readonly Rule[];
}

/** `base` is the text of a rule. Errors: E_STEPS, and those of the rules' parser. */
export function readLadder(text: string, base: string, files: RuleFiles): Ladder {
  const words = text.trim().split(/\s+/);
  const place = placeOf(words, text);
  const steppedKey = keyOf(words, place);
  const { direction, values } = listOf(words[place]!);
  if (values.length > STEPS_MAX) {
    throw stepsError(`${values.length} steps are too many, the limit is ${STEPS_MAX}`);
  }
  const twice = values.find((value, i) => values.indexOf(value) !== i);
  if (twice !== undefined) throw stepsError(`${quoted(twice)} stands there twice`);
  const fragments = values.map((value) => words.with(place, `${direction}${value}`).join(' '));
  const rules = [base, ...fragments.map((fragment) => `${base} ${fragment}`)].map((line) =>
    parseRule(line, files),
  );
  const numbers = values.map(numberOf);
  const steps = ['baseline', ...values].map((label, index) => ({
    index,
    label,
    value: index === 0 ? 0 : numbers[index - 1]!,
    rule: rules[index]!.text,
  }));
  return { text: words.join(' '), steppedKey, steps, rules };
}

/** Where the list stands: the only word with a comma, else the only one with a number. */
function placeOf(words: readonly string[], text: string): number {
  if (text.trim() === '') throw stepsError('--steps is empty');
  const lists = placesOf(words, (word) => word.includes(','));
  if (lists.length > 1) {
    throw stepsError(
      `--steps ${quoted(text)} has ${lists.length} lists, and a ladder has one: ` +
        'the rest belongs into the rule',
    );
  }
  const numbers = lists.length === 1 ? lists : placesOf(words, (word) => /\d/.test(word));
  if (numbers.length === 1) return numbers[0]!;
  const what = numbers.length === 0 ? 'no number' : 'several numbers and no list';
  throw stepsError(`--steps ${quoted(text)} has ${what}: which values shall be stepped?`);
}

function placesOf(words: readonly string[], fits: (word: string) => boolean): number[] {
  return words.flatMap((word, place) => (fits(word) ? [place] : []));
}

/** `in:1%,2%` is for one direction at each step. */
function listOf(word: string): { direction: string; values: string[] } {
  const direction = /^(?:in|out|up|down):/.exec(word)?.[0] ?? '';
  const values = word.slice(direction.length).split(',');
  if (values.some((value) => value === '')) {
    throw stepsError(`a value is missing in ${quoted(word)}: commas without spaces, as in 1%,2%`);
  }
  return { direction, values };
}

/** The word before the number that is no number itself. */
function keyOf(words: readonly string[], place: number): string {
  const before = words.slice(0, place).findLast((word) => /^[a-z][a-z-]*$/i.test(word));
  if (before !== undefined) return before.toLowerCase();
  throw stepsError('--steps begins with what is stepped: loss, delay, rate …');
}

/** As tc reads it: shares 0..1, nanoseconds, bit/s, bytes, or the number itself. */
function numberOf(value: string): number {
  const unit = /[a-z%]*$/i.exec(value)![0].toLowerCase();
  if (unit === '%') return parseProbability(value);
  if (unit.endsWith('bit')) return parseRate(value);
  if (/^(?:ns|us|ms|s|min|h)$/.test(unit)) return parseDuration(value);
  if (/^(?:b|[kmg]i?b)$/.test(unit)) return parseSize(value);
  const number = Number(value.replace(/[a-z]*$/i, ''));
  if (Number.isFinite(number)) return number;
  throw stepsError(`${quoted(value)} is no number, and a ladder has numbers`);
}

function stepsError(message: string): Error {
  return usageError('E_STEPS', message, LADDER_EXAMPLES);
}
