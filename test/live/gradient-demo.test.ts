/**
 * `netemu gradient --demo`: what was asked for has happened on the wire, and services behave as theory says.
 * The seeds are fixed, so that the same packets are lost each time; only a machine that stands still can
 * change what is measured, and then it is measured again.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Comparison } from '../../src/gradient/analysis/comparison.js';
import type {
  GradientResult,
  NumberSummary,
  Prediction,
  SegmentRecord,
} from '../../src/gradient/result.js';
import { binomialInterval, clopperPearson } from '../../src/netem/interval.js';
import { REPORTS, segmentOf, test } from '../support/gradient-runs.js';
import { rememberState } from '../support/untouched.js';

/** Of the demo's link, and before its second query. */
const RTT_MS = 20;
const WAIT_MS = 100;

const COMPARE = ['gradient', 'compare', '--json'];

/** Of which no handshake takes longer than some seconds. */
const QUIC_SEED = '6';
/** Its first timeout. */
const QUIC_SECOND_MS = 999;
/** Behind a rung of the ladder: the round trip, the programs, and a busy machine. */
const RUNG_MS = 450;

function column(segment: SegmentRecord, name: string): (number | null)[] {
  return [...segment.values[name]!];
}

/** The indices of the samples that have the property. */
function those(segment: SegmentRecord, name: string): number[] {
  return column(segment, name).flatMap((value, at) => (value === 1 ? [at] : []));
}

function predictionOf(result: GradientResult, step: number, metric: string): Prediction {
  const { prediction } = result.analysis.steps[step]!.metrics[metric]!;
  if (prediction === null) throw new Error(`nothing is predicted of ${metric} at ${step}`);
  return prediction;
}

/** Of a share: as the formula says, and measured within the 99 % interval around that. */
function expectShare(result: GradientResult, step: number, metric: string, probability: number) {
  const summary = result.analysis.steps[step]!.metrics[metric]!;
  if (summary.kind !== 'share') throw new Error(`${metric} is no share`);
  const what = `${metric} at ${result.steps[step]!.label}`;
  const prediction = predictionOf(result, step, metric);
  expect(prediction.value, what).toBeCloseTo(probability, 6);
  expect(prediction.outside, what).toBe(false);
  const [low, high] = binomialInterval(summary.of, probability, 0.99);
  expect(summary.count, what).toBeGreaterThanOrEqual(low);
  expect(summary.count, what).toBeLessThanOrEqual(high);
  expect(summary.share!.value, what).toBeGreaterThanOrEqual(prediction.low);
  expect(summary.share!.value, what).toBeLessThanOrEqual(prediction.high);
}

/** Each direction, from the emulator's own counters. */
function expectRealized(result: GradientResult): void {
  for (const { step, value, label, realized } of result.analysis.steps) {
    expect(realized.map(({ direction, within99 }) => [direction, within99])).toEqual([
      ['out', true],
      ['in', true],
    ]);
    const { traffic } = segmentOf(result, step);
    for (const direction of ['out', 'in'] as const) {
      const { seen, dropped } = traffic![direction];
      const [low, high] = clopperPearson(dropped.loss, seen, 0.99);
      expect(value, `${direction} at ${label}`).toBeGreaterThanOrEqual(low);
      expect(value, `${direction} at ${label}`).toBeLessThanOrEqual(high);
    }
  }
}

test('dns: lost as asked, late and failed as predicted, the same lookups at each step', async ({
  lab,
  gradients,
}) => {
  const untouched = await rememberState(lab);
  const count = 600;
  const { code, stdout, stderr, result, folder } = await gradients.undisturbed(
    WAIT_MS / 3,
    ...['--demo', 'dns', '--steps', 'loss 5%,20%', '--count', String(count)],
    ...['--warmup', '300ms', '--seed', '1'],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(readdirSync(folder).sort()).toEqual(REPORTS);
  expect(stdout).toMatch(new RegExp(`\nreport: ${join(folder, 'report.html')}\n$`));
  expect(result).toMatchObject({ complete: true, paired: true, seed: '1', steppedKey: 'loss' });
  const labels = result.steps.map(({ label }) => label);
  expect(labels).toEqual(['baseline', '5%', '20%']);
  // A row of the table begins with each, and has its samples.
  for (const label of labels) expect(stdout).toMatch(new RegExp(`^${label} .*%`, 'm'));
  expectRealized(result);
  for (const { index: step, value } of result.steps) {
    const segment = segmentOf(result, step);
    expect(segment.index).toEqual(Array.from({ length: count }, (_, index) => index));
    if (step === 0) continue;
    // A lookup is late when its first query or the answer to it is lost, and fails when the second are, too.
    const late = 1 - (1 - value) ** 2;
    expectShare(result, step, 'late', late);
    expectShare(result, step, 'failed', late ** 2);
  }
  // The seed is shared: what is lost at 5 % is lost at 20 % as well, sample by sample.
  const [few, many] = [1, 2].map((step) => those(segmentOf(result, step), 'late'));
  expect(few.filter((index) => !many.includes(index))).toEqual([]);
  expect(few.length).toBeGreaterThan(0);
  expect(many.length).toBeGreaterThan(few.length);
  for (const segment of result.segments) {
    const times = column(segment, 'latency');
    const late = those(segment, 'late');
    for (const [index, ms] of times.entries()) {
      const least = late.includes(index) ? WAIT_MS : RTT_MS;
      if (ms !== null) expect(ms, `sample ${index}`).toBeGreaterThanOrEqual(least);
    }
  }
  await untouched.check();

  const file = join(folder, 'results.json');
  const { code: same, stdout: comparison } = await lab.netemu(...COMPARE, file, file).finished;
  expect(same).toBe(0);
  expect(JSON.parse(comparison)).toMatchObject({ regressions: 0, improvements: 0, paired: true });
  // What was measured at 20 % as if it were that of 5 %.
  const swapped = join(gradients.folder, 'swapped.json');
  const exchange = <T extends { step: number }>(each: readonly T[]): T[] =>
    each.map((one) => ({ ...one, step: [0, 2, 1][one.step]! }));
  const analysis = { ...result.analysis, steps: exchange(result.analysis.steps) };
  const segments = exchange(result.segments);
  writeFileSync(swapped, JSON.stringify({ ...result, segments, analysis }));
  const { code: worse, stdout: lines } = await lab.netemu(...COMPARE, file, swapped).finished;
  expect(worse).toBe(1);
  const { rows } = JSON.parse(lines) as Comparison;
  const verdictOf = (label: string, metric: string) =>
    rows.filter((row) => row.label === label && row.metric === metric)[0]?.verdict;
  expect(verdictOf('5%', 'late')).toBe('worse');
  expect(verdictOf('20%', 'late')).toBe('better');
});

test('quic: handshakes cluster at the seconds of its ladder', async ({ gradients }) => {
  const { code, stderr, result } = await gradients.undisturbed(
    RUNG_MS / 2,
    ...['--demo', 'quic', '--steps', 'loss 30%', '--count', '40', '--warmup', '0'],
    ...['--seed', QUIC_SEED],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(result.probe.program).toMatch(/^gtlsclient /);
  expectRealized(result);
  const [ideal, lossy] = result.segments;
  expect(ideal.failureReasons).toEqual([]);
  expect(those(ideal, 'late')).toEqual([]);
  expectShare(result, 1, 'late', 1 - 0.7 ** 2);
  const times = column(lossy, 'handshake').flatMap((ms) => (ms === null ? [] : [ms]));
  const rungs = times.map((ms) => Math.floor((ms - RTT_MS) / QUIC_SECOND_MS));
  const behind = times.map((ms, at) => ms - rungs[at] * QUIC_SECOND_MS);
  expect(Math.min(...behind)).toBeGreaterThanOrEqual(RTT_MS);
  expect(Math.max(...behind)).toBeLessThan(RUNG_MS);
  const tally = [0, 1, 3].map((rung) => rungs.filter((each) => each === rung).length);
  // In 99 of 100 such ladders: binomial with 49 %, 32 % and 8 %.
  expect(tally[0]).toBeGreaterThanOrEqual(11);
  expect(tally[1]).toBeGreaterThanOrEqual(5);
  expect(tally[2]).toBeGreaterThanOrEqual(1);
  expect(those(lossy, 'late')).toHaveLength(40 - tally[0]);
});

test('tcp and http, side by side: goodput, course and retransmissions under loss only', async ({
  lab,
  gradients,
}) => {
  const untouched = await rememberState(lab);
  const ladder = ['--steps', 'loss 2%,5%', '--warmup', '0', '--seed', '4'];
  const [tcp, http] = await Promise.all([
    gradients.undisturbed(WAIT_MS, '--demo', 'tcp', '--count', '2', ...ladder),
    gradients.undisturbed(WAIT_MS, '--demo', 'http', '--count', '8', ...ladder),
  ]);
  for (const { code, stderr, result } of [tcp, http]) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(result.complete).toBe(true);
    expectRealized(result);
    for (const { metrics, samples, failures } of result.analysis.steps) {
      expect(failures).toEqual({});
      expect(metrics.goodput).toMatchObject({ kind: 'number', count: samples });
      expect((metrics.goodput as NumberSummary).p50!.value).toBeGreaterThan(1e5);
    }
  }
  // Uploads are the near end's, answers the far end's.
  const retransmitted = (result: GradientResult, counter: string) =>
    result.analysis.steps.map(({ system }) => system[counter] ?? 0);
  const [none, some, more] = retransmitted(tcp.result, 'Tcp.RetransSegs');
  expect(none).toBe(0);
  expect(some).toBeGreaterThan(5);
  expect(more).toBeGreaterThan(some!);
  const [noneBack, , moreBack] = retransmitted(http.result, 'far Tcp.RetransSegs');
  expect(noneBack).toBe(0);
  expect(moreBack).toBeGreaterThan(0);
  for (const { series } of tcp.result.segments) {
    expect(series.map(({ index }) => index)).toEqual([0, 1]);
    for (const { atMs, columns } of series) {
      expect(atMs.length).toBeGreaterThan(2);
      expect(atMs).toEqual(atMs.toSorted((a, b) => a - b));
      for (const name of ['cwndBytes', 'rttMs']) expect(columns[name]).toHaveLength(atMs.length);
      // From SYN to answer nothing is quicker than the link.
      const rtts = columns.rttMs!.flatMap((ms) => (ms === null ? [] : [ms]));
      expect(Math.min(...rtts)).toBeGreaterThanOrEqual(RTT_MS);
    }
  }
  await untouched.check();
});
