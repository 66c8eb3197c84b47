/**
 * `loss 0.5%`: each packet alike, independently. `loss nth 2,7,10-12`, `loss first 3`,
 * `loss every 100`: by the packet's ordinal in its flow and direction, from 1.
 */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { LOSS_RANGES_MAX } from '../limits.js';
import { quoted } from '../problem.js';
import type { Loss, PortRange } from '../rule.js';
import { didYouMean } from '../suggest.js';
import { formatProbability, parseProbability } from '../units.js';
import { parseCount, wrongValue } from '../values.js';
import { part, readWord, type Word, type Words } from '../words.js';

export const loss: ImpairmentKey = {
  name: 'loss',
  usage: '0.5% | nth 2,7,10-12 | first 3 | every 100',
  read: (words) => eachDirection({ loss: readLoss(words) }),
  format: ({ loss }) => loss && formatLoss(loss),
};

/**
 * The rate that is asked for, to be compared with the realized one: 0 without loss, null for losses
 * that have no rate (`nth`, `first`).
 */
export function configuredLoss(loss: Loss | null): number | null {
  if (loss === null) return 0;
  switch (loss.kind) {
    case 'random':
      return loss.probability;
    case 'every':
      return 1 / loss.period;
    case 'nth':
    case 'first':
      return null;
  }
}

const NUMBER = 'a number of packets';
const ORDINAL = 'the number of a packet';
const MODELS = ['nth', 'first', 'every'];

function readLoss(words: Words): Loss {
  const word = words.need('loss needs a value, as in loss 0.5%');
  switch (word.text.toLowerCase()) {
    case 'nth':
      return {
        kind: 'nth',
        ranges: parseOrdinals(words.need('nth needs a list, as in nth 2,7,10-12')),
      };
    case 'first':
      return {
        kind: 'first',
        count: parseCount(words.need('first needs a number, as in first 3'), NUMBER),
      };
    case 'every':
      return {
        kind: 'every',
        period: parseCount(words.need('every needs a number, as in every 100'), NUMBER),
      };
    default:
      if (/^[a-z]/i.test(word.text)) {
        const hint = didYouMean(word.text, MODELS);
        throw wrongValue(
          word,
          `unknown kind of loss ${quoted(word.text)}${hint}`,
          `loss: ${loss.usage}`,
        );
      }
      return { kind: 'random', probability: readWord(word, parseProbability), runMax: null };
  }
}

/** Sorted, and neighbours joined, so that lists that mean the same are the same. */
function parseOrdinals(word: Word): PortRange[] {
  const ranges: PortRange[] = [];
  for (const item of splitAtCommas(word)) ranges.push(parseOrdinal(item, word));
  if (ranges.length > LOSS_RANGES_MAX) {
    throw wrongValue(
      word,
      `a list of ${ranges.length} is too long, the limit is ${LOSS_RANGES_MAX}`,
    );
  }
  ranges.sort((a, b) => a.min - b.min);
  const joined: PortRange[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last !== undefined && range.min <= last.max + 1) {
      joined[joined.length - 1] = { min: last.min, max: Math.max(last.max, range.max) };
    } else {
      joined.push(range);
    }
  }
  return joined;
}

function parseOrdinal(item: Word, list: Word): PortRange {
  if (item.text === '') {
    throw wrongValue(
      item,
      `a number is missing in ${quoted(list.text)}`,
      'a list has no blanks: 2,7,10-12',
    );
  }
  const dash = item.text.indexOf('-', 1);
  const min = parseCount(dash < 0 ? item : part(item, 0, dash), ORDINAL);
  if (dash < 0) return { min, max: min };
  const end = part(item, dash + 1);
  if (end.text === '') {
    throw wrongValue(end, `the range ${quoted(item.text)} has no end, as in 10-12`);
  }
  const max = parseCount(end, ORDINAL);
  if (min > max) {
    throw wrongValue(item, `the range ${item.text} runs backwards, did you mean ${max}-${min}?`);
  }
  return { min, max };
}

function splitAtCommas(word: Word): Word[] {
  const items: Word[] = [];
  let from = 0;
  for (const item of word.text.split(',')) {
    items.push(part(word, from, from + item.length));
    from += item.length + 1;
  }
  return items;
}

function formatLoss(loss: Loss): string {
  switch (loss.kind) {
    case 'random':
      return formatProbability(loss.probability);
    case 'nth':
      return `nth ${loss.ranges.map(formatOrdinals).join(',')}`;
    case 'first':
      return `first ${loss.count}`;
    case 'every':
      return `every ${loss.period}`;
  }
}

function formatOrdinals({ min, max }: PortRange): string {
  return min === max ? String(min) : `${min}-${max}`;
}
