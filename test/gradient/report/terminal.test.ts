import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reportLines } from '../../../src/gradient/report/terminal.js';
import type { GradientResult } from '../../../src/gradient/result.js';
import {
  allFailedResult,
  commandResult,
  cutShortResult,
  dnsResult,
  GRADIENT_RESULTS,
  infiniteP99Result,
} from '../../support/gradient-results.js';

const results = Object.entries(GRADIENT_RESULTS).map(([name, make]) => ({ name, result: make() }));

function printed(result: GradientResult, columns: number): string {
  return ['', ...reportLines(result, columns), ''].join('\n');
}

test('80 columns: intervals in a second table, findings below', () => {
  expect(printed(dnsResult(), 80)).toMatchInlineSnapshot(`
    "
    dns://198.18.0.2/example.com?timeout=100ms&attempts=2
    under any delay 10ms, stepping loss 0.1%,0.5%,1%,2.5%,5%
    seed 7f3a, paired, 2 rounds, interleaved, 600 samples a step, demo

    step      realized  failed    late  expected     p50     p95     p99   change
    baseline        0%      0%      0%        0%  20.4ms  21.8ms  22.1ms
    0.1%       0.0833%      0%  0.333%      0.2%  20.4ms  21.9ms  22.1ms        =
    0.5%        0.625%      0%    1.5%    0.988%  20.4ms  22.0ms   120ms        =
    1%           1.25%      0%   2.83%     1.95%  20.4ms  22.1ms   120ms  +25.6µs
    2.5%         3.08%  0.333%      6%     4.69%  20.4ms   120ms   121ms  +58.7µs
    5%           5.54%  0.333%   9.17%      8.8%  20.5ms   120ms   122ms  +84.1µs

    step       realized 95%   failed 95%  failed expected     late 95%  latency mean
    baseline       0–0.154%     0–0.613%               0%     0–0.613%        20.7ms
    0.1%      0.0101–0.301%     0–0.613%          0.0004%  0.0404–1.2%        21.0ms
    0.5%         0.35–1.03%     0–0.613%            0.01%  0.688–2.83%        22.2ms
    1%          0.845–1.78%     0–0.613%          0.0396%    1.66–4.5%        23.5ms
    2.5%         2.43–3.86%  0.0404–1.2%           0.244%   4.24–8.21%        26.7ms
    5%           4.66–6.53%  0.0404–1.2%           0.951%   6.98–11.8%        29.9ms

    p50 to max: latency, to the answer; change: of its median; =: none beyond chance
      and the machine's own

    knee: latency p99 departs from its trend at 1%: 121ms, where the steps before
      lead to 22.1ms
    warning: at 5%: the emulator released packets late: 1.2ms at p99
    failed, timeout: 2 at 2.5%, 2 at 5%
    system, Udp.InErrors: 6 at 2.5%, 24 at 5%
    system, Udp.RcvbufErrors: 24 at 5%
    passed: dns.p95 < 200ms at 1%
    FAILED: dns.late < 1%
      at 1%: late is 1.67%, not below 1%
      at 2.5%: late is 4.17%, not below 1%
    "
  `);
});

test('60 columns: the columns that say least are gone', () => {
  expect(printed(dnsResult(), 60)).toMatchInlineSnapshot(`
    "
    dns://198.18.0.2/example.com?timeout=100ms&attempts=2
    under any delay 10ms, stepping loss 0.1%,0.5%,1%,2.5%,5%
    seed 7f3a, paired, 2 rounds, interleaved, 600 samples a
      step, demo

    step      realized  failed    late     p50     p99   change
    baseline        0%      0%      0%  20.4ms  22.1ms
    0.1%       0.0833%      0%  0.333%  20.4ms  22.1ms        =
    0.5%        0.625%      0%    1.5%  20.4ms   120ms        =
    1%           1.25%      0%   2.83%  20.4ms   120ms  +25.6µs
    2.5%         3.08%  0.333%      6%  20.4ms   121ms  +58.7µs
    5%           5.54%  0.333%   9.17%  20.5ms   122ms  +84.1µs

    step       realized 95%   failed 95%     late 95%
    baseline       0–0.154%     0–0.613%     0–0.613%
    0.1%      0.0101–0.301%     0–0.613%  0.0404–1.2%
    0.5%         0.35–1.03%     0–0.613%  0.688–2.83%
    1%          0.845–1.78%     0–0.613%    1.66–4.5%
    2.5%         2.43–3.86%  0.0404–1.2%   4.24–8.21%
    5%           4.66–6.53%  0.0404–1.2%   6.98–11.8%

    p50 to max: latency, to the answer; change: of its median;
      =: none beyond chance and the machine's own

    knee: latency p99 departs from its trend at 1%: 121ms, where
      the steps before lead to 22.1ms
    warning: at 5%: the emulator released packets late: 1.2ms at
      p99
    failed, timeout: 2 at 2.5%, 2 at 5%
    system, Udp.InErrors: 6 at 2.5%, 24 at 5%
    system, Udp.RcvbufErrors: 24 at 5%
    passed: dns.p95 < 200ms at 1%
    FAILED: dns.late < 1%
      at 1%: late is 1.67%, not below 1%
      at 2.5%: late is 4.17%, not below 1%
    "
  `);
});

test('120 columns: what lies outside of its prediction is marked and explained', () => {
  expect(printed(infiniteP99Result(), 120)).toMatchInlineSnapshot(`
    "
    dns://198.18.0.2/example.com?timeout=100ms&attempts=2
    under any delay 10ms, stepping loss 0.1%,0.5%,1%,2.5%,5%
    seed 7f3a, paired, 2 rounds, interleaved, 600 samples a step, demo

    step      realized   failed  95% interval  expected    late  expected     p50     p95     p99   change       p
    baseline        0%      0%       0–0.613%        0%      0%        0%  20.4ms  22.0ms  22.1ms
    0.1%       0.0833%  0.333%!   0.0404–1.2%   0.0004%  0.167%      0.2%  20.4ms  22.0ms  22.1ms        =    0.22
    0.5%        0.625%   1.17%!    0.47–2.39%     0.01%  0.842%    0.988%  20.4ms  22.1ms  failed  +5.65µs  0.0025
    1%           1.25%   2.83%!     1.66–4.5%   0.0396%   2.23%     1.95%  20.4ms  22.2ms  failed  +20.8µs  <0.001
    2.5%         3.08%   5.83%!     4.1–8.02%    0.244%   5.47%     4.69%  20.5ms  failed  failed  +49.3µs  <0.001
    5%           5.54%    9.5%!    7.27–12.1%    0.951%   7.45%      8.8%  20.5ms  failed  failed  +0.10ms  <0.001

    step       realized 95%       late 95%  latency mean
    baseline       0–0.154%       0–0.613%        20.7ms
    0.1%      0.0101–0.301%  0.0042–0.927%        20.9ms
    0.5%         0.35–1.03%    0.274–1.95%        21.5ms
    1%          0.845–1.78%     1.19–3.78%        22.9ms
    2.5%         2.43–3.86%     3.74–7.67%        26.2ms
    5%           4.66–6.53%      5.4–9.98%        28.3ms

    p50 to max: latency, to the answer; change: of its median; =: none beyond chance and the machine's own; !: not as
      expected

    ! failed is not as expected: either the service or the assumption differs (each of 2 tries is lost unless query and
      answer both pass)
      at 0.1%: 0.333%, expected 0.0004% (0–0.0214)
      at 0.5%: 1.17%, expected 0.01% (0–0.115)
      at 1%: 2.83%, expected 0.0396% (0–0.249)
      at 2.5%: 5.83%, expected 0.244% (0–0.762)
      at 5%: 9.5%, expected 0.951% (0–1.97)
    failed, timeout: 2 at 0.1%, 6 at 0.5%, 14 at 1%, 28 at 2.5%, 46 at 5%
    failed, servfail: 1 at 0.5%, 3 at 1%, 7 at 2.5%, 11 at 5%
    "
  `);
});

test('200 columns: everything in one table', () => {
  const lines = printed(dnsResult(), 200).split('\n');
  expect(lines.slice(5, 12).join('\n')).toMatchInlineSnapshot(`
    "step      realized   95% interval  failed  95% interval  expected    late  95% interval  expected     p50     p95     p99     max    mean  tries   change       p
    baseline        0%       0–0.154%      0%      0–0.613%        0%      0%      0–0.613%        0%  20.4ms  21.8ms  22.1ms  22.2ms  20.7ms      1
    0.1%       0.0833%  0.0101–0.301%      0%      0–0.613%   0.0004%  0.333%   0.0404–1.2%      0.2%  20.4ms  21.9ms  22.1ms   120ms  21.0ms      1        =    0.37
    0.5%        0.625%     0.35–1.03%      0%      0–0.613%     0.01%    1.5%   0.688–2.83%    0.988%  20.4ms  22.0ms   120ms   121ms  22.2ms   1.01        =   0.011
    1%           1.25%    0.845–1.78%      0%      0–0.613%   0.0396%   2.83%     1.66–4.5%     1.95%  20.4ms  22.1ms   120ms   122ms  23.5ms   1.03  +25.6µs  <0.001
    2.5%         3.08%     2.43–3.86%  0.333%   0.0404–1.2%    0.244%      6%    4.24–8.21%     4.69%  20.4ms   120ms   121ms   122ms  26.7ms   1.06  +58.7µs  <0.001
    5%           5.54%     4.66–6.53%  0.333%   0.0404–1.2%    0.951%   9.17%    6.98–11.8%      8.8%  20.5ms   120ms   122ms   122ms  29.9ms   1.09  +84.1µs  <0.001"
  `);
  expect(lines.filter((line) => line.startsWith('baseline'))).toHaveLength(1);
});

test('what a command measures stays beside its quantiles', () => {
  expect(printed(commandResult(), 80)).toMatchInlineSnapshot(`
    "
    dnsperf -s 198.18.0.2 -d names.txt -l 1
    under any delay 10ms, stepping delay 20ms,50ms,100ms,1s
    seed 7f3a, paired, 3 rounds, interleaved, 24 samples a step, on eth9, wlan9 in
      lab

    step      realized  failed  completed    p50     p99  latencyMean   change
    baseline    40.0µs      0%       100%  1.01s   1.01s       0.23ms
    20ms        20.0ms      0%       100%  1.05s   1.05s       40.2ms  +40.0ms
    50ms        50.0ms      0%       100%  1.11s   1.11s        100ms   +100ms
    100ms        100ms      0%       100%  1.21s   1.21s        200ms   +200ms
    1s           1.00s   29.2%      70.8%  3.01s  failed        2.00s   +2.00s

    step      realized 95%  failed 95%  completed 95%  duration mean
    baseline   31.0–49.0µs     0–14.2%      85.8–100%          1.01s
    20ms       20.0–20.0ms     0–14.2%      85.8–100%          1.05s
    50ms       50.0–50.0ms     0–14.2%      85.8–100%          1.11s
    100ms        100–100ms     0–14.2%      85.8–100%          1.21s
    1s          1.00–1.00s  12.6–51.1%     48.9–87.4%          3.01s

    p50 to max: duration, of the command; change: of its median; =: none beyond
      chance and the machine's own

    failed, exit 3: 7 at 1s
    "
  `);
});

test('a measurement that was cut short says so, and why', () => {
  expect(printed(cutShortResult(), 80)).toMatchInlineSnapshot(`
    "
    dns://198.18.0.2/example.com?timeout=100ms&attempts=2
    under any delay 10ms, stepping loss 0.1%,0.5%,1%,2.5%,5%
    seed 7f3a, paired, 2 rounds, interleaved, demo
    cut short: 7 of 12 parts are whole

    step         realized  failed   late  expected     p50     p95     p99  change
    baseline           0%      0%     0%        0%  20.4ms  21.6ms  22.1ms
    0.1%               0%      0%     0%      0.2%  20.4ms  21.6ms  21.8ms       =
    0.5%      0.625% / 0%      0%  1.96%    0.988%  20.5ms  21.7ms   120ms       =
    1%         0% / 1.25%      0%     5%     1.95%  20.6ms  21.8ms   120ms       =
    2.5%            4.38%      0%   7.5%     4.69%  20.6ms   120ms   121ms       =
    5%              8.75%      0%   7.5%      8.8%  20.6ms   120ms   121ms       =

    step                realized 95%  failed 95%      late 95%  latency mean
    baseline                 0–1.15%     0–4.51%       0–4.51%        20.6ms
    0.1%                     0–1.15%     0–5.52%       0–5.52%        20.6ms
    0.5%      0.0158–3.43% / 0–2.28%     0–6.98%  0.0496–10.4%        22.6ms
    1%        0–4.51% / 0.0316–6.77%     0–8.81%   0.611–16.9%        25.7ms
    2.5%                  1.78–8.81%     0–8.81%    1.57–20.4%        28.2ms
    5%                    4.87–14.2%     0–8.81%    1.57–20.4%        28.2ms

    a / b: out and in; p50 to max: latency, to the answer; change: of its median; =:
      none beyond chance and the machine's own

    error: at 0.1%: the resolver at 198.18.0.2 has gone: connection refused
    "
  `);
});

test('a service that never answers', () => {
  expect(printed(allFailedResult(), 60)).toMatchInlineSnapshot(`
    "
    dns://198.18.0.2/example.com?timeout=100ms&attempts=2
    under any delay 10ms, stepping loss 0.1%,0.5%,1%,2.5%,5%
    seed 7f3a, paired, 2 rounds, interleaved, 100 samples a
      step, demo

    step       realized  failed     p50     p95     p99  change
    baseline         0%   100%!  failed  failed  failed
    0.1%             0%   100%!  failed  failed  failed       =
    0.5%      0.5% / 0%   100%!  failed  failed  failed       =
    1%             0.5%   100%!  failed  failed  failed       =
    2.5%          3.25%   100%!  failed  failed  failed       =
    5%             5.5%   100%!  failed  failed  failed       =

    step                realized 95%  failed 95%
    baseline                0–0.918%   96.4–100%
    0.1%                    0–0.918%   96.4–100%
    0.5%      0.0127–2.75% / 0–1.83%   96.4–100%
    1%                  0.0606–1.79%   96.4–100%
    2.5%                  1.74–5.49%   96.4–100%
    5%                    3.48–8.21%   96.4–100%

    a / b: out and in; p50 to max: latency, to the answer;
      change: of its median; =: none beyond chance and the
      machine's own; !: not as expected

    ! failed is not as expected: either the service or the
      assumption differs (each of 2 tries is lost unless query
      and answer both pass)
      at baseline: 100%, expected 0% (0–0)
      at 0.1%: 100%, expected 0.0004% (0–0.0519)
      at 0.5%: 100%, expected 0.01% (0–0.267)
      at 1%: 100%, expected 0.0396% (0–0.552)
      at 2.5%: 100%, expected 0.244% (0–1.51)
      at 5%: 100%, expected 0.951% (0–3.45)
    failed, timeout: 100 at baseline, 100 at 0.1%, 100 at 0.5%,
      100 at 1%, 100 at 2.5%, 100 at 5%
    FAILED: dns.failed < 1%
      at baseline: 100%
    "
  `);
});

test('directions that differ by more than chance stand beside each other', () => {
  const result = dnsResult();
  const [step, ...rest] = result.analysis.steps;
  const [out, back] = step!.realized;
  const realized = [
    { ...out!, lost: 120, realized: 0.1, ci95: [0.08, 0.12] as const, within99: false },
    back!,
  ];
  const analysis = { ...result.analysis, steps: [{ ...step!, realized }, ...rest] };
  const lines = reportLines({ ...result, analysis }, 100);
  expect(lines.find((line) => line.startsWith('baseline'))).toMatch(/^baseline +10% \/ 0%! /);
  expect(lines.join('\n')).toContain('a / b: out and in');
  expect(lines.join('\n')).toContain('! realized loss at baseline, out: 10% (99% interval');
});

test('each step has its own theory, if they differ', () => {
  const result = infiniteP99Result();
  const steps = result.analysis.steps.map((step) => {
    const failed = step.metrics.failed!;
    const prediction = { ...failed.prediction!, model: `losses of ${step.label}` };
    return { ...step, metrics: { ...step.metrics, failed: { ...failed, prediction } } };
  });
  const lines = reportLines({ ...result, analysis: { steps, knees: [] } }, 100);
  expect(lines).toContain(
    '! failed is not as expected: either the service or the assumption differs',
  );
  expect(lines).toContain('  at 5%: 9.5%, expected 0.951% (0–1.97): losses of 5%');
});

test('errors, notes and counters that a warning tells of are not said twice', () => {
  const result = cutShortResult();
  const message = 'the resolver at 198.18.0.2 has gone: connection refused';
  const counters = { 'Udp.InErrors': 7, 'Tcp.RetransSegs': 5, 'Ip.InReceives': 900 };
  const linesWith = (warnings: readonly string[]) => {
    const steps = result.analysis.steps.map((step) => ({ ...step, warnings, system: counters }));
    const segments = result.segments.map((each) => ({ ...each, notes: ['no number was found'] }));
    return reportLines({ ...result, segments, analysis: { steps, knees: [] } }, 400);
  };
  const untold = linesWith([]).join('\n');
  expect(untold).toContain(`error: at 0.1%: ${message}`);
  expect(untold).toContain('note: no number was found');
  expect(untold).toMatch(/^system, Udp\.InErrors: 7 at baseline, 7 at 0\.1%/m);
  expect(untold).not.toContain('Ip.InReceives');
  const told = linesWith([
    `round 2 ended with an error: ${message}`,
    'Udp.InErrors grew by 7',
    'no number was found',
  ]);
  expect(told.filter((line) => line.includes('no number'))).toHaveLength(1);
  expect(told.filter((line) => line.includes(message))).toHaveLength(1);
  expect(told.filter((line) => line.startsWith('system'))).toEqual([
    expect.stringMatching(/^system, Tcp\.RetransSegs: 5 at baseline/),
  ]);
});

test.each(results)('$name: no line is wider than the terminal', ({ result }) => {
  for (let columns = 1; columns <= 260; columns += columns < 100 ? 1 : 7) {
    const tooLong = reportLines(result, columns).filter((line) => line.length > columns);
    expect({ columns, tooLong }).toEqual({ columns, tooLong: [] });
  }
});

test('any words, and any part that is missing, can be printed', () => {
  const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constant('\u001b[2J\n\t'));
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(GRADIENT_RESULTS)),
      fc.array(word, { minLength: 8, maxLength: 8 }),
      fc.nat(4),
      fc.integer({ min: 1, max: 200 }),
      (name, words, kept, columns) => {
        const { result } = results.find((each) => each.name === name)!;
        for (const line of reportLines(mangled(result, words, kept), columns)) {
          expect(line.length).toBeLessThanOrEqual(columns);
          expect(line).not.toMatch(/[\p{Cc}]|undefined|NaN/u);
        }
      },
    ),
    { seed: 6, numRuns: 150 },
  );
});

/** With other words, and only so many of all metrics; with none, there are no steps either. */
function mangled(result: GradientResult, words: readonly string[], kept: number): GradientResult {
  const [probe, rule, ladder, label, reason, warning, note, assertion] = words as string[];
  const steps = result.analysis.steps.map((step) => ({
    ...step,
    label: label!,
    failures: { [reason!]: 3 },
    warnings: [warning!],
    metrics: Object.fromEntries(Object.entries(step.metrics).slice(0, kept - 1)),
    realized: step.realized.slice(0, kept - 1),
  }));
  return {
    ...result,
    rule: rule!,
    ladder: ladder!,
    probe: { ...result.probe, text: probe! },
    segments: kept === 0 ? [] : result.segments.map((each) => ({ ...each, notes: [note!] })),
    analysis: { knees: [], steps: kept === 0 ? [] : steps },
    assertions: [{ text: assertion!, passed: false, reasons: [reason!] }],
  };
}
