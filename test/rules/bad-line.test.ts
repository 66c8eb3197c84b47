/** How wrong rule lines are shown, and their limits. */

import { expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.js';
import { parseRule, parseRules } from '../../src/rules/parse.js';
import { errorOf, shown } from '../support/rule-errors.js';

test('an empty line has nothing to point at', () => {
  for (const line of ['', '   ', '\t\n']) {
    const error = errorOf(() => parseRule(line));
    expect(shown(error)).toBe('the rule is empty, as in: udp:53 loss 0.5%');
  }
});

test('control characters neither move the caret nor reach the terminal', () => {
  const error = errorOf(() => parseRule('udp:53\tloss\t\x1b[31m5\u202e'));
  expect(error.message).toBe(
    '"?[31m5?" is not a probability, as in 0.5%\n  udp:53 loss ?[31m5?\n              ^',
  );
});

test('neither do hints repeat control characters', () => {
  for (const line of [
    '@1\x1b[2J',
    'udp loss +5\x07',
    'udp 5\x1bm',
    'udp tcp:\x1b',
    'udp loss=\x1b',
  ]) {
    const { message, mend } = errorOf(() => parseRule(line));
    expect([line, /[^\n -~…]/.test(`${message}${mend}`)]).toEqual([line, false]);
  }
});

test('a long line is shown around the character', () => {
  const line = `udp:53 ${'loss in:1% '.repeat(1)}src=${'192.0.2.1'.padStart(9)} ${' '.repeat(80)}dely 1ms`;
  const error = errorOf(() => parseRule(line));
  const [sentence, shownLine, caretLine] = error.message.split('\n');
  expect(sentence).toBe('unknown impairment "dely", did you mean delay?');
  expect(shownLine.length).toBeLessThan(80);
  expect(shownLine.slice(caretLine.indexOf('^'))).toBe('dely 1ms');
});

test('lines and lists have a limit', () => {
  const long = errorOf(() => parseRule(`udp:53 loss nth ${'1,'.repeat(3000)}1`));
  expect(long.code).toBe('E_RULE_LIMIT');
  expect(long.message.split('\n')[0]).toBe(
    'a rule of 6017 characters is too long, the limit is 4096',
  );
  const ordinals = Array.from({ length: 257 }, (_, i) => 2 * i + 1).join(',');
  const list = errorOf(() => parseRule(`udp:53 loss nth ${ordinals}`));
  expect(list.message.split('\n')[0]).toBe('a list of 257 is too long, the limit is 256');
  const many = errorOf(() => parseRules(Array<string>(257).fill('udp:53')));
  expect([many.code, many.message]).toEqual([
    'E_RULE_LIMIT',
    '257 rules are too many, the limit is 256',
  ]);
});

test('a word that is a property of every object is as unknown as others', () => {
  for (const line of [
    'constructor',
    'udp constructor 1',
    'udp toString=1',
    'udp loss __proto__:1%',
  ]) {
    expect(errorOf(() => parseRule(line)).exitCode).toBe(ExitCode.usage);
  }
  expect(errorOf(() => parseRule('udp delay 1constructor')).message).toMatch(/^unknown unit/);
});
