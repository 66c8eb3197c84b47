/**
 * `corrupt 1%`: one bit of the packet's payload is flipped. `checksum-ok` mends the checksum, so that
 * the application sees the fault; `anywhere` means headers too; `first 50` only its first 50 bytes.
 */

import { eachDirection, type ImpairmentKey } from '../impairment-key.js';
import type { Corrupt } from '../rule.js';
import { formatProbability } from '../units.js';
import {
  formatBytes,
  formatCorrelation,
  readBytes,
  readCorrelation,
  readCount,
  readOptions,
  readProbability,
} from '../values.js';
import type { Words } from '../words.js';

export const corrupt: ImpairmentKey = {
  name: 'corrupt',
  summary: 'flip one bit of a share of the packets',
  metavar: 'probability',
  usage: '1% | 1% corr 25% | 1% max 3 | 1% first 50 | 1% checksum-ok | 1% anywhere',
  options: ['corr', 'max', 'first', 'checksum-ok', 'anywhere'],
  fields: ['corrupt'],
  read: (words) => eachDirection({ corrupt: readCorrupt(words) }),
  format: ({ corrupt }) => corrupt && formatCorrupt(corrupt),
};

function readCorrupt(words: Words): Corrupt {
  const probability = readProbability(words, 'corrupt');
  const options = readOptions(words, {
    corr: readCorrelation,
    max: () => readCount(words, 'max'),
    first: () => readBytes(words, 'first'),
    'checksum-ok': () => true,
    anywhere: () => true,
  });
  return {
    probability,
    correlation: options.corr ?? 0,
    checksumOk: options['checksum-ok'] ?? false,
    anywhere: options.anywhere ?? false,
    firstBytes: options.first ?? null,
    runMax: options.max ?? null,
  };
}

function formatCorrupt(corrupt: Corrupt): string {
  const { probability, correlation, checksumOk, anywhere, firstBytes, runMax } = corrupt;
  const max = runMax === null ? '' : ` max ${runMax}`;
  const first = firstBytes === null ? '' : ` first ${formatBytes(firstBytes)}`;
  const flags = `${checksumOk ? ' checksum-ok' : ''}${anywhere ? ' anywhere' : ''}`;
  return `${formatProbability(probability)}${formatCorrelation(correlation)}${max}${first}${flags}`;
}
