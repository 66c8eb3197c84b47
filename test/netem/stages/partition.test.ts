import { expect, test } from 'vitest';
import { Counter } from '../../../src/netem/counters.js';
import { Partition } from '../../../src/netem/stages/partition.js';

test('nothing passes', () => {
  expect(new Partition().apply()).toBe(Counter.droppedPartition);
});
