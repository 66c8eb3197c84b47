/**
 * A ladder of rates as it is reported: its baseline has no rate, so that the 0 which stands for it is no
 * value of the axis, of the table or of a trend.
 */
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../src/gradient/analysis/analyse.js';
import { FAILED } from '../../../src/gradient/probe/probe.js';
import { figuresOf } from '../../../src/gradient/report/html-charts.js';
import { documentOf } from '../../../src/gradient/report/html-document.js';
import type { StepsChart } from '../../../src/gradient/report/html-page-data.js';
import { reportLines } from '../../../src/gradient/report/terminal.js';
import type { GradientResult } from '../../../src/gradient/result.js';
import { parseRule } from '../../../src/rules/parse.js';
import { counts, GOODPUT, probe, record, segment, traffic } from '../analysis/records.js';

const NO_ASSETS = { scripts: [], styles: [], notice: '' };

/** Transfers at 0.95 of the rate, 80 Mbit/s without one. */
function result(labels = ['10mbit', '5mbit', '2mbit', '1mbit']): GradientResult {
  const texts = ['tcp', ...labels.map((label) => `tcp rate ${label}`)];
  const rules = texts.map((text) => parseRule(text));
  const steps = ['baseline', ...labels].map((label, index) => ({
    ...{ index, label, rule: texts[index]! },
    value: index === 0 ? 0 : Number.parseFloat(label) * 1e6,
  }));
  const segments = steps.map(({ index, value }) => {
    const goodput = Array.from({ length: 20 }, (_, i) => 0.95 * (value || 80e6) + i);
    const rate = {
      configured: value,
      realized: value,
      ci95: [value * 0.99, value * 1.01] as const,
    };
    const measured = index === 0 ? {} : { rate };
    return segment(index, goodput, {
      values: { goodput },
      traffic: traffic(counts(500), counts(300), measured),
    });
  });
  const of = record(steps, segments, {
    ...{ rule: 'tcp', ladder: `rate ${labels.join()}`, steppedKey: 'rate' },
    ...probe([{ ...GOODPUT, main: true }, FAILED], { kind: 'tcp' }),
  });
  return { ...of, analysis: analyse(of, rules), assertions: [] };
}

function chartOf(of: GradientResult, title: string): StepsChart {
  const chart = figuresOf(of).find((figure) => figure.title === title)?.chart;
  if (chart?.kind !== 'steps') throw new Error(`no chart of steps "${title}"`);
  return chart;
}

test('the table has no rate in the row of the baseline', () => {
  expect(`\n${reportLines(result(), 90).slice(3).join('\n')}\n`).toMatchInlineSnapshot(`
    "

    step            realized  failed         p50         p95         p99       change       p
    baseline                      0%  76.0Mbit/s  76.0Mbit/s  76.0Mbit/s
    10mbit    10.0Mbit/s / –      0%  9.50Mbit/s  9.50Mbit/s  9.50Mbit/s  -66.5Mbit/s  <0.001
    5mbit     5.00Mbit/s / –      0%  4.75Mbit/s  4.75Mbit/s  4.75Mbit/s  -71.3Mbit/s  <0.001
    2mbit     2.00Mbit/s / –      0%  1.90Mbit/s  1.90Mbit/s  1.90Mbit/s  -74.1Mbit/s  <0.001
    1mbit     1.00Mbit/s / –      0%   950kbit/s   950kbit/s   950kbit/s  -75.0Mbit/s  <0.001

    step                  realized 95%  failed 95%  goodput mean
    baseline                               0–16.1%    76.0Mbit/s
    10mbit         9.90–10.1Mbit/s / –     0–16.1%    9.50Mbit/s
    5mbit          4.95–5.05Mbit/s / –     0–16.1%    4.75Mbit/s
    2mbit          1.98–2.02Mbit/s / –     0–16.1%    1.90Mbit/s
    1mbit     990kbit/s–1.01Mbit/s / –     0–16.1%     950kbit/s

    a / b: out and in; p50 to max: goodput, of the transfer; p99: what 99% of the samples
      reach, failed ones as 0; change: of its median; =: none beyond chance and the machine's
      own
    "
  `);
});

describe('the page', () => {
  test('has the baseline apart, whichever way the ladder goes', () => {
    const down = chartOf(result(), 'goodput by rate').x;
    expect(down).toMatchObject({
      broken: true,
      labels: ['baseline', '10mbit', '5mbit', '2mbit', '1mbit'],
    });
    const up = chartOf(result(['1mbit', '2mbit', '5mbit', '10mbit']), 'goodput by rate').x;
    expect(up.broken).toBe(true);
    expect(up.at.slice(0, 2)).toEqual([0, 0.2]);
  });

  test('configures and realizes nothing in the baseline', () => {
    const chart = chartOf(result(), 'rate, realized against configured');
    expect(chart.prediction?.values).toEqual([null, 10e6, 5e6, 2e6, 1e6]);
    expect(chart.lines.map(({ name, values }) => [name, values[0], values[1]])).toEqual([
      ['out', null, 10e6],
    ]);
    expect(chart.y).toMatchObject({ unit: 'bitrate', log: false });
  });

  test('can be written', () => {
    expect(documentOf(result(), NO_ASSETS)).not.toMatch(/NaN|undefined|−∞/);
  });
});

test('there is no knee between no rate and the first', () => {
  expect(result().analysis.knees).toEqual([]);
});
