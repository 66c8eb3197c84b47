import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatDuration,
  formatProbability,
  formatRate,
  formatSize,
  parseDuration,
  parseProbability,
  parseRate,
  parseSize,
} from '../../src/rules/units.js';
import { errorOf } from '../support/rule-errors.js';

test.each([
  ['1ns', 1],
  ['20us', 20e3],
  ['20µs', 20e3],
  ['20μs', 20e3],
  ['20usecs', 20e3],
  ['20ms', 20e6],
  ['20MS', 20e6],
  ['0.3ms', 300e3],
  ['.5ms', 500e3],
  ['1.ms', 1e6],
  ['1.5s', 1.5e9],
  ['2sec', 2e9],
  ['2m', 120e9],
  ['2min', 120e9],
  ['1h', 3600e9],
  ['0.001us', 1],
  ['1.0000000004s', 1e9],
  ['9007199254740991ns', 2 ** 53 - 1],
  ['0', 0],
  ['0.0', 0],
  ['0ms', 0],
])('duration %s', (text, ns) => {
  expect(parseDuration(text)).toBe(ns);
});

test.each([
  ['1b', 1],
  ['64kb', 64_000],
  ['64k', 64_000],
  ['64kib', 65_536],
  ['64ki', 65_536],
  ['256MB', 256e6],
  ['256MiB', 256 * 2 ** 20],
  ['1.1mb', 1_100_000],
  ['1.5kib', 1536],
  ['2gb', 2e9],
  ['2gib', 2 ** 31],
  ['0', 0],
])('size %s', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  ['10mbit', 10e6],
  ['10MBit', 10e6],
  ['1.5kbit', 1500],
  ['1bit', 1],
  ['0.0014kbit', 1],
  ['2.5gbit', 2.5e9],
  ['1tbit', 1e12],
  ['64kibit', 65_536],
  ['1mibit', 2 ** 20],
  ['1.5gibit', 1.5 * 2 ** 30],
  ['0.5tibit', 2 ** 39],
])('rate %s', (text, bitsPerSecond) => {
  expect(parseRate(text)).toBe(bitsPerSecond);
});

test.each([
  ['0.5%', 0.005],
  ['100%', 1],
  ['100.000%', 1],
  ['7%', 0.07],
  ['0.07%', 0.0007],
  ['29%', 0.29], // 29 / 100 in doubles too, but 0.29 * 100 is not 29.
  ['0.0001%', 1e-6],
  ['.5%', 0.005],
  ['05%', 0.05],
  ['0', 0],
  ['0%', 0],
])('probability %s', (text, probability) => {
  expect(parseProbability(text)).toBe(probability);
});

test.each([
  [() => parseDuration(''), 'a duration is missing, as in 20ms'],
  [() => parseDuration('10'), '10 has no unit, did you mean 10ms?'],
  [() => parseDuration('10sm'), 'unknown unit "sm" of time, did you mean ms?'],
  [() => parseDuration('abc'), '"abc" is not a duration, as in 20ms'],
  [() => parseDuration('9007199254740992ns'), '9007199254740992ns is more than 104 days'],
  [() => parseSize(''), 'a size is missing, as in 64kb'],
  [() => parseSize('256'), '256 has no unit, did you mean 256mb or 256b?'],
  [() => parseSize('256mbb'), 'unknown unit "mbb" of size, did you mean mb?'],
  [() => parseSize('256mbit'), 'unknown unit "mbit" of size'],
  [() => parseSize('1.5b'), '1.5b is not a whole number of bytes'],
  [() => parseSize('9999999999gb'), '9999999999gb is more than 2^53 bytes'],
  [() => parseSize('-1mb'), '"-1mb" is negative'],
  [() => parseRate(''), 'a rate is missing, as in 10mbit'],
  [() => parseRate('10'), '10 has no unit, did you mean 10mbit?'],
  [() => parseRate('0'), 'nothing ever leaves a link with a rate of 0'],
  [() => parseRate('10bps'), 'tc reads bps as bytes, did you mean 10bit or 80bit?'],
  [() => parseRate('0.1gbps'), 'tc reads gbps as bytes, did you mean 0.1gbit or 0.8gbit?'],
  [() => parseRate('10kibps'), 'tc reads kibps as bytes, did you mean 10kibit or 80kibit?'],
  [() => parseRate('5kB'), '"kb" are bytes, did you mean 5kbit or 40kbit?'],
  [() => parseRate('5b/s'), '"b/s" are bytes, did you mean 5bit or 40bit?'],
  [() => parseRate('5g'), 'unknown unit "g" of rate, did you mean 5gbit?'],
  [() => parseRate('5kbits/s'), 'unknown unit "kbits/s" of rate, did you mean 5kbit?'],
  [() => parseRate('5bits'), 'unknown unit "bits" of rate, did you mean 5bit?'],
  [() => parseRate('5gbt'), 'unknown unit "gbt" of rate, did you mean gbit?'],
  [() => parseRate('0.4bit'), '0.4bit is less than a bit per second'],
  [() => parseRate('1.1tbit'), '1.1tbit is more than 1tbit, the fastest link'],
  [() => parseRate('1e3bit'), 'unknown unit "e3bit" of rate, did you mean bit?'],
  [() => parseProbability(''), 'a probability is missing, as in 0.5%'],
  [() => parseProbability('1'), '1 has no unit, did you mean 1%?'],
  [() => parseProbability('0.05'), '0.05 has no unit, did you mean 0.05% or 5%?'],
  [() => parseProbability('100.01%'), '100.01% is more than 100%'],
  [() => parseProbability('NaN'), '"NaN" is not a probability, as in 0.5%'],
  [() => parseProbability('Infinity%'), '"Infinity%" is not a probability, as in 0.5%'],
])('%s', (parse, message) => {
  const error = errorOf(parse);
  expect([error.message, error.code]).toEqual([message, 'E_VALUE']);
});

test('formats are short', () => {
  const ns = [0, 1, 999, 1e3, 1500, 20e6, 1.5e9, 60e9, 90e9, 3600e9, 5400e9, 86_400e9, 1e9 + 1];
  expect(ns.map(formatDuration).join(' ')).toBe(
    '0ms 1ns 999ns 1us 1.5us 20ms 1.5s 1min 90s 1h 90min 24h 1.000000001s',
  );
  const bytes = [0, 1, 1000, 1024, 1500, 64_000, 65_536, 256e6, 256 * 2 ** 20, 125 * 2 ** 30];
  expect(bytes.map(formatSize).join(' ')).toBe(
    '0b 1b 1kb 1kib 1500b 64kb 64kib 256mb 256mib 125gib',
  );
  const rates = [1, 999, 1e3, 1500, 65_536, 1e6, 1_234_567, 10e6, 2.5e9, 1e12];
  expect(rates.map(formatRate).join(' ')).toBe(
    '1bit 999bit 1kbit 1.5kbit 65.536kbit 1mbit 1.234567mbit 10mbit 2.5gbit 1tbit',
  );
  const probabilities = [0, 1, 0.005, 0.29, 1e-6, 1e-9, 1.5e-7, 1 / 3, 0.07];
  expect(probabilities.map(formatProbability).join(' ')).toBe(
    '0% 100% 0.5% 29% 0.0001% 0.0000001% 0.000015% 33.33333333333333% 7%',
  );
});

test('what is formatted parses back to the same number', () => {
  const whole = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(2_000_000),
    fc.nat(200).map((n) => n * 30e9),
  );
  const property = fc.property(whole, fc.double({ min: 0, max: 1, noNaN: true }), (n, p) => {
    expect(parseDuration(formatDuration(n))).toBe(n);
    expect(parseSize(formatSize(n))).toBe(n);
    const bits = (n % 1e12) + 1;
    expect(parseRate(formatRate(bits))).toBe(bits);
    // The smallest doubles take more digits than a user's number may have.
    if (p === 0 || p > 1e-20) expect(parseProbability(formatProbability(p))).toBe(p);
  });
  fc.assert(property, { seed: 1, numRuns: 3_000 });
});
