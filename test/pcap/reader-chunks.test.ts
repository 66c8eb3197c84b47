/** However the bytes come, and however large the window is, the items are the same. */
import assert from 'node:assert';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CaptureReader, READ_WINDOW_BYTES } from '../../src/pcap/capture-reader.js';
import { mutate, randomOf } from '../support/capture-mutants.js';
import {
  allAtOnce,
  LEAST_WINDOW_BYTES,
  newReader,
  readCapture,
} from '../support/capture-reading.js';
import { LARGE_SEED, SEEDS } from '../support/capture-seeds.js';

/** Good files, and broken ones of the same kinds. */
const FILES = [...SEEDS, ...SEEDS.map((file, i) => mutate(file, randomOf(`chunks ${i}`)))];

test('in pieces of any size', () => {
  const sizes = fc.array(
    fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 3000 })),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  const property = fc.property(fc.constantFrom(...FILES), sizes, (file, pieces) => {
    let piece = 0;
    const read = readCapture(file, () => pieces[piece++ % pieces.length]);
    assert.deepStrictEqual(read, readCapture(file));
  });
  fc.assert(property, { numRuns: 500, seed: 1 });
});

test.each([1, 3, 4096, 524_288, 1_048_576])('a large block in pieces of %i bytes', (size) => {
  assert.deepStrictEqual(
    readCapture(LARGE_SEED, () => size),
    readCapture(LARGE_SEED),
  );
});

test('in a window that holds a block, and one that does not', () => {
  for (const file of [...FILES, LARGE_SEED]) {
    const wide = readCapture(file, allAtOnce, READ_WINDOW_BYTES);
    assert.deepStrictEqual(wide, readCapture(file, allAtOnce, LEAST_WINDOW_BYTES));
  }
});

test('what is asked for before anything has come', () => {
  const { reader } = newReader();
  expect([reader.room(), reader.fillAt]).toEqual([LEAST_WINDOW_BYTES, 100]);
  const { format, baseNs, section, fault, interfaces } = reader;
  expect({ format, baseNs, section, fault, interfaces }).toEqual({
    format: null,
    baseNs: 0n,
    section: null,
    fault: null,
    interfaces: [],
  });
});

test('a window that cannot hold every packet is refused', () => {
  expect(() => new CaptureReader(new Uint8Array(500_000), 0, 500_000)).toThrow();
});
