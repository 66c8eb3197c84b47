import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Counter } from '../../../src/netem/counters.js';
import { binomialInterval } from '../../../src/netem/interval.js';
import { outageStage } from '../../../src/netem/stages/outage.js';
import { GO_ON, Judgement, type Stage } from '../../../src/netem/stages/stage.js';
import type { Outage } from '../../../src/rules/rule.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';
import { chiSquare, kolmogorovSmirnov, lag1, mean, SIGMAS_999 } from '../../support/statistics.js';

const packet = new Judgement();

/** Whether a packet that arrives then passes. */
function passes(stage: Stage, arrivalNs: number): boolean {
  nextPacket(packet, 0, 1, arrivalNs);
  const verdict = stage.apply(packet);
  if (verdict !== GO_ON && verdict !== Counter.droppedPartition) throw new Error(`${verdict}`);
  return verdict === GO_ON;
}

/** The definition, step by step: on, off, on, off, … up to the arrival, or to the last outage. */
function works({ onNs, offNs, times }: Outage, startNs: number, arrivalNs: number): boolean {
  let endNs = startNs;
  let outages = 0;
  for (let on = true; ; on = !on) {
    if (on && times > 0 && outages === times) return true;
    endNs += on ? onNs : offNs;
    if (!on) outages++;
    if (arrivalNs < endNs) return on;
  }
}

test('works and fails in turn, to the nanosecond', () => {
  const stage = outageStage(
    { onNs: 5e9, offNs: 2e9, exponential: false, times: 0 },
    fakeKit({ startNs: 1e9 }),
  );
  const boundaries: [number, boolean][] = [
    [1e9, true],
    [6e9 - 1, true],
    [6e9, false],
    [8e9 - 1, false],
    [8e9, true],
    [13e9, false],
    [15e9, true],
    // After 81 days.
    [1e9 + 7e9 * 1_000_000 + 5e9 - 1, true],
    [1e9 + 7e9 * 1_000_000 + 5e9, false],
  ];
  for (const [arrivalNs, on] of boundaries) expect(passes(stage, arrivalNs)).toBe(on);
});

test('is what the definition says for any times', () => {
  const times = fc.record({
    onNs: fc.integer({ min: 1, max: 1000 }),
    offNs: fc.integer({ min: 0, max: 1000 }),
    startNs: fc.integer({ min: 0, max: 10_000 }),
    outages: fc.integer({ min: 0, max: 5 }),
    steps: fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 100 }),
  });
  fc.assert(
    fc.property(times, ({ onNs, offNs, startNs, outages, steps }) => {
      const outage: Outage = { onNs, offNs, exponential: false, times: outages };
      const stage = outageStage(outage, fakeKit({ startNs }));
      let arrivalNs = startNs;
      for (const step of steps) {
        arrivalNs += step;
        if (passes(stage, arrivalNs) !== works(outage, startNs, arrivalNs)) return false;
      }
      return true;
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('a phase of no time does not take place', () => {
  for (const exponential of [false, true]) {
    const never = outageStage({ onNs: 0, offNs: 5, exponential, times: 0 }, fakeKit());
    const always = outageStage({ onNs: 5, offNs: 0, exponential, times: 0 }, fakeKit());
    const neither = outageStage({ onNs: 0, offNs: 0, exponential, times: 0 }, fakeKit());
    for (let ns = 0; ns < 100; ns++) {
      expect(passes(never, ns)).toBe(false);
      expect(passes(always, ns)).toBe(true);
      expect(passes(neither, ns)).toBe(true);
    }
  }
});

const exponential: Outage = { onNs: 50e6, offNs: 20e6, exponential: true, times: 0 };
/** Looks so often that phases are measured to 0.1 %. */
const STEP_NS = 20_000;

/** The lengths of all whole phases of the first `totalNs`. */
function phases(outage: Outage, totalNs: number): { on: number[]; off: number[] } {
  const stage = outageStage(outage, fakeKit({ startNs: 7e9 }));
  const lengths: { on: number[]; off: number[] } = { on: [], off: [] };
  let sinceNs = 0;
  let was = true;
  for (let ns = 0; ns < totalNs; ns += STEP_NS) {
    nextPacket(packet, 0, 1, 7e9 + ns);
    const is = stage.apply(packet) === GO_ON;
    if (is === was) continue;
    lengths[was ? 'on' : 'off'].push(ns - sinceNs);
    sinceNs = ns;
    was = is;
  }
  return lengths;
}

test('exponential phases have their means and their distribution, and are independent', () => {
  const { on, off } = phases(exponential, 100e9);
  for (const [lengths, meanNs] of [
    [on, exponential.onNs],
    [off, exponential.offNs],
  ] as const) {
    const { length } = lengths;
    expect(length).toBeGreaterThan(1000);
    // An exponential distribution's standard deviation is its mean.
    const sigmas = (mean(lengths) - meanNs) / (meanNs / Math.sqrt(length));
    expect(Math.abs(sigmas)).toBeLessThan(SIGMAS_999);
    // A phase begins and ends between two looks, so that the error of its length is a triangle around 0.
    expect(kolmogorovSmirnov(lengths, (ns) => 1 - Math.exp(-ns / meanNs)).pValue).toBeGreaterThan(
      0.01,
    );
    expect(Math.abs(lag1(lengths))).toBeLessThan(SIGMAS_999 / Math.sqrt(length));
  }
  // A long phase says nothing of the one that follows.
  const counts = [0, 0, 0, 0];
  for (const [i, length] of off.entries()) {
    counts[
      (on[i] > exponential.onNs * Math.LN2 ? 1 : 0) +
        (length > exponential.offNs * Math.LN2 ? 2 : 0)
    ]++;
  }
  const even = counts.map(() => off.length / 4);
  expect(chiSquare(counts, even).pValue).toBeGreaterThan(0.001);
});

test('what befalls a packet does not depend on which others come', () => {
  const kit = fakeKit({ startNs: 7e9 });
  const often = outageStage(exponential, kit);
  const seldom = outageStage(exponential, fakeKit({ startNs: 7e9 }));
  const others = outageStage(exponential, fakeKit({ startNs: 7e9, seed: '2' }));
  let different = 0;
  let disagreements = 0;
  for (let i = 0; i < 50_000; i++) {
    const arrivalNs = 7e9 + i * 100_000;
    const on = passes(often, arrivalNs);
    if (i % 997 === 0 && passes(seldom, arrivalNs) !== on) disagreements++;
    if (passes(others, arrivalNs) !== on) different++;
  }
  expect(disagreements).toBe(0);
  expect(different).toBeGreaterThan(1000);
});

test('after a very long silence it works as often as it should, without drawing all phases between', () => {
  const outage: Outage = { onNs: 2000, offNs: 1000, exponential: true, times: 0 };
  const stage = outageStage(outage, fakeKit());
  const packets = 20_000;
  let working = 0;
  let changes = 0;
  for (let i = 0; i < packets; i++) {
    // 100 s apart: 33 million periods, for which the test would have no time.
    const arrivalNs = i * 100e9;
    const on = passes(stage, arrivalNs);
    if (on) working++;
    // The phase that was found goes on as any other.
    if (on && !passes(stage, arrivalNs + 200)) changes++;
  }
  const [lo, hi] = binomialInterval(packets, 2 / 3, 0.999);
  expect(working).toBeGreaterThanOrEqual(lo);
  expect(working).toBeLessThanOrEqual(hi);
  // Of two states with rates a = 1/2000 and b = 1/1000: P(off after t) = a/(a+b) · (1 − e^−(a+b)t).
  const changed = (1 / 3) * (1 - Math.exp(-0.3));
  const [changesLo, changesHi] = binomialInterval(working, changed, 0.999);
  expect(changes).toBeGreaterThanOrEqual(changesLo);
  expect(changes).toBeLessThanOrEqual(changesHi);
});

test('other values hold from the next phase on', () => {
  const kit = fakeKit();
  const longer: Outage = { onNs: 50e9, offNs: 20e9, exponential: true, times: 0 };
  const first = outageStage(exponential, kit);
  const same = outageStage(exponential, fakeKit());
  expect(passes(first, 0)).toBe(true);
  // The first phase ends when it would have ended.
  const second = outageStage(longer, kit.successor());
  let ns = 0;
  let endedEarly = 0;
  for (; passes(same, ns); ns += 1000) if (!passes(second, ns)) endedEarly++;
  expect(endedEarly).toBe(0);
  expect(passes(second, ns)).toBe(false);
  // The second is a thousand times as long: the same draw with another mean.
  const beginNs = ns;
  while (!passes(same, ns)) ns += 1000;
  const shortNs = ns - beginNs;
  expect(passes(second, beginNs + shortNs * 990)).toBe(false);
  expect(passes(second, beginNs + shortNs * 1010)).toBe(true);
});

test('after the last of a number of outages the link works for good', () => {
  const endNs = 20e9;
  for (const times of [1, 3]) {
    const stage = outageStage({ ...exponential, times }, fakeKit({ startNs: 0 }));
    let changes = 0;
    let was = true;
    for (let ns = 0; ns < endNs; ns += 1e6) {
      const is = passes(stage, ns);
      if (is !== was) changes++;
      was = is;
    }
    expect([changes, was]).toEqual([2 * times, true]);
    // Nobody looked for a long time.
    const asleep = outageStage({ ...exponential, times }, fakeKit({ startNs: 0 }));
    expect(passes(asleep, 1e15)).toBe(true);
  }
});
