/** Any record that a gradient may leave behind: missing values, cut segments, no traffic, odd numbers. */
import fc from 'fast-check';
import { FAILED } from '../../../src/gradient/probe/probe.js';
import type { SegmentRecord } from '../../../src/gradient/result.js';
import {
  counts,
  EMULATOR,
  LATE,
  LATENCY,
  probe,
  record,
  segment,
  stepsOf,
  traffic,
} from './records.js';

export const ANY_LADDER = stepsOf(['0.1%', '1%', '2%', '5%', '10% burst 3']);

const value = fc.option(
  fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 1, 20)),
);
const count = fc.oneof(fc.nat(3), fc.nat(100_000));

const anySegment = fc
  .record({
    step: fc.nat(5),
    round: fc.nat(2),
    latency: fc.array(value, { maxLength: 30 }),
    late: fc.array(value, { maxLength: 30 }),
    failure: fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 30 }),
    first: fc.nat(10),
    seen: fc.tuple(count, count, count),
    hasTraffic: fc.boolean(),
    cut: fc.boolean(),
    lateMs: fc.option(fc.nat(100)),
  })
  .map((any): SegmentRecord => {
    const { step, round, cut, first } = any;
    const [seen, loss, burst] = any.seen;
    const lossBurst = { configured: 2, realized: burst / 1_000, ci95: null };
    return segment(step, any.latency, {
      round,
      cut,
      index: any.latency.map((_, i) => first + i),
      failure: any.failure,
      failureReasons: ['timeout', 'refused'],
      values: { latency: any.latency, late: any.late },
      traffic: any.hasTraffic ? traffic(counts(seen, loss), counts(loss), { lossBurst }) : null,
      emulator: any.hasTraffic ? EMULATOR : null,
      begunLateMs: any.lateMs === null ? null : { p50: 0, p99: any.lateMs, max: any.lateMs },
    });
  });

export const anyRecord = fc
  .tuple(fc.array(anySegment, { maxLength: 20 }), fc.boolean())
  .map(([segments, paired]) =>
    record(ANY_LADDER.steps, segments, { paired, ...probe([LATENCY, LATE, FAILED]) }),
  );

/** Paths of numbers that JSON does not know. */
export function strangeNumbers(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path}: ${value}`];
  if (value === undefined) return [`${path}: undefined`];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, each]) => strangeNumbers(each, `${path}/${key}`));
}
