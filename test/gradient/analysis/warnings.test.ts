/** What may be wrong with a step, in the words that the report shows. */
import { describe, expect, test } from 'vitest';
import { systemWarnings } from '../../../src/gradient/analysis/system-warnings.js';
import { warningsOf } from '../../../src/gradient/analysis/warnings.js';
import type { GradientRecord, SegmentRecord } from '../../../src/gradient/result.js';
import { counts, EMULATOR, record, segment, stepsOf, traffic } from './records.js';

const { steps } = stepsOf(['1%']);

function warnings(
  segments: readonly SegmentRecord[],
  more: Partial<GradientRecord> = {},
  step = 1,
): string[] {
  const failed = segments.flatMap(({ failure }) => failure.filter((at) => at >= 0)).length;
  return warningsOf(record(steps, segments, more), step, segments, failed, {});
}

const planned = (samples: number) => ({
  plan: {
    steps: [{ step: 1, samples, metric: null, expected: null, precision: null, needed: null }],
    totalMs: null,
  },
});

test('nothing is wrong with a usual step', () => {
  const usual = segment(1, [1, 2], {
    traffic: traffic(counts(4)),
    emulator: { ...EMULATOR, latenessNs: { p50: 1e4, p99: 2e5, p999: 3e5, max: 9e5 } },
    begunLateMs: { p50: 0.1, p99: 2, max: 30 },
  });
  expect(warnings([usual], planned(2))).toEqual([]);
});

describe('of what was measured', () => {
  test('nothing, or not all', () => {
    expect(warnings([])).toEqual(['it was not measured']);
    expect(warnings([segment(1, [])])).toEqual(['it has no samples']);
    expect(warnings([segment(1, [1, 2], { cut: true })], planned(1_500))).toEqual([
      'ended early',
      '2 samples instead of the 1,500 planned',
    ]);
    const rounds = [segment(1, [1]), segment(1, [1], { round: 1, cut: true })];
    expect(warnings(rounds, { rounds: 3 })).toEqual([
      'only 2 of 3 rounds have been measured',
      '1 of 3 rounds ended early',
    ]);
  });

  test('errors come first, and what the probe says last', () => {
    const error = { code: 'E_X', exitCode: 4, message: 'no route to 192.0.2.1' } as const;
    const said = segment(1, [1], { error, cut: true, notes: ['a number was not found'] });
    expect(warnings([said, { ...said, round: 1, error: null }], { rounds: 2 })).toEqual([
      'round 1 ended with an error: no route to 192.0.2.1',
      '2 of 2 rounds ended early',
      'a number was not found',
    ]);
  });

  test('failures only', () => {
    expect(warnings([segment(1, [null, null])])).toEqual([
      'all samples failed: is the service there?',
    ]);
    expect(warnings([segment(1, [null, 1])])).toEqual([]);
  });
});

describe('of the rule', () => {
  const line = "the rule saw no packet: is the probe's traffic what it matches?";

  test('that it saw no packet', () => {
    const unmet = segment(1, [1], { traffic: traffic(counts(0)) });
    expect(warnings([unmet])).toEqual([line]);
    expect(warnings([unmet], {}, 0), 'the baseline has no rule').toEqual([]);
    const met = segment(1, [1], { round: 1, traffic: traffic(counts(0), counts(1)) });
    expect(warnings([unmet, met], { rounds: 2 })).toEqual([]);
    expect(warnings([segment(1, [1])]), 'nobody knows').toEqual([]);
  });
});

test('of emulator and probe: what they have done to packets and samples', () => {
  const distorted = segment(1, [1], {
    emulator: {
      ...EMULATOR,
      latenessNs: { p50: 0, p99: 4.2e6, p999: 9e6, max: 9e6 },
      stallNs: 250e6,
      overflow: 1,
      kernelDrops: 1_234,
      distortions: ['overflow', 'kernelDrops', 'lateness', 'stall'],
    },
    begunLateMs: { p50: 1, p99: 12, max: 50 },
  });
  expect(warnings([distorted])).toEqual([
    '1 packet found no memory in netemu and was lost: --memory',
    'the kernel lost 1,234 packets on the way through netemu, which no rule asked for',
    'netemu stood still for 250ms: the machine was busy, packets waited',
    'netemu released 1 in 100 packets over 2ms late: the machine was busy',
    '1 in 100 samples began over 10ms late: the probe could not keep its rate',
  ]);
});

describe('of the system', () => {
  test('counters that explain failures, at both ends', () => {
    const overflowed =
      "socket buffers overflowed, which is this host's doing and not the network's";
    const grown = { 'Udp.RcvbufErrors': 1_200, 'far Udp6.RcvbufErrors': 3, 'Tcp.RetransSegs': 9 };
    expect(systemWarnings(grown, 'loss')).toEqual([
      `Udp.RcvbufErrors grew by 1,200: ${overflowed}`,
      `far Udp6.RcvbufErrors grew by 3: ${overflowed}`,
    ]);
    expect(systemWarnings({ constructor: 3 }, 'loss')).toEqual([]);
  });

  test('wrong checksums are meant where packets are corrupted', () => {
    const grown = { 'Udp.InCsumErrors': 3 };
    expect(systemWarnings(grown, 'loss')).toEqual([
      'Udp.InCsumErrors grew by 3: datagrams had wrong checksums',
    ]);
    expect(systemWarnings(grown, 'corrupt')).toEqual([]);
  });
});
