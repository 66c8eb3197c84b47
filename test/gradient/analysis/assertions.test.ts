/** What `--assert` understands, what it says of the rest, and how it judges. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NetemuError } from '../../../src/errors.js';
import { judge, parseAssertion } from '../../../src/gradient/analysis/assertions.js';
import { FAILED, type MetricSpec, type ProbeKind } from '../../../src/gradient/probe/probe.js';
import type {
  Analysis,
  MetricSummary,
  NumberSummary,
  Realized,
  StepSummary,
} from '../../../src/gradient/result.js';
import { GOODPUT, LATE, LATENCY, probe, record, stepsOf } from './records.js';

const SIZE: MetricSpec = { name: 'size', kind: 'bytes', better: null, says: 'of the answer' };
const TRIES: MetricSpec = { name: 'tries', kind: 'count', better: 'lower', says: 'queries' };
const METRICS = [LATENCY, GOODPUT, LATE, SIZE, TRIES, FAILED];
const { steps } = stepsOf(['0.5%', '1%', '2.5%']);

function parse(text: string, metrics: readonly MetricSpec[] = METRICS, kind: ProbeKind = 'dns') {
  return parseAssertion(text, metrics, kind, steps);
}

function errorOf(text: string, metrics?: readonly MetricSpec[], kind?: ProbeKind): NetemuError {
  try {
    parse(text, metrics, kind);
  } catch (error) {
    return error as NetemuError;
  }
  throw new Error(`${text} was accepted`);
}

describe('it reads', () => {
  test.each([
    ['dns.p95 < 200ms at 1%', 'dns.p95', '<', '200ms', [2]],
    ['  dns.latency.p99<=1s  ', 'dns.latency.p99', '<=', '1s', null],
    ['failed < 1%', 'failed', '<', '1%', null],
    ['failed <1% at all', 'failed', '<', '1%', null],
    ['late.share > 0.01 at baseline', 'late.share', '>', '0.01', [0]],
    ['goodput.mean >= 5mbit at 0.50%', 'goodput.mean', '>=', '5mbit', [1]],
    ['goodput > 0 at BASELINE', 'goodput', '>', '0', [0]],
    ['size.max < 64kb', 'size.max', '<', '64kb', null],
    ['tries.mean < 1.5', 'tries.mean', '<', '1.5', null],
    ['p95 < 2x baseline at 2.5%', 'p95', '<', '2x baseline', [3]],
    ['p95 < 1.5 x baseline', 'p95', '<', '1.5 x baseline', [1, 2, 3]],
    ['failed <= baseline', 'failed', '<=', 'baseline', [1, 2, 3]],
  ])('%s', (text, subject, operator, limit, at) => {
    expect(parse(text)).toEqual({ about: 'metric', text, subject, operator, limit, steps: at });
  });

  test.each([
    ['realized within 99%', 99, null],
    ['Realized  within 95% at 1.0%', 95, [2]],
  ])('%s', (text, confidence, at) => {
    expect(parse(text)).toEqual({ about: 'realized', text, confidence, steps: at });
  });

  test('metrics of a command that nobody knows yet', () => {
    expect(parse('cmd.queriesPerSecond > 1000', [FAILED], 'command').about).toBe('metric');
    expect(parse('end.sum.mean > 5mbit', [FAILED], 'command').about).toBe('metric');
    expect(errorOf('cmd.queries > 5 apples', [FAILED], 'command').code).toBe('E_ASSERT');
    expect(errorOf('two words > 5', [FAILED], 'command').code).toBe('E_ASSERT');
  });
});

describe('it refuses', () => {
  test.each([
    ['', 'there is no comparison in it', 0],
    ['p95', 'there is no comparison in it', 3],
    ['p95 = 5ms', 'measured values are not equal to anything', 4],
    ['< 5ms', 'a metric is missing', 0],
    ['p95 <', 'a value is missing', 5],
    ['p95 < 200', '200 has no unit, did you mean 200ms?', 6],
    ['p95 < 20%', 'unknown unit "%" of time', 8],
    ['failed < 5ms', 'unknown unit "ms"', 10],
    ['failed < 5', '5 has no unit, did you mean 5%?', 9],
    ['goodput < 5ms', 'unknown unit "ms" of rate', 11],
    ['tries < 5ms', '"5ms" is no plain number', 9],
    ['p95 < 2x', '"2x" of what?', 8],
    ['latencyy.p95 < 5ms', 'there is no metric "latencyy", did you mean latency?', 0],
    ['dns.fialed < 1%', 'there is no metric "fialed", did you mean failed?', 4],
    ['latency.p59 < 5ms', 'latency has no figure "p59", did you mean p50?', 8],
    ['failed.p95 < 5%', 'failed is a share and has no "p95"', 7],
    ['quic.p95 < 5ms', 'the probe is dns, not quic', 0],
    ['dns < 5ms', 'which metric of dns?', 3],
    ['p95 < 5ms at 3%', 'there is no step "3%"', 13],
    ['p95 < 5ms at 1', 'there is no step "1"', 13],
    ['p95 < 5ms at basline', 'there is no step "basline", did you mean baseline?', 13],
    ['p95 < 5ms at', 'at which step?', 12],
    ['realized within 90%', 'realized within what? "90%" is neither 95% nor 99%', 16],
  ])('%s', (text, message, at) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code: 'E_ASSERT', exitCode: 2 });
    expect(error.message).toContain(message);
    const caret = error.message.split('\n')[2];
    if (text !== '') expect(caret).toBe(`  ${' '.repeat(at)}^`);
  });

  test('a figure of a probe without a main metric', () => {
    expect(errorOf('p95 < 5ms', [FAILED], 'quic').message).toContain('no main metric');
  });
});

test('any text is an assertion, or an error that names it', () => {
  const word = fc.constantFrom(
    ...['p95', 'dns', '.', '<', '<=', '>', 'failed', 'latency', ' ', 'at', '1%', '5ms', '2x'],
    ...['baseline', 'realized', 'within', '99%', '=', '\n', '🙂'],
  );
  const text = fc.array(fc.oneof(word, fc.string({ maxLength: 3 })), { maxLength: 9 });
  fc.assert(
    fc.property(text, fc.constantFrom('dns', 'command'), (words, kind) => {
      try {
        parse(words.join(''), METRICS, kind);
      } catch (error) {
        expect((error as NetemuError).code).toBe('E_ASSERT');
      }
    }),
    { seed: 6, numRuns: 2_000 },
  );
});

function numbers(
  figures: Partial<Record<'p50' | 'p95' | 'p99' | 'mean', number | null>>,
): NumberSummary {
  const estimates = Object.entries(figures).map(([name, value]) => {
    return [name, { value, low: value, high: value }];
  });
  const none = { mean: null, p50: null, p95: null, p99: null, prediction: null, change: null };
  return { kind: 'number', count: 100, max: 800, ...none, ...Object.fromEntries(estimates) };
}

function share(value: number): MetricSummary {
  const estimate = { value, low: 0, high: 1 };
  const none = { prediction: null, change: null };
  return { kind: 'share', count: 100 * value, of: 100, share: estimate, ...none };
}

function analysisOf(
  summaries: readonly Readonly<Record<string, MetricSummary>>[],
  realized: readonly (readonly Realized[])[] = [],
): Analysis {
  const all = summaries.map((metrics, step): StepSummary => {
    const { label, value } = steps[step]!;
    const none = { failures: {}, system: {}, warnings: [] };
    return { step, label, value, samples: 100, metrics, realized: realized[step] ?? [], ...none };
  });
  return { steps: all, knees: [] };
}

const ANALYSIS = analysisOf([
  { latency: numbers({ p50: 20, p95: 21, mean: 20.5 }), failed: share(0) },
  { latency: numbers({ p50: 20, p95: 40, mean: 22 }), failed: share(0.005) },
  { latency: numbers({ p50: 21, p95: null, mean: 25 }), failed: share(0.06) },
  { failed: share(0.1) },
]);

function judged(text: string, analysis = ANALYSIS) {
  return judge(parse(text), record(steps, [], probe(METRICS)), analysis);
}

describe('it judges', () => {
  test.each([
    ['p95 < 50ms at 0.5%'],
    ['p95 <= 40ms at 0.5%'],
    ['p95 > 50ms at 1%'],
    ['p95 < 2x baseline at 0.5%'],
    ['failed <= 10%'],
    ['failed > 0.05 at 2.5%'],
    ['latency < 20.1ms at 0.5%'],
    ['latency.max < 1s at 1%'],
  ])('%s holds', (text) => {
    expect(judged(text)).toEqual({ text, passed: true, reasons: [] });
  });

  test.each([
    ['p95 < 40ms at 0.5%', ['at 0.5%: latency p95 is 40.0ms, not < 40ms']],
    ['p95 < 1h at 1%', ['at 1%: latency p95 is beyond every number, as too many failed, not < 1h']],
    ['failed < 1%', ['at 1%: failed is 6%, not < 1%', 'at 2.5%: failed is 10%, not < 1%']],
    [
      'p95 < 1.5x baseline at 0.5%',
      ['at 0.5%: latency p95 is 40.0ms, not < 1.5x baseline = 31.5ms'],
    ],
    ['p95 < 1s at 2.5%', ['at 2.5%: no sample has a latency']],
    ['goodput > 1mbit at 1%', ['at 1%: no sample has a goodput']],
    ['goodput > 1x baseline at 1%', ['the baseline has no goodput mean']],
  ])('%s does not hold', (text, reasons) => {
    expect(judged(text)).toEqual({ text, passed: false, reasons });
  });

  test('steps that were not measured hold nothing', () => {
    const short = { ...ANALYSIS, steps: ANALYSIS.steps.slice(0, 2) };
    expect(judged('failed < 1% at 2.5%', short).reasons).toEqual(['no such step was measured']);
    const [baseline] = ANALYSIS.steps;
    const empty = { ...ANALYSIS, steps: [{ ...baseline!, samples: 0, metrics: {} }] };
    expect(judged('p95 < 1s', empty).reasons).toEqual(['at baseline: it has no samples']);
  });

  test('metrics of commands when they are known', () => {
    const qps: MetricSpec = { name: 'end.qps', kind: 'number', better: 'higher', says: '' };
    const assertion = parse('cmd.end.qps > 1000 at 1%', [FAILED], 'command');
    const of = (metrics: readonly MetricSpec[]) =>
      judge(
        assertion,
        record(steps, [], probe(metrics, { kind: 'command' })),
        analysisOf([{}, {}, { 'end.qps': numbers({ mean: 900 }) }]),
      ).reasons;
    expect(of([qps, FAILED])).toEqual(['at 1%: end.qps mean is 900, not > 1000']);
    expect(of([FAILED])[0]).toMatch(
      /^there is no metric "end\.qps" \(metrics of this probe: failed/,
    );
    expect(of([{ ...qps, kind: 'time' }])[0]).toMatch(/^1000 has no unit/);
  });
});

describe('realized', () => {
  const one = (within99: boolean | null, configured: number | null = 0.01): Realized => ({
    direction: 'out',
    packets: 1_000,
    lost: 10,
    configured,
    realized: 0.012,
    ci95: [0.0105, 0.014],
    ci99: [0.009, 0.016],
    within99,
  });
  const of = (text: string, ...realized: readonly (readonly Realized[])[]) =>
    judged(
      text,
      analysisOf(
        realized.map(() => ({})),
        realized,
      ),
    ).reasons;

  test('is within its interval in every direction', () => {
    expect(of('realized within 99%', [], [one(true)], [one(true), one(null)])).toEqual([]);
    expect(of('realized within 99%', [one(true, 0)], [one(true), one(false)])).toEqual([
      'at 0.5%, out: 1.2% (99%: 0.9% to 1.6%) for 1%',
    ]);
  });

  test('within 95% is stricter', () => {
    expect(of('realized within 95% at 0.5%', [], [one(true)])).toEqual([
      'at 0.5%, out: 1.2% (95%: 1.05% to 1.4%) for 1%',
    ]);
  });

  test('holds nowhere where there is nothing to be compared', () => {
    expect(of('realized within 99%', [], [], [one(null)])).toEqual([
      'at 0.5%: the rule saw no packet',
      'at 1%: nothing to be compared',
    ]);
  });
});
