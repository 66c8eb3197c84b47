import { expect, test } from 'vitest';
import { NetemuError } from '../../../src/errors.js';
import { NO_FILES, readFileAt } from '../../../src/rules/files/rule-files.js';
import { parseTrace } from '../../../src/rules/files/trace-file.js';
import { FILE_CHARACTERS_MAX } from '../../../src/rules/limits.js';
import { Problem } from '../../../src/rules/problem.js';
import { errorOf } from '../../support/rule-errors.js';

const WORD = { text: 'x.trace', at: 10 };

function problemOf(read: (path: string) => string): Problem {
  const error = errorOf(() => readFileAt(WORD, { read }, parseTrace));
  expect(error).toBeInstanceOf(Problem);
  return error as Problem;
}

test('the text that was read', () => {
  const paths: string[] = [];
  const read = (path: string) => {
    paths.push(path);
    return '\ufeff1\n2\n';
  };
  expect(readFileAt(WORD, { read }, parseTrace)).toEqual([1, 2]);
  expect(paths).toEqual(['x.trace']);
});

test.each([
  [Object.assign(new Error('ENOENT: …'), { code: 'ENOENT' }), 'there is no such file'],
  [Object.assign(new Error('EACCES: …'), { code: 'EACCES' }), 'permission denied'],
  [Object.assign(new Error('EIO: i/o error\nmore'), { code: 'EIO' }), 'EIO: i/o error'],
  [new NetemuError(2, 'E_X', 'no files today'), 'no files today'],
])('%s', (error, reason) => {
  const { code, message, at } = problemOf(() => {
    throw error;
  });
  expect([code, message, at]).toEqual(['E_FILE', `cannot read "x.trace": ${reason}`, 10]);
});

test('a problem in the text has the file, the line and the place in the rule', () => {
  const { code, message, at } = problemOf(() => '1\n0\n');
  const sentence = '0 comes after 1, the times of a trace never go back';
  expect([code, message, at]).toEqual(['E_FILE', `x.trace:2: ${sentence}`, 10]);
});

test('files are refused where none are read, and where they are too long', () => {
  const refused = problemOf(NO_FILES.read);
  const sentence = '"x.trace" is a file, and files are not read here';
  expect([refused.code, refused.message, refused.at]).toEqual(['E_FILE', sentence, 10]);
  const long = problemOf(() => ' '.repeat(FILE_CHARACTERS_MAX + 1));
  expect(long.message).toBe('x.trace: the file has 33554433 characters, the limit is 33554432');
});

test('what is no error of a file is passed on', () => {
  const fault = () =>
    readFileAt(WORD, { read: () => '1' }, () => {
      throw new TypeError('a defect');
    });
  expect(fault).toThrow(new TypeError('a defect'));
});
