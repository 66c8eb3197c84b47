import { expect, test } from 'vitest';
import { DnsPorts } from '../../../src/gradient/probe/dns-ports.js';
import { PAIRED_SAMPLES_MAX } from '../../../src/gradient/probe/pairing.js';

const all = (ports: DnsPorts) =>
  Array.from({ length: PAIRED_SAMPLES_MAX }, (_, index) => ports.of(index));

test('each pair has a port that no other has, at each step the same', () => {
  const ports = new DnsPorts();
  const [first, spare] = [all(ports), Array.from({ length: 20_000 }, () => ports.spare())];
  expect(new Set(first).size).toBe(PAIRED_SAMPLES_MAX);
  expect(all(new DnsPorts())).toEqual(first);
  expect(first.every((port) => port > 1_023 && port < 65_536)).toBe(true);
  const others = new Set(spare);
  expect(first.some((port) => others.has(port))).toBe(false);
  expect(ports.of(PAIRED_SAMPLES_MAX)).toBe(first[0]);
});
