/**
 * `slot 5ms 10ms`: tc-netem's, packets wait for the next slot and leave in bunches. From slot to
 * slot it is 5 to 10 ms, or a time of a distribution; `packets` and `bytes` limit the bunch.
 */

import type { RuleFiles } from '../files/rule-files.js';
import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import type { Slot } from '../rule.js';
import { formatDuration } from '../units.js';
import {
  formatBytes,
  isNumeric,
  readBytes,
  readCount,
  readHoldNs,
  readOptions,
  takeWord,
  wrongValue,
} from '../values.js';
import type { Words } from '../words.js';
import { formatDistribution, readDistribution } from './distribution.js';

export const slot: ImpairmentKey = {
  name: 'slot',
  summary: 'let packets leave in bunches, one in each slot of time',
  metavar: 'duration',
  usage: '10ms | 5ms 10ms | 10ms packets 8 | 10ms bytes 64kb | distribution normal 10ms 2ms',
  options: ['distribution', 'packets', 'bytes'],
  fields: ['slot'],
  read: (words, files) => eachDirection({ slot: readSlot(words, files) }),
  format: ({ slot }) => slot && formatSlot(slot),
};

function readSlot(words: Words, files: RuleFiles): Slot {
  const spacing = takeWord(words, 'distribution') ? readDrawn(words, files) : readEven(words);
  const { packets = 0, bytes = 0 } = readOptions(words, {
    packets: () => readCount(words, 'packets'),
    bytes: () => readBytes(words, 'bytes'),
  });
  return { spacing, packets, bytes };
}

const ZERO = ['slots that follow at once are none', 'leave slot away'] as const;
const DRAWN = 'distribution normal 10ms 2ms';

function readDrawn(words: Words, files: RuleFiles): Slot['spacing'] {
  const distribution = readDistribution(words, files);
  const [delayWord, spreadWord] = [words.peek(), words.peek(1)];
  if (delayWord === undefined || spreadWord === undefined) {
    if (delayWord !== undefined) words.take();
    throw words.problemHere(`a distribution needs a delay and a spread, as in ${DRAWN}`);
  }
  const delayNs = readHoldNs(words, 'slot');
  if (delayNs === 0) throw wrongValue(delayWord, ...ZERO);
  const spreadNs = readHoldNs(words, 'slot');
  return { kind: 'distribution', distribution, delayNs, spreadNs };
}

function readEven(words: Words): Slot['spacing'] {
  const minWord = words.peek();
  const minNs = readHoldNs(words, 'slot');
  const maxWord = words.peek();
  const maxNs = isNumeric(maxWord) ? readHoldNs(words, 'slot') : minNs;
  if (maxNs === 0) throw wrongValue(maxNs === minNs ? minWord! : maxWord!, ...ZERO);
  if (maxNs < minNs) {
    const turned = `${formatDuration(maxNs)} ${formatDuration(minNs)}`;
    throw wrongValue(maxWord!, `the slots run backwards, did you mean ${turned}?`);
  }
  return { kind: 'even', minNs, maxNs };
}

function formatSlot({ spacing, packets, bytes }: Slot): string {
  const limits = [packets === 0 ? '' : ` packets ${packets}`];
  if (bytes !== 0) limits.push(` bytes ${formatBytes(bytes)}`);
  return `${formatSpacing(spacing)}${limits.join('')}`;
}

function formatSpacing(spacing: Slot['spacing']): string {
  if (spacing.kind === 'even') {
    const { minNs, maxNs } = spacing;
    return [minNs, ...(maxNs === minNs ? [] : [maxNs])].map(formatDuration).join(' ');
  }
  const { distribution, delayNs, spreadNs } = spacing;
  const times = `${formatDuration(delayNs)} ${formatDuration(spreadNs)}`;
  return `distribution ${formatDistribution(distribution)} ${times}`;
}
