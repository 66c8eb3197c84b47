/** Which charts a result has, and what is drawn in them. */
import { describe, expect, test } from 'vitest';
import { figuresOf } from '../../../src/gradient/report/html-charts.js';
import type { CurvesChart, StepsChart } from '../../../src/gradient/report/html-page-data.js';
import type { GradientResult } from '../../../src/gradient/result.js';
import * as results from '../../support/gradient-results.js';

function titles(result: GradientResult): string[] {
  return figuresOf(result).map(({ title }) => title);
}

function stepsChart(result: GradientResult, title: string): StepsChart {
  const chart = figuresOf(result).find((figure) => figure.title === title)?.chart;
  if (chart?.kind !== 'steps') throw new Error(`no chart of steps "${title}"`);
  return chart;
}

function curvesChart(result: GradientResult, title: string): CurvesChart {
  const chart = figuresOf(result).find((figure) => figure.title === title)?.chart;
  if (chart?.kind !== 'curves') throw new Error(`no curves "${title}"`);
  return chart;
}

describe('the charts', () => {
  test('are the main metric, failures, what changes or is expected, realized, distribution, series', () => {
    expect(titles(results.tcpResult())).toEqual([
      'connect by loss',
      'failed by loss',
      'goodput by loss',
      'retransmitted by loss',
      'loss, realized against configured',
      'connect, its distribution at each step',
      'cwnd over time',
      'rtt over time',
    ]);
  });

  test('fill their rows: an odd number begins with a wide one', () => {
    for (const make of Object.values(results.GRADIENT_RESULTS)) {
      const narrow = figuresOf(make()).filter(({ isWide }) => !isWide);
      expect(narrow.length % 2).toBe(0);
    }
  });

  test('leave out a metric that no sample has', () => {
    expect(titles(results.allFailedResult())).toEqual([
      'failed by loss',
      'loss, realized against configured',
    ]);
  });

  test('are none without steps', () => {
    const result = results.dnsResult();
    expect(figuresOf({ ...result, analysis: { steps: [], knees: [] } })).toEqual([]);
  });
});

describe('a chart over the steps', () => {
  test('has lines with intervals, the knee, and what was measured in words', () => {
    const result = results.dnsResult();
    const chart = stepsChart(result, 'latency by loss');
    expect(chart.lines.map(({ name }) => name)).toEqual(['p50', 'p95', 'p99']);
    expect(chart.knees).toEqual([{ at: 3, text: 'knee of p99' }]);
    const [step] = result.analysis.steps;
    const latency = step!.metrics.latency!;
    if (latency.kind !== 'number') throw new Error('latency is a number');
    const [p50] = chart.lines;
    expect([p50!.values[0], p50!.low[0], p50!.high[0]]).toEqual([
      latency.p50!.value,
      latency.p50!.low,
      latency.p50!.high,
    ]);
    const { words } = figuresOf(result)[0]!;
    expect(words).toMatch(/^baseline: p50 20\.\dms \(.*1%: .* knee of p99; 2\.5%: /);
  });

  test('has the prediction of a share, and of a mean beside the mean', () => {
    const late = stepsChart(results.dnsResult(), 'late by loss');
    expect(late.prediction?.values[3]).toBeCloseTo(0.0199 * 0.9801, 9);
    const goodput = stepsChart(results.tcpResult(), 'goodput by loss');
    expect(goodput.prediction?.name).toBe('mean expected (99%)');
    expect(goodput.lines[0]?.name).toBe('mean');
    // Theory says nothing of a link without loss.
    expect(goodput.prediction?.values[0]).toBeNull();
  });

  test('marks quantiles that are beyond every number', () => {
    const chart = stepsChart(results.infiniteP99Result(), 'latency by loss');
    const p99 = chart.lines[2]!;
    expect(p99.beyond.at(-1)).toBe(true);
    expect(p99.values.at(-1)).toBeNull();
    expect(p99.texts.at(-1)).toMatch(/^failed/);
    expect(chart.lines[0]!.beyond).not.toContain(true);
  });

  test('is logarithmic where times span much', () => {
    expect(stepsChart(results.quicResult(), 'handshake by loss').y.log).toBe(true);
    expect(stepsChart(results.dnsResult(), 'latency by loss').y.log).toBe(false);
    expect(stepsChart(results.dnsResult(), 'late by loss').y.log).toBe(false);
  });

  test('shows what was realized in the unit of what is stepped', () => {
    const loss = stepsChart(results.dnsResult(), 'loss, realized against configured');
    expect(loss.y.unit).toBe('share');
    expect(loss.prediction?.values).toEqual([null, 0.001, 0.005, 0.01, 0.025, 0.05]);
    const delay = stepsChart(results.commandResult(), 'delay, realized against configured');
    expect(delay.y.unit).toBe('time');
    expect(delay.prediction?.values).toEqual([null, 20, 50, 100, 1_000]);
  });
});

describe('curves', () => {
  test('are the empirical distribution, and never reach what failed', () => {
    const result = results.quicResult();
    const { grid, curves, x } = curvesChart(result, 'handshake, its distribution at each step');
    expect(x.log).toBe(true);
    const last = result.segments.find(({ step }) => step === 4)!;
    const reached = last.failure.filter((failure) => failure < 0).length / last.index.length;
    expect(curves[4]!.values.at(-1)).toBeCloseTo(reached, 5);
    const place = 120;
    const within = last.index.filter(
      (_, row) => last.failure[row]! < 0 && last.values.handshake![row]! <= grid[place]!,
    );
    expect(curves[4]!.values[place]).toBeCloseTo(within.length / last.index.length, 1);
    for (const { values } of curves) {
      expect(values).toEqual([...values].sort((a, b) => a! - b!));
    }
  });

  test('are as small for many samples as for few', () => {
    const result = results.dnsResult();
    const more = { ...result, segments: Array.from({ length: 20 }, () => result.segments).flat() };
    const size = (of: GradientResult) => JSON.stringify(figuresOf(of)).length;
    expect(size(more)).toBeLessThan(1.05 * size(result));
  });

  test('hold the last value of a series, and end with it', () => {
    const result = results.tcpResult();
    const { curves, y } = curvesChart(result, 'cwnd over time');
    expect(y.unit).toBe('bytes');
    const [series] = result.segments.find(({ step }) => step === 0)!.series;
    expect(curves[0]!.values.find((value) => value !== null)).toBe(series!.columns.cwndBytes![0]);
    expect(curves.map(({ name }) => name)).toEqual(result.steps.map(({ label }) => label));
  });
});
