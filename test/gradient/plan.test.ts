import { describe, expect, test } from 'vitest';
import { PLAN_DURATION_MS, plan } from '../../src/gradient/plan.js';
import type { ProbeKind, ProbeSettings } from '../../src/gradient/probe/probe.js';
import { parseRule } from '../../src/rules/parse.js';
import { DNS, TCP } from './theory/context.js';

const LADDER = ['0.1%', '0.5%', '1%', '2%', '5%', '10%', '20%'];
/** Lookups for ± 10 % of those that are late. */
const LOOKUPS = [191_800, 38_100, 18_900, 9_300, 3_600, 1_640, 680];
/** Packets for ± 10 % of the loss itself: one try, lost one way. */
const PACKETS = [383_700, 76_400, 38_000, 18_800, 7_300, 3_460, 1_540];

function planFor(
  settings: ProbeSettings,
  options: Partial<Parameters<typeof plan>[0]> = {},
  ladder = LADDER.map((loss) => `loss ${loss}`),
  kind: ProbeKind = 'dns',
) {
  const texts = ['', ...ladder].map((text) => `udp ${text}`);
  const rules = texts.map((text) => parseRule(kind === 'dns' ? text : text.replace('udp', 'tcp')));
  const steps = rules.map(({ text }, index) => ({ index, label: text, value: index, rule: text }));
  const chosen = { count: null, durationMs: null, rounds: 1, precision: null, ...options };
  return plan({ steps, rules, kind, settings, betweenMs: 0, warmupMs: 0, ...chosen });
}

describe('samples for ± 10 %', () => {
  test('of late lookups', () => {
    const needed = planFor(DNS).steps.map((step) => step.needed);
    expect(needed[0]).toBeNull();
    for (const [i, lookups] of LOOKUPS.entries()) {
      expect(Math.abs(needed[i + 1]! / lookups - 1)).toBeLessThan(0.015);
    }
  });

  test('of lost packets', () => {
    const single = { ...DNS, retry: 'single', attempts: 1 };
    const ladder = LADDER.map((loss) => `loss out:${loss}`);
    const needed = planFor(single, {}, ladder).steps.map((step) => step.needed);
    for (const [i, packets] of PACKETS.entries()) {
      expect(Math.abs(needed[i + 1]! / packets - 1)).toBeLessThan(0.015);
    }
  });

  test('of ± 5 % it is four times as many', () => {
    const [ten, five] = [0.1, 0.05].map(
      (precision) => planFor(DNS, { precision }).steps[3]!.needed!,
    );
    expect(five! / ten!).toBeCloseTo(4, 3);
  });
});

describe('with a precision', () => {
  test('each step has what it needs, at least 100, and the baseline the most', () => {
    const { steps } = planFor(DNS, { precision: 0.1 }, ['loss 5%', 'loss 20%', 'loss 70%']);
    const [base, five, twenty, seventy] = steps;
    expect(five!.samples).toBe(five!.needed);
    expect(twenty!.samples).toBe(twenty!.needed);
    expect(base!.samples).toBe(five!.samples);
    expect(seventy!.needed).toBeLessThan(100);
    expect(seventy!.samples).toBe(100);
    expect(five!.precision!).toBeLessThanOrEqual(0.1);
    expect(five!.precision!).toBeGreaterThan(0.099);
  });

  test('rounds share them, each as many', () => {
    const steps = planFor(DNS, { precision: 0.1, rounds: 3 }, ['loss 5%']).steps;
    expect(steps[1]!.samples! % 3).toBe(0);
    expect(steps[1]!.samples! - steps[1]!.needed!).toBeLessThan(3);
  });

  test('without theory the default time is used', () => {
    const { steps } = planFor(DNS, { precision: 0.1 }, ['loss 5% burst 3']);
    expect(steps[1]).toEqual({
      ...{ step: 1, metric: null, expected: null, precision: null, needed: null },
      samples: (100 * PLAN_DURATION_MS) / 1e3,
    });
  });
});

describe('a precision that needs more than a segment keeps', () => {
  const refusal = (precision: number, rounds = 1) => {
    try {
      planFor(DNS, { precision, rounds }, ['loss 0.1%', 'loss 5%']);
    } catch (error) {
      return error;
    }
    return null;
  };

  test('is refused, with what would do', () => {
    // (1.96/0.02)² · 0.998/0.002 = 4.79 million.
    expect(refusal(0.02)).toMatchObject({
      code: 'E_PRECISION',
      message: expect.stringMatching(
        /^--precision 2% needs 4,79\d,\d{3} samples in a segment at udp loss 0.1%/,
      ),
      mend: '--precision 4.4%, or --repeat 5, which is as precise in shorter segments',
    });
    expect(refusal(0.02, 4)).toMatchObject({ mend: expect.stringContaining('--repeat 5,') });
    expect(refusal(0.0005)).toMatchObject({ mend: '--precision 4.4%' });
  });

  test('and that does', () => {
    expect(refusal(0.044)).toBeNull();
    expect(refusal(0.02, 5)).toBeNull();
  });
});

test('a count is of each segment, and has a precision', () => {
  const { steps } = planFor(DNS, { count: 1_000, rounds: 4 }, ['loss 5%']);
  expect(steps[1]).toMatchObject({ step: 1, samples: 4_000, metric: 'late' });
  expect(steps[1]!.expected).toBeCloseTo(0.0975, 10);
  expect(steps[1]!.precision).toBeCloseTo(1.96 * Math.sqrt(0.9025 / 0.0975 / 4_000), 4);
  expect(steps[0]).toMatchObject({ samples: 4_000, expected: 0, precision: null, needed: null });
});

test('the default is a time, in which as many begin as the rate gives', () => {
  expect(PLAN_DURATION_MS).toBe(10_000);
  expect(planFor(DNS).steps[0]!.samples).toBe(1_000);
  expect(planFor(DNS, { durationMs: 2_500, rounds: 2 }).steps[0]!.samples).toBe(500);
});

describe('how long it takes', () => {
  test('all segments, what is between them, and the warm-up', () => {
    const options = { count: 200, rounds: 3, betweenMs: 500, warmupMs: 1_000 };
    // Nothing is lost in either step, so nothing is waited for: 6 segments of 2 s after the warm-up.
    expect(planFor(DNS, options, ['delay 1ms']).totalMs).toBe(1_000 + 6 * 2_000 + 6 * 500);
    const cold = { ...options, warmupMs: 0 };
    expect(planFor(DNS, cold, ['delay 1ms']).totalMs).toBe(6 * 2_000 + 5 * 500);
  });

  test('and the waits for the last answers', () => {
    // 500 lookups begin in the last 5 s, and almost surely one of them is late; of 2 perhaps.
    const many = planFor(DNS, { count: 1_000 }, ['loss 5%']).totalMs!;
    expect(many).toBeCloseTo(2 * 10_000 + 5_000, 3);
    const two = planFor(DNS, { count: 2 }, ['loss 5%']).totalMs!;
    expect(two).toBeCloseTo(2 * 20 + 5_000 * (1 - 0.9025 ** 2), 6);
    const tcp = planFor(TCP, { count: 100 }, ['loss 50%'], 'tcp').totalMs!;
    expect(tcp).toBeCloseTo(2 * 10_000 + 1_000 * (1 - 0.25 ** 10), 6);
  });

  test('of commands nobody knows, unless they are given a time', () => {
    const settings = { timeoutMs: 1_000 };
    const counted = planFor(settings, { count: 10 }, ['loss 5%'], 'command');
    expect(counted.totalMs).toBeNull();
    expect(counted.steps[1]).toEqual({
      ...{ step: 1, samples: 10, metric: null, expected: null, precision: null, needed: null },
    });
    const timed = planFor(settings, { durationMs: 3_000, rounds: 2 }, ['loss 5%'], 'command');
    expect(timed.totalMs).toBe(12_000);
    expect(timed.steps[1]!.samples).toBeNull();
    const precise = planFor(settings, { precision: 0.1 }, ['loss 5%'], 'command');
    expect(precise.totalMs).toBe(2 * PLAN_DURATION_MS);
  });
});
