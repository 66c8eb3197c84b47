import { expect, test } from 'vitest';
import { parseDistribution } from '../../../src/rules/files/distribution-file.js';
import { DISTRIBUTION_VALUES_MAX, SAMPLES_MAX } from '../../../src/rules/limits.js';
import { errorOf } from '../../support/rule-errors.js';

test('a .dist of iproute2: signed 16 bits, 8192 for one standard deviation', () => {
  const text =
    '# This is the distribution table for the experimental distribution.\n8192 0 -4096\n-32768';
  expect(parseDistribution(text)).toEqual([-4, -0.5, 0, 1]);
  expect(parseDistribution('\ufeff1 2'.slice(1))).toEqual([1 / 8192, 2 / 8192]);
  expect(parseDistribution('-0 +1\r\n')).toEqual([0, 1 / 8192]);
});

test('samples, one on each line, become a table with mean 0 and deviation 1', () => {
  const bare = parseDistribution('# ms\n17\n10 # the fastest\n\n12\n');
  const deviation = Math.sqrt(((10 - 13) ** 2 + (12 - 13) ** 2 + (17 - 13) ** 2) / 3);
  expect(bare).toEqual([-3 / deviation, -1 / deviation, 4 / deviation]);
  for (const text of ['17ms\n10ms\n12ms', '0.017s\n10ms\n12000us', '1.7e-2\n.010\n+12e-3']) {
    parseDistribution(text).forEach((value, i) => {
      expect(value).toBeCloseTo(bare[i], 12);
    });
  }
  expect(parseDistribution('-5\n5')).toEqual([-1, 1]);
});

test('of many samples the quantiles', () => {
  const samples = Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 100_000);
  const table = parseDistribution(samples.join('\n'));
  expect(table.length).toBe(DISTRIBUTION_VALUES_MAX);
  expect(table.every((value, i) => i === 0 || value >= table[i - 1])).toBe(true);
  const mean = table.reduce((sum, value) => sum + value, 0) / table.length;
  const square = table.reduce((sum, value) => sum + value ** 2, 0) / table.length;
  expect(mean).toBeCloseTo(0, 4);
  expect(square).toBeCloseTo(1, 4);
  expect(table[0]).toBeCloseTo(-Math.sqrt(3), 3);
});

test('files have a limit', () => {
  const full = '1 2\n'.repeat(DISTRIBUTION_VALUES_MAX / 2);
  expect(parseDistribution(full).length).toBe(DISTRIBUTION_VALUES_MAX);
  expect(errorOf(() => parseDistribution(`${full}1`)).message).toBe(
    'more than 16384 values, the limit',
  );
  const samples = '1\n'.repeat(SAMPLES_MAX + 1);
  expect(errorOf(() => parseDistribution(samples)).message).toBe(
    'more than 131072 samples, the limit',
  );
});

test.each([
  ['1 2.5', '"2.5" is not a whole number, as the tables of iproute2 have them'],
  ['1 99999', '99999 is not within -32768 to 32767'],
  ['1e400\n2', '1e400 is more than 2^53'],
  ['5\n--3', '"--3" is not a duration, as in 20ms'],
  ['5ms\n-3ms', '"-3ms" is negative'],
])('%j', (text, message) => {
  expect(errorOf(() => parseDistribution(text)).message).toBe(message);
});
