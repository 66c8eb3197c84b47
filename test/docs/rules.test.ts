/** The reference is true: its examples parse, and it has every word of the language. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseRule } from '../../src/rules/parse.js';
import { IMPAIRMENT_NAMES } from '../../src/rules/registry.js';
import { TERMS } from '../../src/rules/terms.js';

const text = readFileSync('docs/rules.md', 'utf8');
const boxes = Array.from(text.matchAll(/```rules\n(.*?)```/gs), (match) => match[1]);
const examples = boxes
  .flatMap((box) => box.trim().split('\n'))
  .map((line) => line.split(' #')[0].trim());

test.each(examples)('%s', (line) => {
  const rule = parseRule(line);
  expect(parseRule(rule.text)).toEqual(rule);
});

test('every impairment and every term has an example', () => {
  const words = examples.flatMap((line) => line.split(' '));
  expect(IMPAIRMENT_NAMES.filter((name) => !words.includes(name) && name !== 'trace')).toEqual([]);
  expect(text).toContain('trace out:');
  const terms = TERMS.map(({ name }) => `${name}=`);
  expect(terms.filter((term) => !text.includes(term))).toEqual([]);
});
