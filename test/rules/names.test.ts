import { expect, test } from 'vitest';
import { nameFits, namePattern, namesMeet, parseName } from '../../src/rules/names.js';

test.each([
  ['example.com', 'example.com'],
  ['EXAMPLE.com.', 'example.com'],
  ['*.Example.com', '*.example.com'],
  ['localhost', 'localhost'],
  ['_dns-sd._udp.x', '_dns-sd._udp.x'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
])('%s is held as %s', (text, name) => {
  expect(parseName({ text, at: 0 }, 'qname')).toBe(name);
});

test.each([
  ['example.com', 'example.com', true],
  ['example.com', 'www.example.com', false],
  ['*.example.com', 'www.example.com', true],
  ['*.example.com', 'a.b.example.com', true],
  ['*.example.com', 'example.com', false],
  ['*.example.com', '.example.com', false],
  ['*.example.com', 'xexample.com', false],
])('%s means %s: %s', (pattern, name, expected) => {
  expect(nameFits(namePattern(pattern), name)).toBe(expected);
});

test.each([
  ['a.example', 'a.example', true],
  ['a.example', 'b.example', false],
  ['a.example', '*.example', true],
  ['example', '*.example', false],
  ['*.a.example', '*.example', true],
  ['*.a.example', '*.b.example', false],
  ['*.a.example', '*.xa.example', false],
  ['*.example', '*.example', true],
])('some name is meant by %s and %s: %s', (a, b, expected) => {
  expect([namesMeet(a, b), namesMeet(b, a)]).toEqual([expected, expected]);
});
