/** Which columns the table has, and what stands beside each other however narrow the terminal is. */
import { describe, expect, test } from 'vitest';
import { columnsOf } from '../../../src/gradient/report/columns.js';
import { reportLines } from '../../../src/gradient/report/terminal.js';
import type {
  GradientResult,
  MetricSummary,
  Prediction,
  StepSummary,
} from '../../../src/gradient/result.js';
import { dnsResult, tcpResult } from '../../support/gradient-results.js';

function withMetrics(
  result: GradientResult,
  change: (step: StepSummary) => Readonly<Record<string, MetricSummary>>,
): GradientResult {
  const steps = result.analysis.steps.map((step) => ({
    ...step,
    metrics: { ...step.metrics, ...change(step) },
  }));
  return { ...result, analysis: { ...result.analysis, steps } };
}

/** A transfer's: goodput is the main one, and theory expects something of connects. */
function transfers(): GradientResult {
  const result = tcpResult();
  const prediction: Prediction = { value: 116, low: 90, high: 140, model: 'SYN', outside: false };
  const metrics = result.probe.metrics.map((spec) => ({ ...spec, main: spec.name === 'goodput' }));
  const of = withMetrics(result, ({ metrics: { connect } }) => ({
    connect: { ...connect!, prediction },
  }));
  return { ...of, probe: { ...of.probe, metrics } };
}

describe('what is expected', () => {
  test('stands beside what was measured, or not at all', () => {
    const [first] = columnsOf(transfers()).filter(({ alone }) => alone?.title === 'connect mean');
    expect(first).toMatchObject({ title: 'connect', cells: expect.anything() });
    let seen = 0;
    for (let columns = 60; columns <= 220; columns++) {
      const lines = reportLines(transfers(), columns);
      const titles = lines.filter((line) => line.startsWith('step '));
      for (const title of titles) {
        if (!/connect expected|connect +expected/.test(title)) continue;
        seen++;
        expect(title).toMatch(/connect +expected|connect mean +connect expected/);
      }
    }
    expect(seen).toBeGreaterThan(50);
  });
});

describe('a share that says what `late` says', () => {
  const retried = (of: (late: MetricSummary) => MetricSummary) => {
    const result = withMetrics(dnsResult(), ({ metrics }) => ({ retried: of(metrics.late!) }));
    const spec = { ...result.probe.metrics[1]!, name: 'retried', kind: 'share' } as const;
    const probe = { ...result.probe, metrics: [...result.probe.metrics, spec] };
    return columnsOf({ ...result, probe }).map(({ title }) => title);
  };

  test('has no column', () => {
    expect(retried((late) => late)).not.toContain('retried');
    expect(retried((late) => late)).toContain('late');
  });

  test('has one where a single sample differs', () => {
    const other = (late: MetricSummary): MetricSummary =>
      late.kind === 'share' ? { ...late, count: late.count + 1 } : late;
    expect(retried(other)).toContain('retried');
  });
});

test('the legend tells what p99 is where more is better', () => {
  const [legend, usual] = [transfers(), dnsResult()].map(
    (result) => reportLines(result, 300).find((line) => line.includes('p50 to max'))!,
  );
  expect(legend).toContain(
    'p50 to max: goodput, of the transfer; p99: what 99% of the samples reach, failed ones as 0; ',
  );
  expect(usual).not.toContain('reach');
});
