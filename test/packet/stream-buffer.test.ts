import fc from 'fast-check';
import { expect, test } from 'vitest';
import { StreamBuffer } from '../../src/packet/stream-buffer.js';

const CAPACITY = 64;
const source = Uint8Array.from({ length: 300 }, (_, i) => i % 251);

function add(stream: StreamBuffer, offset: number, length: number): void {
  // As it lies in a packet, with other bytes before it.
  const packet = new Uint8Array(200).fill(0xee);
  for (let i = 0; i < length; i++) packet[10 + i] = source[(offset + i + 300) % 300];
  stream.add(offset, packet, 10, length);
}

test('as a set of positions, on random pieces', () => {
  const piece = fc.tuple(fc.integer({ min: -20, max: 90 }), fc.integer({ min: 0, max: 30 }));
  let complete = 0;
  const property = fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
    const stream = new StreamBuffer(CAPACITY);
    const there = new Set<number>();
    for (const [offset, length] of pieces) {
      add(stream, offset, length);
      for (let i = offset; i < offset + length; i++) if (i >= 0 && i < CAPACITY) there.add(i);
      let ready = 0;
      while (there.has(ready)) ready++;
      if (stream.ready !== ready) throw new Error(`${stream.ready} instead of ${ready}`);
      for (const i of there) if (stream.bytes[i] !== source[i]) throw new Error(`byte ${i}`);
    }
    if (stream.ready === CAPACITY) complete++;
    stream.clear();
    if (stream.ready !== 0) throw new Error('not empty');
  });
  fc.assert(property, { seed: 1, numRuns: 4_000 });
  expect(complete).toBeGreaterThan(50);
});

test('offsets beyond everything are left out', () => {
  const stream = new StreamBuffer(CAPACITY);
  add(stream, 0, 10);
  for (const offset of [CAPACITY, 2 ** 31, 2 ** 53, 2 ** 62, -(2 ** 31)]) {
    stream.add(offset, source, 0, 5);
    expect(stream.ready).toBe(10);
  }
});

test('a gap too many is not taken, what closes one is', () => {
  const stream = new StreamBuffer(400);
  for (let i = 1; i <= 100; i++) add(stream, 2 * i, 1);
  add(stream, 0, 3);
  for (let i = 1; i < 63; i++) add(stream, 2 * i + 1, 1);
  expect(stream.ready).toBe(127);
  add(stream, 127, 2);
  expect(stream.ready).toBe(129);
  add(stream, 129, 150);
  expect(stream.ready).toBe(279);
});

test('also when the gaps come from the end', () => {
  const stream = new StreamBuffer(400);
  for (let i = 100; i >= 1; i--) add(stream, 2 * i, 1);
  add(stream, 0, 3);
  expect(stream.ready).toBe(0);
  add(stream, 0, 74); // Reaches the lowest that was taken, the 64th from the end.
  expect(stream.ready).toBe(75);
});
