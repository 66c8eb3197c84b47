import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LruTable } from '../../src/netem/lru-table.js';

const CAPACITY = 8;
const IDLE_NS = 1000;

/** What the table does, obviously: a Map keeps its keys in order of insertion. */
class Model {
  readonly #lastSeenNs = new Map<number, number>();

  enter(key: number, nowNs: number): boolean {
    const isNew = !this.has(key, nowNs);
    this.#lastSeenNs.delete(key);
    if (this.#lastSeenNs.size === CAPACITY) {
      const [oldest] = this.#lastSeenNs.keys();
      this.#lastSeenNs.delete(oldest);
    }
    this.#lastSeenNs.set(key, nowNs);
    return isNew;
  }

  has(key: number, nowNs: number): boolean {
    const seenNs = this.#lastSeenNs.get(key);
    return seenNs !== undefined && nowNs - seenNs < IDLE_NS;
  }
}

const step = fc.record({
  kind: fc.constantFrom('enter', 'find'),
  key: fc.nat(20),
  gapNs: fc.oneof({ weight: 9, arbitrary: fc.nat(100) }, { weight: 1, arbitrary: fc.nat(2000) }),
});

test('remembers what a map remembers, each key in an entry of its own', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const nowNs = new Float64Array(1);
      const table = new LruTable(CAPACITY, IDLE_NS, nowNs);
      const model = new Model();
      const keyOfEntry = new Map<number, number>();
      for (const { kind, key, gapNs } of steps) {
        nowNs[0] += gapNs;
        // Keys that differ in one word only, whichever, and collide now and then.
        table.key.fill(0);
        table.key[key % 10] = 1 + key;
        if (kind === 'enter') {
          const entry = table.enter();
          expect(entry).toBeLessThan(CAPACITY);
          const isNew = model.enter(key, nowNs[0]);
          expect(table.isNew).toBe(isNew);
          if (!isNew) expect(keyOfEntry.get(entry)).toBe(key);
          keyOfEntry.set(entry, key);
        } else {
          const entry = table.find();
          expect(entry >= 0).toBe(model.has(key, nowNs[0]));
          if (entry >= 0) expect(keyOfEntry.get(entry)).toBe(key);
        }
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

test('entries of idle keys are used again before untouched ones', () => {
  const nowNs = new Float64Array(1);
  const table = new LruTable(1024, IDLE_NS, nowNs);
  for (let key = 0; key < 10_000; key++) {
    nowNs[0] += 100;
    table.key[0] = key;
    table.enter();
  }
  expect(table.used).toBeLessThanOrEqual(IDLE_NS / 100 + 1);
});
