import { expect, test } from 'vitest';
import * as format from '../../src/cli/format.js';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1234567, '1,234,567'],
])('count %d is %s', (count, text) => {
  expect(format.formatCount(count)).toBe(text);
});

test.each([
  [0, '0%'],
  [1, '100%'],
  [0.9999, '>99.9%'],
  [0.999, '99.9%'],
  [0.2013, '20.1%'],
  [0.0502, '5.02%'],
  [0.00502, '0.502%'],
  [0.0000502, '0.0050%'],
  [0.0000000001, '<0.0001%'],
])('rate %d is %s', (rate, text) => {
  expect(format.formatRate(rate)).toBe(text);
});

test.each([
  [0.2, '20%'],
  [0.005, '0.5%'],
  [0.07, '7%'],
  [1 / 3, '33.3333%'],
  [0, '0%'],
])('configured rate %d is %s', (rate, text) => {
  expect(format.formatConfiguredRate(rate)).toBe(text);
});

test('an interval has one percent sign', () => {
  expect(format.formatInterval([0.0041, 0.006])).toBe('0.410–0.600%');
});

test.each([
  [0, '0ns'],
  [850, '850ns'],
  [999.6, '1.00µs'],
  [1_000, '1.00µs'],
  [12_345, '12.3µs'],
  [999_600, '1.00ms'],
  [45_100_000, '45.1ms'],
  [2.5e9, '2.50s'],
  [3600e9, '3600s'],
])('%d ns is %s', (ns, text) => {
  expect(format.formatNs(ns)).toBe(text);
});

test.each([
  [0, '0.0s'],
  [9.96, '10s'],
  [59.4, '59s'],
  [59.6, '1m00s'],
  [185, '3m05s'],
  [7_380, '2h03m'],
  [352_800, '4d02h'],
])('%d s up is %s', (seconds, text) => {
  expect(format.formatUptime(seconds)).toBe(text);
});

test.each([
  ['7f3a', '7f3a'],
  ['a b', '"a b"'],
  ['', '""'],
  ['a\nb\x1b[2J', '"a\\nb\\u001b[2J"'],
])('text %j is shown as %s', (text, shown) => {
  expect(format.formatText(text)).toBe(shown);
});

test('cutting leaves a mark', () => {
  expect(format.cut('abcdef', 6)).toBe('abcdef');
  expect(format.cut('abcdef', 5)).toBe('abcd…');
  expect(format.cut('abcdef', 0)).toBe('');
});
