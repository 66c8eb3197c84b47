/** Schedules against a model that asks each step anew, and against values worked out by hand. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UNIMPAIRED } from '../../src/rules/impairment-key.js';
import type { Impairments, PerDirection, Rule, Step } from '../../src/rules/rule.js';
import { impairmentsAt, nextChangeNs, RAMP_STEP_NS } from '../../src/rules/schedule.js';

const S = 1e9;
const MS = 1e6;

type Values = Partial<Impairments>;

function step(part: Partial<Step> & { to: PerDirection<Values> }): Step {
  return { atNs: 0, everyNs: 0, forNs: null, overNs: 0, from: part.to, ...part };
}

function both(values: Values): PerDirection<Values> {
  return [values, values];
}

function scheduled(steps: readonly Step[], loopNs = 0, base: Values = {}): Rule {
  const impairments = { ...UNIMPAIRED, ...base };
  const schedule = { text: '', steps, loopNs };
  return {
    ...{ text: '', name: '', match: {} as Rule['match'] },
    impairments: [impairments, impairments],
    schedule,
  };
}

function delayAt(rule: Rule, ns: number): number {
  return impairmentsAt(rule, ns)[0].delayNs;
}

/** Each moment at which something may change, up to `untilNs`. */
function changes(rule: Rule, untilNs: number): number[] {
  const moments: number[] = [];
  for (let ns = nextChangeNs(rule, 0); ns <= untilNs; ns = nextChangeNs(rule, ns)) moments.push(ns);
  return moments;
}

describe('by hand', () => {
  test('without a schedule nothing ever changes', () => {
    const rule = { ...scheduled([], 0, { delayNs: 5 }), schedule: null };
    expect(impairmentsAt(rule, 1e15)).toBe(rule.impairments);
    expect(nextChangeNs(rule, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  test('a step holds from its moment on, the next wins over it, the rest stays', () => {
    const rule = scheduled(
      [
        step({ atNs: 10 * S, to: both({ delayNs: 7 }) }),
        step({ atNs: 20 * S, to: [{ delayNs: 9 }, {}] }),
      ],
      0,
      { delayNs: 1, partition: 'drop' },
    );
    expect(
      [0, 10 * S - 1, 10 * S, 20 * S - 1, 20 * S, 9e15].map((ns) => delayAt(rule, ns)),
    ).toEqual([1, 1, 7, 7, 9, 9]);
    expect(impairmentsAt(rule, 20 * S)[1].delayNs).toBe(7);
    expect(impairmentsAt(rule, 20 * S)[0].partition).toBe('drop');
    expect(changes(rule, 100 * S)).toEqual([10 * S, 20 * S]);
    expect(nextChangeNs(rule, 20 * S)).toBe(Number.POSITIVE_INFINITY);
  });

  test('with a length it ends, and what held before holds again', () => {
    const rule = scheduled([
      step({ atNs: 10 * S, to: both({ delayNs: 7 }) }),
      step({ atNs: 12 * S, forNs: 3 * S, to: both({ delayNs: 9 }) }),
    ]);
    expect([12 * S - 1, 12 * S, 15 * S - 1, 15 * S].map((ns) => delayAt(rule, ns))).toEqual([
      7, 9, 9, 7,
    ]);
    expect(changes(rule, 100 * S)).toEqual([10 * S, 12 * S, 15 * S]);
  });

  test('again and again', () => {
    const rule = scheduled([
      step({ atNs: 5 * S, everyNs: 30 * S, forNs: 2 * S, to: both({ partition: 'drop' }) }),
    ]);
    const isCut = (ns: number) => impairmentsAt(rule, ns)[0].partition === 'drop';
    expect([0, 5, 7, 34, 35, 36.999999999, 37, 65, 66].map((s) => isCut(s * S))).toEqual([
      ...[false, true, false, false, true, true, false, true, true],
    ]);
    expect(changes(rule, 70 * S)).toEqual([5, 7, 35, 37, 65, 67].map((s) => s * S));
  });

  test('all of it begins anew after the loop', () => {
    const rule = scheduled([step({ atNs: 10 * S, to: both({ delayNs: 7 }) })], 15 * S);
    expect([9, 10, 14, 15, 24, 25, 30].map((s) => delayAt(rule, s * S))).toEqual([
      0, 7, 7, 0, 0, 7, 0,
    ]);
    expect(changes(rule, 45 * S)).toEqual([10, 15, 25, 30, 40, 45].map((s) => s * S));
  });

  test('a ramp moves every number evenly, in steps of 10 ms', () => {
    const rule = scheduled([
      step({
        atNs: S,
        overNs: 100 * MS,
        from: both({ loss: { kind: 'random', probability: 0, runMax: null }, delayNs: 10 }),
        to: both({ loss: { kind: 'random', probability: 0.05, runMax: null }, delayNs: 25 }),
      }),
    ]);
    const at = (ms: number) => impairmentsAt(rule, S + ms * MS)[1];
    expect(at(-0.000001).loss).toBeNull();
    expect([0, 9.999999, 10, 55, 99, 100, 1e6].map((ms) => at(ms).loss)).toEqual(
      [0, 0, 0.005, 0.025, 0.045, 0.05, 0.05].map((probability) => ({
        ...{ kind: 'random', probability: expect.closeTo(probability, 12), runMax: null },
      })),
    );
    // Times are whole nanoseconds: 10 + 15 × 0.1 = 11.5.
    expect([0, 10, 20, 100].map((ms) => at(ms).delayNs)).toEqual([10, 12, 13, 25]);
    expect(changes(rule, 2 * S)).toEqual(Array.from({ length: 11 }, (_, i) => S + i * 10 * MS));
  });

  test('a ramp whose length is no multiple of 10 ms ends on time', () => {
    const rule = scheduled([
      step({ overNs: 25 * MS, from: both({ delayNs: 0 }), to: both({ delayNs: 250 }) }),
    ]);
    expect(changes(rule, S)).toEqual([10 * MS, 20 * MS, 25 * MS]);
    expect([0, 10, 20, 24, 25].map((ms) => delayAt(rule, ms * MS))).toEqual([
      0, 100, 200, 200, 250,
    ]);
  });

  test('a ramp that comes again begins at its beginning', () => {
    const rule = scheduled([
      step({
        ...{ atNs: 100 * MS, everyNs: 100 * MS, forNs: 50 * MS, overNs: 20 * MS },
        ...{ from: both({ delayNs: 0 }), to: both({ delayNs: 8 }) },
      }),
    ]);
    expect([100, 110, 120, 149, 150, 200, 210].map((ms) => delayAt(rule, ms * MS))).toEqual([
      0, 4, 8, 8, 0, 0, 4,
    ]);
    expect(changes(rule, 220 * MS).map((ns) => ns / MS)).toEqual([
      100, 110, 120, 150, 200, 210, 220,
    ]);
  });

  test('what is inside a value moves too, its words and lists do not', () => {
    const table = { kind: 'table', file: 'f', values: [-1, 0.5, 1] } as const;
    const jitter = (spreadNs: number, correlation: number) => ({
      jitter: { spreadNs, correlation, distribution: table, unordered: false },
    });
    const queue = (packets: number) => ({ queue: { packets, bytes: null, timeNs: null } });
    const rule = scheduled([
      step({
        overNs: 40 * MS,
        from: both({ ...jitter(0, 0), ...queue(10) }),
        to: both({ ...jitter(3, 1), ...queue(15) }),
      }),
    ]);
    expect(impairmentsAt(rule, 10 * MS)[0]).toEqual({
      ...UNIMPAIRED,
      jitter: { spreadNs: 1, correlation: 0.25, distribution: table, unordered: false },
      queue: { packets: 11, bytes: null, timeNs: null },
    });
  });
});

/** The definition, word by word: which step speaks last, and how far its ramp has come. */
function modelDelay({ schedule, impairments }: Rule, ns: number): number {
  let { delayNs } = impairments[0];
  const { steps, loopNs } = schedule!;
  let nowNs = ns;
  while (loopNs > 0 && nowNs >= loopNs) nowNs -= loopNs;
  for (const { atNs, everyNs, forNs, overNs, from, to } of steps) {
    for (let begin = atNs; begin <= nowNs; begin += everyNs) {
      const end = forNs === null ? Number.POSITIVE_INFINITY : begin + forNs;
      if (nowNs < end && (everyNs === 0 || nowNs < begin + everyNs)) {
        let done = 0;
        while (begin + done + RAMP_STEP_NS <= nowNs) done += RAMP_STEP_NS;
        const [a, b] = [from[0].delayNs!, to[0].delayNs!];
        delayNs = nowNs >= begin + overNs ? b : Math.round(a + ((b - a) * done) / overNs);
      }
      if (everyNs === 0) break;
    }
  }
  return delayNs;
}

/** Multiples of 5 ms, so that boundaries coincide often. */
const time = (min: number, max: number) => fc.integer({ min, max }).map((n) => n * 5 * MS);

const randomStep: fc.Arbitrary<Step> = fc
  .record({
    atNs: time(0, 40),
    everyNs: fc.oneof(fc.constant(0), time(3, 30)),
    forNs: fc.option(time(1, 20)),
    overNs: fc.oneof(fc.constant(0), time(1, 20)),
    a: fc.nat(1000),
    b: fc.nat(1000),
  })
  .map(({ a, b, ...rest }) => ({ ...rest, from: both({ delayNs: a }), to: both({ delayNs: b }) }));

const randomRule = fc
  .tuple(fc.array(randomStep, { maxLength: 4 }), fc.oneof(fc.constant(0), time(1, 60)))
  .map(([steps, loopNs]) => scheduled(steps, loopNs, { delayNs: 2000 }));

describe('against the model', () => {
  test('the values of any moment', () => {
    fc.assert(
      fc.property(randomRule, fc.array(fc.nat(600_000_000), { maxLength: 20 }), (rule, moments) => {
        for (const ns of moments) expect(delayAt(rule, ns)).toBe(modelDelay(rule, ns));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test('nothing changes between two changes, and each is later than the one before', () => {
    fc.assert(
      fc.property(randomRule, (rule) => {
        let ns = 0;
        for (let i = 0; i < 60; i++) {
          const next = nextChangeNs(rule, ns);
          expect(next).toBeGreaterThan(ns);
          const value = modelDelay(rule, ns);
          const last = Math.min(next - 1, ns + S);
          for (const share of [0.25, 0.5, 0.75, 1]) {
            expect(modelDelay(rule, ns + Math.floor((last - ns) * share))).toBe(value);
          }
          // Asked in between, the answer is the same.
          expect(nextChangeNs(rule, last)).toBe(next);
          if (next === Number.POSITIVE_INFINITY) break;
          ns = next;
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });
});
