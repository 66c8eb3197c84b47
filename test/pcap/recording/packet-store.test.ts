/** The store against a plain list, filled to the brim and emptied in every state. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketStore } from '../../../src/pcap/recording/packet-store.js';

const SIZE = 2_048;
const LENGTH_MAX = 400;
/** With what the store adds. */
const PIECE_BYTES_MAX = LENGTH_MAX + 28;

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: LENGTH_MAX }) },
    { weight: 2, arbitrary: fc.constant('take' as const) },
  ),
  { minLength: 50, maxLength: 400, size: 'max' },
);

test('is a list, first in, first out', () => {
  let taken = 0;
  let refused = 0;
  fc.assert(
    fc.property(steps, (all) => {
      const store = new PacketStore(SIZE);
      const list: { n: number; length: number }[] = [];
      let n = 0;
      for (const each of all) {
        if (each === 'take') {
          const expected = list.shift();
          if (expected === undefined) continue;
          const at = store.take();
          taken++;
          expect([store.interface, store.length]).toEqual([expected.n, expected.length]);
          expect(store.bytes.slice(at, at + expected.length)).toEqual(
            new Uint8Array(expected.length).fill(expected.n),
          );
          continue;
        }
        const at = store.place(each);
        const used = list.reduce((sum, { length }) => sum + length + 24, 0);
        if (at < 0) {
          refused++;
          // What is free lies in two pieces at most, and fits in neither.
          expect(used).toBeGreaterThan(SIZE - 2 * PIECE_BYTES_MAX);
          continue;
        }
        n = (n % 250) + 1;
        // What stands before a frame may be written, too, and spoils nothing.
        store.bytes.fill(n, at - 10, at + each);
        store.put(n, each);
        list.push({ n, length: each });
      }
    }),
    { seed: 1, numRuns: 60, endOnFailure: true },
  );
  expect(Math.min(taken, refused)).toBeGreaterThan(500);
});

test('what is empty begins anew, so that little touches little memory', () => {
  const store = new PacketStore(SIZE);
  const first = store.place(100);
  for (let i = 0; i < 100; i++) {
    expect(store.place(100)).toBe(first);
    store.put(0, 100);
    store.take();
  }
});
