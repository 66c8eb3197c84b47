import { expect, test } from 'vitest';
import { parseTrace } from '../../../src/rules/files/trace-file.js';
import { TRACE_OPPORTUNITIES_MAX } from '../../../src/rules/limits.js';
import { errorOf } from '../../support/rule-errors.js';

test('times in whole milliseconds, several of them alike', () => {
  expect(parseTrace('0\n0\n3\n3\n10\n')).toEqual([0, 0, 3, 3, 10]);
  expect(parseTrace('5')).toEqual([5]);
  expect(parseTrace('1\r\n 2 \r\n\r\n')).toEqual([1, 2]);
});

test('a trace has a limit', () => {
  const full = '7\n'.repeat(TRACE_OPPORTUNITIES_MAX);
  expect(parseTrace(full).length).toBe(TRACE_OPPORTUNITIES_MAX);
  expect(errorOf(() => parseTrace(`${full}7`)).message).toBe('more than 1048576 times, the limit');
});

test.each([
  ['', 'it is empty, each line is a time in whole milliseconds, as in a trace of mahimahi'],
  ['3\n-1', '"-1" is not a time in whole milliseconds, as in a trace of mahimahi'],
  ['3 4', '"3 4" is not a time in whole milliseconds, as in a trace of mahimahi'],
  ['3\n2', '2 comes after 3, the times of a trace never go back'],
  ['0\n0', 'all times are 0, a trace repeats after its last one'],
])('%j', (text, message) => {
  expect(errorOf(() => parseTrace(text)).message).toBe(message);
});
