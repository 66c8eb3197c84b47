import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Counter, Counters, snapshotCounters } from '../../src/netem/counters.js';
import { COUNTER_ROWS_MAX } from '../../src/netem/limits.js';

test('readers see what was published, and no more', () => {
  const counters = new Counters();
  const row = counters.allocate();
  counters.countOutcome(row, 1, 100, Counter.passed);
  counters.publish();
  counters.countOutcome(row, 1, 50, Counter.droppedLoss);
  expect(snapshotCounters(counters.buffer).row(row)).toMatchObject({
    seen: 1,
    bytes: 100,
    passed: 1,
    droppedLoss: 0,
  });
  counters.publish();
  expect(snapshotCounters(counters.buffer).row(row)).toEqual(counters.row(row));
  expect(counters.row(row)).toMatchObject({ seen: 2, bytes: 150, passed: 1, droppedLoss: 1 });
});

test('a row is free again when it is retired and none of its packets is held', () => {
  const counters = new Counters();
  const all = Array.from({ length: COUNTER_ROWS_MAX }, () => counters.allocate());
  expect(counters.freeRows).toBe(0);
  const [row] = all;
  counters.countOutcome(row, 1, 1, Counter.held);
  counters.countOutcome(row, 1, 1, Counter.held);
  counters.retire(row);
  counters.countRelease(row, Counter.passed, 1);
  expect(counters.freeRows).toBe(0);
  counters.countRelease(row, Counter.passed, 1);
  expect(counters.freeRows).toBe(1);
  expect(counters.allocate()).toBe(row);
  expect(counters.row(row)).toMatchObject({ seen: 0, bytes: 0, passed: 0, held: 0 });
});

test('a snapshot carries the epoch it was published in', () => {
  const counters = new Counters();
  counters.publish();
  expect(snapshotCounters(counters.buffer).epoch).toBe(0);
  counters.epoch = 7;
  expect(snapshotCounters(counters.buffer).epoch).toBe(0);
  counters.publish();
  expect(snapshotCounters(counters.buffer).epoch).toBe(7);
});

/** As the writer never rests, nearly every reading begins in the middle of a row. */
const DIFFERENT_ROWS = 50;

test('a writer in another thread never tears a row', async () => {
  const counters = new Counters();
  const row = counters.allocate();
  counters.publish();
  // The writer's protocol in a few lines, as fast as it can: all words of the row are the same. It goes on
  // until the reader has seen enough, however little processor each of them gets.
  const enough = new Int32Array(new SharedArrayBuffer(4));
  const words = new Int32Array(counters.buffer);
  const rowWords = (words.length - 1) / COUNTER_ROWS_MAX;
  const lock = 1 + row * rowWords;
  const writer = new Worker(
    `const { buffer, lock, rowWords, enough } = require('node:worker_threads').workerData;
     const words = new Int32Array(buffer);
     for (let n = 1; Atomics.load(enough, 0) === 0; n = (n + 1) | 0) {
       Atomics.add(words, lock, 1);
       for (let i = 1; i < rowWords; i++) Atomics.store(words, lock + i, n);
       Atomics.add(words, lock, 1);
     }`,
    { eval: true, workerData: { buffer: counters.buffer, lock, rowWords, enough } },
  );
  const exited = new Promise<void>((resolve) => void writer.once('exit', () => resolve()));
  const seen = new Set<number>();
  try {
    while (seen.size < DIFFERENT_ROWS) {
      const values = Object.values(snapshotCounters(counters.buffer).row(row));
      expect(new Set(values).size).toBe(1);
      seen.add(values[0]);
      await new Promise(setImmediate);
    }
  } finally {
    Atomics.store(enough, 0, 1);
    await exited;
  }
});
