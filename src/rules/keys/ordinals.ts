/** Lists of packets by their number in flow and direction, from 1: `2,7,10-12`. */

import { LOSS_RANGES_MAX } from '../limits.js';
import { quoted } from '../problem.js';
import type { PortRange } from '../rule.js';
import { parseCount, wrongValue } from '../values.js';
import { part, type Word } from '../words.js';

const ORDINAL = 'the number of a packet';

export function parseOrdinals(word: Word): PortRange[] {
  const ranges = splitAtCommas(word).map((item) => parseOrdinal(item, word));
  if (ranges.length > LOSS_RANGES_MAX) {
    const sentence = `a list of ${ranges.length} is too long, the limit is ${LOSS_RANGES_MAX}`;
    throw wrongValue(word, sentence, 'put it into a file: loss map FILE');
  }
  return joinRanges(ranges);
}

export function formatOrdinals(ranges: readonly PortRange[]): string {
  return ranges.map(({ min, max }) => (min === max ? String(min) : `${min}-${max}`)).join(',');
}

/** Sorted, and neighbours joined, so that lists that mean the same are the same. */
export function joinRanges(ranges: readonly PortRange[]): PortRange[] {
  const joined: PortRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.min - b.min)) {
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
    const sentence = `a number is missing in ${quoted(list.text)}`;
    throw wrongValue(item, sentence, 'a list has no blanks: 2,7,10-12');
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
