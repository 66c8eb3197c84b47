/** Figures of metrics of which more is better, where the worst samples are the lowest. */
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/gradient/analysis/analyse.js';
import { judge, parseAssertion } from '../../../src/gradient/analysis/assertions.js';
import { StepSamples } from '../../../src/gradient/analysis/samples.js';
import { summaryOf } from '../../../src/gradient/analysis/summaries.js';
import { FAILED } from '../../../src/gradient/probe/probe.js';
import { GOODPUT, LATENCY, probe, record, segment, stepsOf, type Values } from './records.js';

const { steps, rules } = stepsOf(['20%']);
const MAIN = { ...GOODPUT, main: true };

/** Of which each has a goodput, or failed. */
function transfers(goodputs: Values) {
  const ofStep = (step: number, values: Values) =>
    segment(step, values, { values: { goodput: values } });
  const segments = [ofStep(0, [9e6]), ofStep(1, goodputs)];
  return record(steps, segments, probe([MAIN, FAILED], { kind: 'tcp' }));
}

function goodputOf(goodputs: Values) {
  const summary = summaryOf(MAIN, new StepSamples(transfers(goodputs), steps[1]!));
  if (summary.kind !== 'number') throw new Error('goodput is a number');
  return summary;
}

describe('a goodput', () => {
  test('has a p95 that 95 % of the samples reach, and a p99 that 99 % do', () => {
    const summary = goodputOf(Array.from({ length: 1_000 }, (_, i) => i + 1));
    expect(summary).toMatchObject({ max: 1_000, mean: { value: 500.5 } });
    // 1,000, 999 … 51 are 950 samples.
    expect(summary.p50?.value).toBe(501);
    expect(summary.p95?.value).toBe(51);
    expect(summary.p99?.value).toBe(11);
    for (const { low, value, high } of [summary.p50!, summary.p95!, summary.p99!]) {
      expect(low).toBeLessThan(value!);
      expect(high).toBeGreaterThan(value!);
    }
  });

  test('is 0 of a transfer that failed, which means leave out', () => {
    const summary = goodputOf([...Array<number>(24).fill(3e6), ...Array<null>(6).fill(null)]);
    expect(summary).toMatchObject({ count: 24, mean: { value: 3e6 }, p50: { value: 3e6 } });
    expect([summary.p95?.value, summary.p99?.value]).toEqual([0, 0]);
    const none = goodputOf([null, null]);
    expect(none).toMatchObject({ count: 0, mean: null, max: null, p50: { value: 0 } });
  });

  test('is not asserted by the best of its transfers', () => {
    const of = transfers([...Array<number>(24).fill(3e6), ...Array<null>(6).fill(null)]);
    const assertion = parseAssertion('tcp.p99 > 2mbit at 20%', [MAIN, FAILED], 'tcp', steps);
    expect(judge(assertion, of, analyse(of, rules))).toMatchObject({ passed: false });
    const all = transfers(Array<number>(30).fill(3e6));
    expect(judge(assertion, all, analyse(all, rules))).toMatchObject({ passed: true });
  });

  test('ranks transfers that failed below all others, and times above', () => {
    const samples = new StepSamples(transfers([5, null, 7]), steps[1]!);
    expect([...samples.ranked(MAIN)]).toEqual([5, 0, 7]);
    expect([...samples.ranked(LATENCY)]).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
    const neither = { ...GOODPUT, better: null };
    expect([...samples.ranked(neither)]).toEqual([5, Number.NaN, 7]);
  });
});
