/**
 * `rate 10mbit`: a link that sends so many bits per second. A packet counts its IP length, plus
 * `overhead` (which may be negative), in whole cells where `cell` is given (`cell 48 5` is ATM).
 * `burst` makes it a token bucket.
 */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import { CELL_BYTES_MAX, OVERHEAD_BYTES_MAX } from '../limits.js';
import { quoted } from '../problem.js';
import type { Rate } from '../rule.js';
import { formatRate, formatSize, parseRate, parseSize } from '../units.js';
import { formatBytes, isNumeric, parseBytes, readOptions, wrongValue } from '../values.js';
import { readWord, type Word, type Words } from '../words.js';

export const rate: ImpairmentKey = {
  name: 'rate',
  summary: 'a link of this rate, with a queue before it',
  metavar: 'rate',
  usage: '10mbit | 10mbit overhead 14 | 10mbit cell 48 5 | 10mbit burst 32kb',
  options: ['overhead', 'cell', 'burst'],
  fields: ['rate'],
  read: (words) => eachDirection({ rate: readRate(words) }),
  format: ({ rate }) => rate && formatLink(rate),
};

function readRate(words: Words): Rate {
  const bitsPerSecond = readWord(words.need('rate needs a rate, as in rate 10mbit'), parseRate);
  const { overhead, cell, burst } = readOptions(words, {
    overhead: () =>
      parseOverhead(words.need('overhead needs a number of bytes, as in overhead 14')),
    cell: readCell,
    burst: () => readWord(words.need('burst needs a size, as in burst 32kb'), parseSize),
  });
  return {
    bitsPerSecond,
    overheadBytes: overhead ?? 0,
    cellBytes: cell?.bytes ?? 0,
    cellOverheadBytes: cell?.overheadBytes ?? 0,
    burstBytes: burst ?? 0,
  };
}

function readCell(words: Words): { bytes: number; overheadBytes: number } {
  const word = words.need('cell needs a size in bytes, as in cell 48 5');
  const bytes = parseBytes(word, CELL_BYTES_MAX);
  const next = words.peek();
  if (next === undefined || !isNumeric(next)) return { bytes, overheadBytes: 0 };
  const overheadBytes = parseOverhead(words.take()!);
  if (bytes + overheadBytes <= 0) {
    throw wrongValue(next, `a cell of ${bytes} with an overhead of ${overheadBytes} has no bytes`);
  }
  return { bytes, overheadBytes };
}

/** Whole bytes, with a sign or without. */
function parseOverhead(word: Word): number {
  if (!/^[-+]?\d{1,9}$/.test(word.text)) {
    throw wrongValue(word, `${quoted(word.text)} is not a whole number of bytes, as in 14 or -20`);
  }
  const bytes = Number(word.text) + 0; // + 0: no −0, which JSON would not keep.
  if (Math.abs(bytes) > OVERHEAD_BYTES_MAX) {
    const sentence = `${word.text} is not within ±${OVERHEAD_BYTES_MAX} bytes, the limit`;
    throw wrongValue(word, sentence);
  }
  return bytes;
}

function formatLink(rate: Rate): string {
  const { bitsPerSecond, overheadBytes, cellBytes, cellOverheadBytes, burstBytes } = rate;
  const overhead = overheadBytes === 0 ? '' : ` overhead ${overheadBytes}`;
  const each = cellOverheadBytes === 0 ? '' : ` ${cellOverheadBytes}`;
  const cell = cellBytes === 0 ? '' : ` cell ${formatBytes(cellBytes)}${each}`;
  const burst = burstBytes === 0 ? '' : ` burst ${formatSize(burstBytes)}`;
  return `${formatRate(bitsPerSecond)}${overhead}${cell}${burst}`;
}
