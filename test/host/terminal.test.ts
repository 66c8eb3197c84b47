import { expect, test } from 'vitest';
import { parseGroup, shareForeground } from '../../src/host/terminal.js';

test('the process group, and whether a terminal has it in its foreground', () => {
  // pid (comm) state ppid pgrp session tty_nr tpgid
  expect(parseGroup('12 (sh) S 1 12 10 34816 12 4194304')).toEqual({
    group: 12,
    isForeground: true,
  });
  expect(parseGroup('13 (a) b (c) S 12 12 10 34816 14 0')).toEqual({
    group: 12,
    isForeground: false,
  });
  expect(parseGroup('14 (daemon) S 1 14 14 0 -1 0')).toEqual({ group: 14, isForeground: false });
});

test('a process that is gone shares nothing', () => {
  expect(shareForeground(2 ** 22 + 1)).toBe(false);
});
