/** The ends of long outputs, and complaints in one line. */
import { expect, test } from 'vitest';
import { LastLines, lastLineOf } from '../../../src/gradient/probe/command-output.js';

test('the last 64 KiB of lines are kept', () => {
  const last = new LastLines();
  for (let n = 0; n < 20_000; n++) last.add(`${n}`.padStart(99));
  const lines = last.text.split('\n');
  expect(lines).toHaveLength(Math.floor(65_536 / 100));
  expect([lines[0], lines.at(-1)].map(Number)).toEqual([20_000 - lines.length, 19_999]);
  expect(last.text.split('\n')).toEqual(lines);
});

test('a line that is longer than that is none', () => {
  const last = new LastLines();
  for (const line of ['a', 'b'.repeat(70_000), 'c']) last.add(line);
  expect(last.text).toBe('c');
  last.add('d'.repeat(200_000));
  expect(last.text).toBe('');
  last.add('e');
  expect(last.text).toBe('e');
});

test.each([
  ['', ''],
  [' \n\n', ''],
  ['a\nb: c \n\n', 'b: c'],
  ['10%\r20%\r30%\r\n', '30%'],
  ['\u001b[1;31mno\u001b[0m\u0007 \u202ego\n', 'no go'],
  ['x'.repeat(500), `${'x'.repeat(120)}…`],
])('the last line of %j is %j', (text, line) => {
  expect(lastLineOf(text)).toBe(line);
});
