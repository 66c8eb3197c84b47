/**
 * Whether numbers of a step differ from the baseline's by more than chance and by more than the machine does
 * by itself. Two questions are asked: has the median moved, and has the tail grown or shrunk, as loss makes
 * it while the median stays? Each takes a margin off the difference and asks whether what is left is chance:
 * however many samples there are, a drift within the margin is no change.
 */
import type { MetricSpec } from '../probe/probe.js';
import type { NumberSummary } from '../result.js';
import { type DifferenceTest, signOf, testNumbers, testShares } from './difference-tests.js';
import { meanOf, medianOf, type Rounds, withRounds } from './difference-tests-rounds.js';
import { ownErrorMs } from './own-error.js';
import type { Pairs, StepSamples } from './samples.js';

/** What services and clocks drift by within minutes, of the baseline's median. */
const DRIFT = 0.01;

/** Significant in a ladder of any length. */
const CLEAR = 1e-4;

interface Compared {
  readonly samples: StepSamples;
  readonly summary: NumberSummary;
}

/** Null where one has no values, or no pair has both. */
export function testChange(
  spec: MetricSpec,
  baseline: Compared,
  step: Compared,
  pairs: Pairs | null,
): DifferenceTest | null {
  // What is worse is up, so that the tail is on the upper side of a rate, too.
  const up = spec.better === 'higher' ? -1 : 1;
  const read = ({ samples, summary: { p50, p95 } }: Compared): Side => ({
    samples,
    column: up === 1 ? samples.ranked(spec) : samples.ranked(spec).map((value) => -value),
    p50: up * (p50?.value ?? Number.POSITIVE_INFINITY),
    p95: up * (p95?.value ?? Number.POSITIVE_INFINITY),
  });
  const [a, b] = [read(baseline), read(step)];
  const drift = Number.isFinite(a.p50) ? DRIFT * Math.abs(a.p50) : 0;
  const margin = (own: 'tailMs' | 'worstMs') =>
    spec.kind === 'time' ? Math.max(drift, ownErrorOf(a, own), ownErrorOf(b, own)) : drift;
  const middle = testMiddle(a, b, pairs, margin('tailMs'));
  const tail = testTail(a, b, pairs, margin('worstMs'));
  if (middle === null || tail === null) return null;
  // Where the median has moved the tail has as well, and the median says more.
  const surer = middle.pValue < CLEAR || middle.pValue <= tail.pValue ? middle : tail;
  const direction = signOf(up * surer.direction);
  return { ...surer, direction, pValue: Math.min(1, 2 * surer.pValue) };
}

/** A step, where up is worse. */
interface Side {
  readonly samples: StepSamples;
  readonly column: Float64Array;
  /** Infinite: beyond every number. */
  readonly p50: number;
  readonly p95: number;
}

function ownErrorOf({ samples }: Side, own: 'tailMs' | 'worstMs'): number {
  return ownErrorMs(samples.segments, samples.step.index)[own];
}

function testMiddle(a: Side, b: Side, pairs: Pairs | null, margin: number): DifferenceTest | null {
  const isBeyond = a.p50 !== b.p50 && Math.abs(b.p50 - a.p50) > margin;
  const way = isBeyond ? signOf(b.p50 - a.p50) : 0;
  const test = testNumbers(a.column, moved(b.column, -way * margin), pairs);
  const columns = { columnA: a.column, columnB: b.column };
  return test && checked(test, way, { ...columns, a: a.samples, b: b.samples, figure: medianOf });
}

/** The tail is what lies beyond p95 of that of the two where it is smaller; failed samples always do. */
function testTail(a: Side, b: Side, pairs: Pairs | null, margin: number): DifferenceTest | null {
  const from = Math.min(a.p95, b.p95) + margin;
  const columns = { columnA: beyond(a.column, from), columnB: beyond(b.column, from) };
  const way = signOf(meanOf(columns.columnB) - meanOf(columns.columnA));
  const test = testShares(
    way < 0 ? beyond(a.column, from + margin) : columns.columnA,
    way > 0 ? beyond(b.column, from + margin) : columns.columnB,
    pairs,
  );
  const rounds = { ...columns, a: a.samples, b: b.samples, figure: meanOf };
  return test && checked({ ...test, test: `${test.test}, of the tail` }, way, rounds);
}

/**
 * What is left of a difference without its margin has to have its direction. Rounds are asked about all of
 * the difference: they see themselves how much the machine drifts.
 */
function checked(test: DifferenceTest, way: -1 | 0 | 1, rounds: Rounds): DifferenceTest {
  if (way === 0 || test.direction !== way) return { ...test, pValue: 1, direction: way };
  return withRounds(test, rounds);
}

function moved(column: Float64Array, by: number): Float64Array {
  return by === 0 ? column : column.map((value) => value + by);
}

function beyond(column: Float64Array, from: number): Float64Array {
  return column.map((value) =>
    Number.isNaN(value) ? Number.NaN : value > from || value === Number.POSITIVE_INFINITY ? 1 : 0,
  );
}
