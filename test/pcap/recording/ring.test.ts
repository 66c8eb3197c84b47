/** The ring against a queue that is plainly right, with every size of record and every state of filling. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeRing, RingReader, RingView, RingWriter } from '../../../src/pcap/recording/ring.js';

const RING_BYTES = 1_024;

interface Step {
  readonly does: 'put' | 'publish' | 'next' | 'release';
  readonly bytes: number;
  readonly spare: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  does: fc.constantFrom('put', 'put', 'publish', 'next', 'next', 'release'),
  bytes: fc.integer({ min: 1, max: 50 }).map((units) => 8 * units),
  spare: fc.constantFrom(0, 0, 0, 64),
});

function ends(firstPosition = 0) {
  const ring = makeRing(RING_BYTES);
  const view = new RingView(ring);
  view.head = firstPosition;
  view.tail = firstPosition;
  return { view, writer: new RingWriter(view), reader: new RingReader(new RingView(ring)) };
}

/** A record that says its number in every byte behind its head. */
function put({ writer, view }: ReturnType<typeof ends>, bytes: number, spare: number, n: number) {
  const at = writer.place(bytes, spare);
  if (at < 0) return false;
  view.bytes.fill(n, at + 8, at + bytes);
  writer.take(at, bytes, n);
  return true;
}

/** The same with positions that never wrap, and nothing clever. */
class Model {
  readonly #queue: { n: number; at: number }[] = [];
  #head = 0;
  #published = 0;
  #current = 0;
  #tail = 0;

  put(n: number, bytes: number, spare: number): boolean {
    const rest = RING_BYTES - (this.#head % RING_BYTES);
    const at = bytes <= rest ? this.#head : this.#head + rest;
    if (at + bytes + spare - this.#tail > RING_BYTES) return false;
    this.#queue.push({ n, at });
    this.#head = at + bytes;
    return true;
  }

  publish(): void {
    this.#published = this.#head;
  }

  next(): number | null {
    if (this.#queue.length === 0 || this.#queue[0].at >= this.#published) {
      this.#current = this.#published;
      return null;
    }
    const { n, at } = this.#queue.shift()!;
    this.#current = at;
    return n;
  }

  release(): void {
    this.#tail = this.#current;
  }
}

test.each([0, 2 ** 31 - RING_BYTES, -RING_BYTES])('is a queue, from position %i on', (first) => {
  let found = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 300, size: 'max' }), (steps) => {
      const ring = ends(first);
      const model = new Model();
      let n = 0;
      for (const { does, bytes, spare } of steps) {
        if (does === 'put') {
          n = (n % 250) + 1;
          const isPut = model.put(n, bytes, spare);
          expect(put(ring, bytes, spare, n)).toBe(isPut);
          if (!isPut) refused++;
        } else if (does === 'publish') {
          ring.writer.publish();
          model.publish();
        } else if (does === 'next') {
          const at = ring.reader.next();
          const expected = model.next();
          expect(at < 0 ? null : ring.reader.kind).toBe(expected);
          if (expected === null) continue;
          const count = ring.view.words[at >> 2] - 8;
          expect(ring.view.bytes.slice(at + 8, at + 8 + count)).toEqual(
            new Uint8Array(count).fill(expected),
          );
          found++;
        } else {
          ring.reader.release();
          model.release();
        }
      }
    }),
    { seed: 1, numRuns: 40 },
  );
  expect(Math.min(found, refused)).toBeGreaterThan(200);
});

test('what is full takes nothing until something is released', () => {
  const ring = ends();
  let count = 0;
  while (put(ring, 64, 0, count + 1)) count++;
  expect(count).toBe(RING_BYTES / 64);
  ring.writer.publish();
  expect(ring.reader.next()).toBe(0);
  expect(put(ring, 64, 0, 99)).toBe(false);
  ring.reader.next();
  ring.reader.release();
  expect(put(ring, 64, 0, 99)).toBe(true);
  expect(put(ring, 64, 0, 99)).toBe(false);
});

test('what is spared stays free for those who spare less', () => {
  const ring = ends();
  while (put(ring, 64, 256, 1));
  let more = 0;
  while (put(ring, 64, 0, 2)) more++;
  expect(more).toBe(4);
});

test('nothing is seen before it is published', () => {
  const ring = ends();
  put(ring, 64, 0, 1);
  expect(ring.reader.next()).toBe(-1);
  ring.writer.publish();
  expect(ring.reader.next()).toBe(0);
  expect(ring.reader.next()).toBe(-1);
});

test('numbers of both sides pass unharmed', () => {
  const { view, reader } = ends();
  view.lost = 3;
  view.endNs = 2 ** 50 + 1;
  view.clockOffsetNs = 1_795_386_717_536_319_186n;
  view.written = 7;
  view.fileBytes = 8;
  view.discarded = 9;
  const { lost, endNs, clockOffsetNs, written, fileBytes, discarded } = reader.view;
  expect([lost, endNs, clockOffsetNs, written, fileBytes, discarded]).toEqual([
    3,
    2 ** 50 + 1,
    1_795_386_717_536_319_186n,
    7,
    8,
    9,
  ]);
});
