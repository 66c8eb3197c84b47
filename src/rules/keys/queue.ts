/**
 * `queue 100p`, `queue 64kb`, `queue 50ms`: what waits before the link at most, in packets, bytes or
 * time, or several of these. `queue unlimited` ends with the memory for packets only.
 */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { DELAY_NS_MAX } from '../limits.js';
import { quoted } from '../problem.js';
import type { QueueLimit } from '../rule.js';
import { didYouMean } from '../suggest.js';
import { formatDuration, formatSize, parseDuration, parseSize } from '../units.js';
import { isNumeric, PACKETS, parseCount, takeWord, wrongValue } from '../values.js';
import { part, readWord, type Word, type Words, wrong } from '../words.js';

export const queue: ImpairmentKey = {
  name: 'queue',
  summary: 'how much waits before the link at most (without it: 1000 packets)',
  metavar: 'limit',
  usage: '100p | 64kb | 50ms | 100p 64kb | unlimited',
  options: ['unlimited'],
  fields: ['queue'],
  read: (words) => eachDirection({ queue: readQueue(words) }),
  format: ({ queue }) => queue && formatQueue(queue),
};

const UNITS = 'units of a queue: p (packets), b kb mb (bytes), ms s (time), as in 100p';

function readQueue(words: Words): QueueLimit {
  const unlimited = { packets: null, bytes: null, timeNs: null };
  if (takeWord(words, 'unlimited')) return unlimited;
  let limit: QueueLimit = unlimited;
  let word = words.need('queue needs a limit, as in queue 100p');
  for (;;) {
    const [measure, value] = parseLimit(word);
    if (limit[measure] !== null) {
      throw wrong(word, 'E_RULE_SYNTAX', `queue has two limits in ${NAMES[measure]}`);
    }
    limit = { ...limit, [measure]: value };
    if (!isNumeric(words.peek())) return limit;
    word = words.take()!;
  }
}

const NAMES = { packets: 'packets', bytes: 'bytes', timeNs: 'time' } as const;

function parseLimit(word: Word): [keyof QueueLimit, number] {
  const { text } = word;
  const unit = /^[-+−\d.,]+(.*)$/.exec(text)?.[1].toLowerCase();
  if (unit === undefined) {
    const hint = didYouMean(text, ['unlimited']) || ', as in 100p';
    throw wrongValue(word, `${quoted(text)} is not the limit of a queue${hint}`, UNITS);
  }
  if (unit === '') {
    throw wrongValue(word, `${quoted(text)} has no unit, did you mean ${text}p?`, UNITS);
  }
  if (unit === 'm') {
    const mend = `${text}b or ${text}in`;
    throw wrongValue(word, `${quoted(text)} could be megabytes or minutes`, mend);
  }
  const limit = parseMeasure(word, unit);
  if (limit[1] === 0)
    throw wrongValue(word, `a queue of ${text} holds nothing, not even to send it`);
  return limit;
}

function parseMeasure(word: Word, unit: string): [keyof QueueLimit, number] {
  if (/^p(ac)?(ke?)?(ts?)?s?$/.test(unit)) {
    return ['packets', parseCount(part(word, 0, word.text.length - unit.length), PACKETS)];
  }
  if (/^[kmg]?i?b?$/.test(unit)) return ['bytes', readWord(word, parseSize)];
  if (!/^(n|u|µ|μ|m)?s|^min|^h/.test(unit)) {
    throw wrongValue(part(word, word.text.length - unit.length), unknownUnit(unit), UNITS);
  }
  const timeNs = readWord(word, parseDuration);
  if (timeNs > DELAY_NS_MAX) {
    throw wrongValue(word, `${word.text} is more than 24h, the longest queue`);
  }
  return ['timeNs', timeNs];
}

function unknownUnit(unit: string): string {
  return `unknown unit ${quoted(unit)} of a queue`;
}

function formatQueue({ packets, bytes, timeNs }: QueueLimit): string {
  const limits = [
    packets === null ? [] : [`${packets}p`],
    bytes === null ? [] : [formatSize(bytes)],
    timeNs === null ? [] : [formatDuration(timeNs)],
  ].flat();
  return limits.length === 0 ? 'unlimited' : limits.join(' ');
}
