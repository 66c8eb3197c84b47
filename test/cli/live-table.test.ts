import { expect, test } from 'vitest';
import { LiveTable } from '../../src/cli/live-table.js';
import { CapturedOutput, screenOf } from './captured-output.js';

function terminal(width: number, height: number): CapturedOutput {
  const output = new CapturedOutput(true);
  output.width = width;
  output.height = height;
  output.print('first line');
  return output;
}

test('the block is redrawn in place, also when it shrinks', () => {
  const output = terminal(20, 10);
  const table = new LiveTable(output);
  table.draw(['aaaaaa', 'bbbbbb', 'cccccc']);
  table.draw(['aaa', 'b']);
  expect(screenOf(output.stdout, 20)).toEqual(['first line', 'aaa', 'b', '']);
});

test('erasing leaves the cursor where the block began', () => {
  const output = terminal(20, 10);
  const table = new LiveTable(output);
  table.draw(['aaaaaa', 'bbbbbb']);
  output.raw('^C');
  table.erase();
  output.print('the end');
  expect(screenOf(output.stdout, 20)).toEqual(['first line', 'the end', '']);
});

test('erasing nothing writes nothing, as to a file', () => {
  const output = new CapturedOutput();
  new LiveTable(output).erase();
  expect(output.stdout).toBe('');
});

test('lines are cut to the terminal and never wrap', () => {
  const output = terminal(10, 10);
  new LiveTable(output).draw(['0123456789abc', 'x']);
  expect(screenOf(output.stdout, 10).slice(1)).toEqual(['01234567…', 'x', '']);
});

test('a block higher than the terminal is cut, with a word about it', () => {
  const output = terminal(60, 4);
  const table = new LiveTable(output);
  const lines = ['1', '2', '3', '4', '5'];
  table.draw(lines);
  table.draw(lines);
  expect(screenOf(output.stdout, 60).slice(1)).toEqual([
    '1',
    '2',
    '… 3 more lines: netemu status shows them',
    '',
  ]);
});

test('after the terminal became narrower, the wrapped block is covered whole', () => {
  const output = terminal(20, 10);
  const table = new LiveTable(output);
  table.draw(['0123456789abcdef', 'x']);
  output.width = 10;
  // What a terminal makes of it that wraps again: three lines, cursor below them.
  output.stdout = 'first line\n0123456789\nabcdef\nx\n';
  table.draw(['new', 'y']);
  expect(screenOf(output.stdout, 10)).toEqual(['first line', 'new', 'y', '']);
});

test('a terminal that takes nothing is not written to', () => {
  const output = terminal(20, 10);
  const table = new LiveTable(output);
  table.draw(['a']);
  output.isIdle = false;
  const before = output.stdout;
  table.draw(['b']);
  expect(output.stdout).toBe(before);
});
