/** A segment's samples become columns in the order of their indices. */
import { expect, test } from 'vitest';
import { FAILED } from '../../../src/gradient/probe/probe.js';
import { Collector } from '../../../src/gradient/prober/collector.js';

test('samples in any order, with values that some of them lack', () => {
  const collector = new Collector(new Map());
  collector.add({ index: 2, atMs: 20, failure: 'timeout', values: { late: 1 } });
  collector.add({ index: 0, atMs: 0, failure: null, values: { late: 0, latency: 3.5 } });
  collector.add({ index: 1, atMs: 10, failure: 'refused', values: { latency: Number.NaN } });
  expect(collector.collected(false)).toEqual({
    index: [0, 1, 2],
    atMs: [0, 10, 20],
    failure: [-1, 0, 1],
    failureReasons: ['refused', 'timeout'],
    values: { late: [0, null, 1], latency: [3.5, null, null] },
    series: [],
    begunLateMs: null,
    notes: [],
  });
  expect([collector.count, collector.failed]).toEqual([3, 2]);
});

test('how late samples were begun; notes once; metrics that are found stay known', () => {
  const metrics = new Map([[FAILED.name, FAILED]]);
  const collector = new Collector(metrics);
  for (let i = 1; i <= 1_000; i++) collector.begunLate(i / 100);
  collector.note('a');
  collector.note('a');
  collector.metric({ name: 'qps', kind: 'number', better: 'higher', says: 'of dnsperf' });
  collector.metric({ ...FAILED, says: 'another' });
  const { begunLateMs, notes } = collector.collected(false);
  expect(begunLateMs).toEqual({ p50: 5.01, p99: 9.91, max: 10 });
  expect(notes).toEqual(['a']);
  expect([...metrics.keys()]).toEqual(['failed', 'qps']);
  expect(metrics.get('failed')).toBe(FAILED);
});

test('of a segment that was cut, what comes before the first open sample', () => {
  const collector = new Collector(new Map());
  for (const index of [3, 0, 1, 4]) {
    collector.add({ index, atMs: index, failure: null, values: { latency: 1 } });
  }
  expect(collector.collected(true)).toMatchObject({ index: [0, 1], values: { latency: [1, 1] } });
  expect(collector.collected(false).index).toEqual([0, 1, 3, 4]);
});
