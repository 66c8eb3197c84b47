import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as format from '../../../src/gradient/report/format.js';

test.each([
  [0, '0%'],
  [1, '100%'],
  [0.005, '0.5%'],
  [0.000396, '0.0396%'],
  [0.0199, '1.99%'],
  [0.201, '20.1%'],
  [0.2, '20%'],
  [0.9996, '>99.9%'],
  [0.9991, '99.9%'],
  [0.1 + 0.2 + 0.7, '100%'],
  [1e-9, '<0.0001%'],
  [-0.005, '-0.5%'],
  [null, '–'],
  [Number.NaN, '–'],
])('share %s is %s', (share, text) => {
  expect(format.formatShare(share)).toBe(text);
});

test.each([
  [0, '0ms'],
  [0.0006, '0.60µs'],
  [0.021, '21.0µs'],
  [0.0996, '0.10ms'],
  [0.21, '0.21ms'],
  [9.994, '9.99ms'],
  [20.44, '20.4ms'],
  [999.4, '999ms'],
  [999.6, '1.00s'],
  [1_020, '1.02s'],
  [123_456, '123s'],
  [-12, '-12.0ms'],
  [null, 'failed'],
  [Number.POSITIVE_INFINITY, 'failed'],
])('%s ms are %s', (ms, text) => {
  expect(format.formatMs(ms)).toBe(text);
});

test('rates, bytes, counts and plain numbers', () => {
  expect([0, 850, 999.6, 9.98e6, 1e9, 2e15].map(format.formatBitRate)).toEqual([
    '0bit/s',
    '850bit/s',
    '1.00kbit/s',
    '9.98Mbit/s',
    '1.00Gbit/s',
    '2000Tbit/s',
  ]);
  expect([0, 900, 1024, 3.2 * 2 ** 20].map(format.formatBytes)).toEqual([
    '0B',
    '900B',
    '1.00KiB',
    '3.20MiB',
  ]);
  expect([0, 999, 1234567].map(format.formatCount)).toEqual(['0', '999', '1,234,567']);
  expect(
    [0, 1, 1.048, 12.04, 87_334.4, 0.00123, 1e-7, -3.5, 1e18].map(format.formatNumber),
  ).toEqual(['0', '1', '1.05', '12', '87,334', '0.00123', '1.00e-7', '-3.5', '1.00e+18']);
});

test('an interval has its unit once, if it is one', () => {
  const { formatEstimate, formatMs, formatShare, formatNumber } = format;
  const of = (value: number | null, low: number | null, high: number | null) => ({
    value,
    low,
    high,
  });
  expect(formatEstimate(of(0.0199, 0.017, 0.023), formatShare)).toBe('1.99% (1.7–2.3)');
  expect(formatEstimate(of(980, 950, 1_020), formatMs)).toBe('980ms (950ms–1.02s)');
  expect(formatEstimate(of(121, 120, null), formatMs)).toBe('121ms (120ms–∞)');
  expect(formatEstimate(of(null, null, null), formatMs)).toBe('failed');
  expect(formatEstimate(of(1.05, 1, 1.1), formatNumber)).toBe('1.05 (1–1.1)');
  expect(format.formatInterval([0.017, 0.023], formatShare)).toBe('1.7–2.3%');
  expect(format.formatInterval([950, 1_020], formatMs)).toBe('950ms–1.02s');
});

test('differences have a sign, those of shares percentage points', () => {
  expect(format.formatDifference({ kind: 'time' }, 12)).toBe('+12.0ms');
  expect(format.formatDifference({ kind: 'share' }, -0.003)).toBe('-0.3pp');
});

test('p-values', () => {
  expect([0, 0.00099, 0.001, 0.0234, 0.5, 1, Number.NaN].map(format.formatP)).toEqual([
    'p<0.001',
    'p<0.001',
    'p=0.001',
    'p=0.023',
    'p=0.5',
    'p=1',
    'p–',
  ]);
});

test('spans of time in words', () => {
  const spans = [
    0,
    8_400,
    59_600,
    70_000,
    2_912_000,
    3_590_000,
    7_500_000,
    90_000_000,
    Number.POSITIVE_INFINITY,
  ];
  expect(spans.map(format.formatSpan)).toEqual([
    '0 s',
    '8 s',
    '1 min',
    '1 min 10 s',
    '49 min',
    '1 h',
    '2 h 5 min',
    '1 d 1 h',
    'unknown time',
  ]);
});

test('what is stepped is written in the unit of its labels', () => {
  const write = (label: string, value: number) =>
    format.steppedFormat([{ label: 'baseline' }, { label }])(value);
  expect(write('0.5%', 0.01)).toBe('1%');
  expect(write('20ms', 50e6)).toBe('50.0ms');
  expect(write('10Mbit', 5e6)).toBe('5.00Mbit/s');
  expect(write('64kb', 2048)).toBe('2.00KiB');
  expect(write('4', 8)).toBe('8');
  expect(format.steppedFormat([{ label: 'baseline' }])(3)).toBe('3');
});

test('figures are called by their metric', () => {
  expect(format.formatFigure('late', 'share')).toBe('late');
  expect(format.formatFigure('latency', 'p99')).toBe('latency p99');
});

test('any number is short', () => {
  const { formatShare, formatMs, formatBitRate, formatBytes, formatNumber } = format;
  const writers: readonly format.Write[] = [
    formatShare,
    formatMs,
    formatBitRate,
    formatBytes,
    formatNumber,
  ];
  const double = fc.double({ min: -1e15, max: 1e15 });
  fc.assert(
    fc.property(fc.constantFrom(...writers), fc.option(double), (write, value) => {
      expect(write(value).length).toBeLessThanOrEqual(22);
      expect(write(value)).not.toMatch(/NaN|Infinity|undefined/);
    }),
    { seed: 1, numRuns: 2_000 },
  );
});
