/** What got worse between two results: worked examples, and simulated services with fixed seeds. */
import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { describe, expect, test } from 'vitest';
import type { NetemuError } from '../../../src/errors.js';
import { analyse } from '../../../src/gradient/analysis/analyse.js';
import { compare } from '../../../src/gradient/analysis/compare.js';
import { FAILED, type MetricSpec } from '../../../src/gradient/probe/probe.js';
import type {
  GradientRecord,
  GradientResult,
  SegmentRecord,
} from '../../../src/gradient/result.js';
import { ANY_LADDER, anyRecord, strangeNumbers } from './any-record.js';
import {
  counts,
  EMULATOR,
  GOODPUT,
  LATENCY,
  probe,
  record,
  segment,
  stepsOf,
  traffic,
  type Values,
} from './records.js';

const { steps, rules } = stepsOf(['1%', '5%']);

function resultOf(of: GradientRecord, ladder = rules): GradientResult {
  return { ...of, analysis: analyse(of, ladder), assertions: [] };
}

/** Steps of these latencies. */
function result(columns: readonly Values[], more: Partial<GradientRecord> = {}): GradientResult {
  const segments = columns.map((latencies, step) => segment(step, latencies));
  return resultOf(record(steps, segments, more));
}

function numbers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

const BASE = numbers(100, 100);
const SAME = [BASE, BASE, BASE];

function rowsOf(comparison: ReturnType<typeof compare>, label: string) {
  return Object.fromEntries(
    comparison.rows
      .filter((row) => row.label === label)
      .map((row) => [`${row.metric} ${row.figure}`, row]),
  );
}

describe('rows', () => {
  test('of two equal results are all the same', () => {
    const comparison = compare(result(SAME), result(SAME));
    expect(comparison).toMatchObject({ regressions: 0, improvements: 0, paired: true, notes: [] });
    expect(comparison.minimum).toBe(0.05);
    expect(comparison.rows.map(({ label, figure }) => `${label} ${figure}`)).toEqual(
      steps.flatMap(({ label }) =>
        ['p50', 'p95', 'p99', 'share'].map((name) => `${label} ${name}`),
      ),
    );
    expect(new Set(comparison.rows.map(({ verdict }) => verdict))).toEqual(new Set(['same']));
  });

  test('say what was, what is, and by how much', () => {
    // 20 of 100 pairs fail anew: 2·2⁻²⁰, times 12 questions.
    const after = [BASE, BASE, [...Array<null>(20).fill(null), ...BASE.slice(20)]];
    const comparison = compare(result(SAME), result(after));
    const { 'failed share': failed, 'latency p95': p95 } = rowsOf(comparison, '5%');
    expect(failed).toMatchObject({
      before: 2,
      after: 2,
      kind: 'share',
      valueBefore: { value: 0 },
      valueAfter: { value: 0.2 },
      difference: 0.2,
      ratio: null,
      test: 'McNemar, paired',
      verdict: 'worse',
    });
    expect(failed!.pValue).toBeCloseTo(12 * 2 ** -19, 12);
    expect(p95).toMatchObject({
      valueBefore: { value: 194 },
      valueAfter: { value: null },
      difference: null,
      ratio: null,
      verdict: 'worse',
      test: 'McNemar, paired, beyond the quantile',
    });
    expect(compare(result(after), result(SAME))).toMatchObject({
      regressions: 0,
      improvements: comparison.regressions,
    });
  });

  test('know that a change is sure, and does not matter', () => {
    const slower = (by: number) => [BASE, BASE, BASE.map((value) => value * by)];
    const p50 = (by: number, minimum?: number) =>
      rowsOf(compare(result(SAME), result(slower(by)), minimum), '5%')['latency p50']!;
    expect(p50(1.04)).toMatchObject({ verdict: 'same', pValue: expect.closeTo(0, 6) });
    expect(p50(1.06).verdict).toBe('worse');
    expect(p50(1.06, 0.1).verdict).toBe('same');
    expect(p50(0.9).verdict).toBe('better');
  });

  test('see a tail that the median does not', () => {
    const usual = BASE.map(() => 20);
    const tail = usual.map((value, i) => (i % 8 === 0 ? value + 1_000 : value));
    const [before, after] = [usual, tail].map((column) => result([usual, usual, column]));
    const rows = rowsOf(compare(before!, after!), '5%');
    expect(rows['latency p50']!.verdict).toBe('same');
    expect(rows['latency p95']!.verdict).toBe('worse');
  });

  test('of what shall be high are worse where it is low', () => {
    const goodput = (factor: number) => {
      const segments = steps.map(({ index }) => {
        const values = { goodput: BASE.map((value) => value * (index === 2 ? factor : 1)) };
        return segment(index, BASE, { values });
      });
      return resultOf(record(steps, segments, probe([GOODPUT])));
    };
    const { rows } = compare(goodput(1), goodput(0.5));
    expect(rows.filter(({ verdict }) => verdict === 'worse')).toMatchObject([
      { label: '5%', metric: 'goodput', figure: 'mean', ratio: 0.5, test: 'signed rank, paired' },
    ]);
  });

  test('agree with ranks: one that is a hundred times as quick makes 99 slower ones no better', () => {
    const goodput = (values: readonly number[]) => {
      const segments = steps.map(({ index }) =>
        segment(index, BASE, { values: { goodput: values } }),
      );
      return resultOf(record(steps, segments, probe([GOODPUT])));
    };
    const after = BASE.map((value, i) => (i === 0 ? 100 * value : 0.9 * value));
    const row = rowsOf(compare(goodput(BASE), goodput(after)), '5%')['goodput mean']!;
    expect(row).toMatchObject({ verdict: 'same', pValue: expect.closeTo(0, 6) });
    expect(row.ratio).toBeGreaterThan(1.3);
  });

  test('of what is neither good nor bad are never worse', () => {
    const spec: MetricSpec = { ...LATENCY, better: null };
    const of = (columns: readonly Values[]) => result(columns, probe([spec]));
    const later = SAME.map((column) => column.map((value) => 2 * value));
    expect(compare(of(SAME), of(later))).toMatchObject({ regressions: 0, improvements: 0 });
  });
});

describe('samples are compared in pairs', () => {
  test.each([
    ['seed', { seed: 't' }],
    ['probe', probe([LATENCY, FAILED], { text: 'dns://198.18.0.3/example.com' })],
    ['ladder', { ladder: 'loss 1%,2%' }],
    ['pairing within the results', { paired: false }],
  ])('not with another %s', (_, more) => {
    const comparison = compare(result(SAME), result(SAME, more));
    expect(comparison.paired).toBe(false);
    expect(comparison.rows[0]!.test).toBe('rank sum');
  });
});

describe('what cannot be compared', () => {
  test('another kind of probe', () => {
    const quic = result(SAME, probe([LATENCY, FAILED], { kind: 'quic', text: 'quic://a:1' }));
    try {
      compare(result(SAME), quic);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'E_COMPARE', exitCode: 2 });
      expect((error as NetemuError).message).toContain('quic (quic://a:1)');
    }
  });

  test('steps and metrics that only one has, and steps without samples', () => {
    const other = stepsOf(['1%', '2%']);
    const segments = [segment(0, BASE), segment(1, []), segment(2, BASE)];
    const metrics = [LATENCY, GOODPUT, FAILED];
    const after = resultOf(
      record(other.steps, segments, { ladder: 'loss 1%,2%', ...probe(metrics) }),
      other.rules,
    );
    const comparison = compare(result(SAME), after);
    const verdicts = (label: string) =>
      new Set(comparison.rows.filter((row) => row.label === label).map(({ verdict }) => verdict));
    expect(verdicts('baseline')).toEqual(new Set(['same']));
    for (const label of ['1%', '5%']) expect(verdicts(label)).toEqual(new Set(['missing']));
    expect(verdicts('2%')).toEqual(new Set(['incomparable']));
    expect(comparison.missing).toBe(8);
    expect(rowsOf(comparison, '2%')['latency p50']).toMatchObject({
      before: null,
      after: 2,
      valueBefore: null,
      pValue: null,
      test: '',
    });
    expect(comparison.notes).toEqual([
      'another ladder: loss 1% and loss 1%,2%',
      '5%: not in the second',
      '2%: not in the first',
      '1%: no samples in the second',
      'only the second has the metric goodput',
    ]);
  });

  test('steps of the same label under another rule', () => {
    const other = stepsOf(['1%', '5%'], 'udp delay 10ms');
    const mixed = [steps[0]!, ...other.steps.slice(1)];
    const after = resultOf(
      record(mixed, [segment(0, BASE)], { rule: 'udp delay 10ms' }),
      other.rules,
    );
    const comparison = compare(result(SAME), after);
    expect(comparison.notes).toContain('1%, 5%: not with the same rule in the second');
    expect(comparison.missing).toBe(8);
  });

  test('metrics that the second has not', () => {
    const values = { latency: BASE, goodput: BASE };
    const segments = steps.map(({ index }) => segment(index, BASE, { values }));
    const before = resultOf(record(steps, segments, probe([LATENCY, GOODPUT, FAILED])));
    const row = rowsOf(compare(before, result(SAME)), '5%')['goodput mean'];
    expect(row).toMatchObject({ verdict: 'missing', valueAfter: null });
  });

  test('nothing at all is an error that says why', () => {
    const other = stepsOf(['2%'], 'udp delay 10ms');
    const more = { rule: 'udp delay 10ms', ladder: 'loss 2%' };
    const after = resultOf(record(other.steps, [segment(0, BASE)], more), other.rules);
    expect(() => compare(result(SAME), after)).toThrow(
      expect.objectContaining({
        code: 'E_COMPARE',
        exitCode: 2,
        message: expect.stringContaining('another ladder: loss 1% and loss 2%'),
      }),
    );
    const empty = resultOf(record(steps, []));
    expect(() => compare(empty, empty)).toThrow(/no step with samples in common/);
  });
});

describe('own lateness', () => {
  /** Slower by 2 ms of 20, and what netemu was late in the second, p99 and worst. */
  function slower(p99Ms: number, maxMs: number) {
    const usual = BASE.map(() => 20);
    const latenessNs = { ...EMULATOR.latenessNs, p99: p99Ms * 1e6, max: maxMs * 1e6 };
    const of = (latencies: Values, more: Partial<SegmentRecord>) =>
      resultOf(
        record(
          steps,
          [0, 1, 2].map((step) => segment(step, latencies, more)),
        ),
      );
    return compare(
      of(usual, {}),
      of(
        usual.map((value) => value + 2),
        { emulator: { ...EMULATOR, latenessNs } },
      ),
    );
  }

  test('hides what it may have made, and says so', () => {
    expect(slower(0.2, 0.3).regressions, 'p50, p95 and p99 in each step').toBe(9);
    const late = slower(1.5, 3);
    expect(late).toMatchObject({
      regressions: 0,
      notes: [
        '3 figures differ by less than netemu and the probe were late themselves, so that nobody can tell',
      ],
    });
    const { 'latency p95': p95, 'latency p99': p99 } = rowsOf(slower(0.2, 3), '5%');
    expect([p95!.verdict, p99!.verdict]).toEqual(['worse', 'same']);
  });
});

test('figures are those of the samples, whatever the analysis in the file says', () => {
  const forged = { ...result(SAME), analysis: { steps: [], knees: [] } };
  expect(compare(forged, forged)).toEqual(compare(result(SAME), result(SAME)));
});

describe('notes', () => {
  test('what else is another', () => {
    const machine = {
      node: 'v22',
      kernel: '6.8',
      cpus: 8,
      cpuModel: 'Other',
      memoryBytes: 2 ** 34,
    };
    const place = { kind: 'up', devices: ['eth1'], netns: 'lab', isPrivate: false } as const;
    const after = result(SAME, { machine, place, netemu: '0.2.0', complete: false });
    expect(compare(result(SAME), after).notes).toEqual([
      'another version of netemu: 0.1.0 and 0.2.0',
      'another machine: 2 × Example, 8 GiB and 8 × Other, 16 GiB',
      'another node: v20 and v22',
      'another place: demo and up eth1 in lab',
      'the second measurement ended early',
    ]);
  });

  test('settings that differ, without the tag of each measurement', () => {
    const of = (more: Record<string, string | number>) =>
      result(
        SAME,
        probe([LATENCY, FAILED], { settings: { ...record(steps, []).probe.settings, ...more } }),
      );
    const tagged = compare(of({ tag: 'a1' }), of({ tag: 'b2' }));
    expect(tagged).toMatchObject({ paired: true, notes: [] });
    const other = compare(of({ tag: 'a1' }), of({ tag: 'b2', timeoutMs: 5_000 }));
    expect(other).toMatchObject({
      paired: false,
      notes: ['another timeoutMs of the probe: 100 and 5000'],
    });
  });

  test('networks that differed', () => {
    const of = (lost: number) =>
      resultOf(
        record(
          steps,
          steps.map(({ index }) =>
            segment(index, BASE, { traffic: traffic(counts(1_000, index === 2 ? lost : 0)) }),
          ),
        ),
      );
    expect(compare(of(50), of(60)).notes).toEqual([]);
    expect(compare(of(50), of(100)).notes).toEqual([
      'the networks differed at 5%, out: loss 5% was realized in the first and 10% in the second',
    ]);
  });
});

describe('simulated', () => {
  /** A service that fails and is late now and then; every other result shares the draws. */
  function served(draw: () => number, failing: number, lateness: number): GradientResult {
    return result(
      steps.map(({ value }) =>
        Array.from({ length: 200 }, () =>
          draw() < failing + value ? null : 20 + draw() + (draw() < lateness ? 100 : 0),
        ),
      ),
      { paired: false },
    );
  }

  test('the same service is worse in at most 1 % of the comparisons', () => {
    const draw = seedrandom.alea('compare');
    let found = 0;
    for (let i = 0; i < 200; i++) {
      if (compare(served(draw, 0.01, 0.1), served(draw, 0.01, 0.1)).regressions > 0) found++;
    }
    expect(found).toBeLessThanOrEqual(4);
  });

  test('one that fails 8 times as often is found', () => {
    const draw = seedrandom.alea('compare worse');
    let found = 0;
    for (let i = 0; i < 50; i++) {
      const { rows } = compare(served(draw, 0.02, 0.1), served(draw, 0.16, 0.1));
      if (rows.some(({ metric, verdict }) => metric === 'failed' && verdict === 'worse')) found++;
    }
    expect(found).toBeGreaterThanOrEqual(48);
  });
});

test('any two results are compared with numbers that are finite, or null', () => {
  const { rules } = ANY_LADDER;
  fc.assert(
    fc.property(anyRecord, anyRecord, (a, b) => {
      const [before, after] = [resultOf(a, rules), resultOf(b, rules)];
      try {
        const comparison = compare(before, after);
        expect(comparison.rows).toHaveLength(6 * 5);
        expect(strangeNumbers(comparison)).toEqual([]);
      } catch (error) {
        expect(error).toMatchObject({ code: 'E_COMPARE' });
      }
    }),
    { seed: 6, numRuns: 150 },
  );
});
