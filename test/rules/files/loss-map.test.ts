import { expect, test } from 'vitest';
import { parseLossMap } from '../../../src/rules/files/loss-map.js';
import { LOSS_MAP_RANGES_MAX } from '../../../src/rules/limits.js';
import { errorOf } from '../../support/rule-errors.js';

const range = (min: number, max = min) => ({ min, max });

test.each([
  ['2,7,10-12', [range(2), range(7), range(10, 12)], 0],
  ['# comment\n 7 2\n10-12 # more\n', [range(2), range(7), range(10, 12)], 0],
  ['1-3, 2-5,, 6\nperiod 6', [range(1, 6)], 6],
  ['PERIOD 100\r\n1\r\n', [range(1)], 100],
])('%j', (text, ranges, period) => {
  expect(parseLossMap(text)).toEqual({ ranges, period });
});

test('a map has a limit, which is far above that of a list in a rule', () => {
  const odd = (count: number) => Array.from({ length: count }, (_, i) => 2 * i + 1).join('\n');
  expect(parseLossMap(odd(LOSS_MAP_RANGES_MAX)).ranges.length).toBe(LOSS_MAP_RANGES_MAX);
  expect(errorOf(() => parseLossMap(odd(LOSS_MAP_RANGES_MAX + 1))).message).toBe(
    'more than 65536 numbers and ranges, the limit',
  );
});

test.each([
  ['', 'it lists no packet, as in 2,7,10-12'],
  ['period 5', 'it lists no packet, as in 2,7,10-12'],
  ['1\nperiod 5 6', '"period 5 6" is not a period, as in period 1000'],
  ['1\nperiod 0', '0 is not a number of packets, packets are counted from 1'],
  ['1\nperiods 5', '"periods" is not the number of a packet, a whole number from 1'],
  ['3-\n', 'the range "3-" has no end, as in 10-12'],
  ['8\nperiod 7', 'a period of 7 packets is over before packet 8'],
])('%j', (text, message) => {
  expect(errorOf(() => parseLossMap(text)).message).toBe(message);
});
