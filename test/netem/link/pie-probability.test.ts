import { describe, expect, test } from 'vitest';
import { PieProbability } from '../../../src/netem/link/pie-probability.js';

const MS = 1e6;

/** A target of 15 ms, updates every 15 ms, and packets that have waited for so many ms. */
function probability() {
  const clock = new Float64Array(1);
  const pie = new PieProbability(clock, 0);
  pie.tune(15 * MS, 15 * MS);
  return {
    pie,
    clock,
    /** After the next update, the last packet having waited for so long. */
    updated(waitMs: number) {
      pie.noteWait(Float64Array.of(clock[0] - waitMs * MS), 0);
      clock[0] += 15 * MS;
      pie.update();
      return pie;
    },
  };
}

function expectProbability(pie: PieProbability, expected: number) {
  expect(pie.isBelow(expected * (1 - 1e-9))).toBe(false);
  expect(pie.isBelow(expected * (1 + 1e-9) + 1e-15)).toBe(true);
}

describe('the probability', () => {
  test('moves by 1/8 of the distance and 5/4 of the growth, less while it is small', () => {
    const { updated } = probability();
    // Distance 100 ms, growth 115 ms: 0.0125 + 0.14375 = 0.15625; below 10^-6: / 2,048.
    let expected = 0.15625 / 2048;
    expectProbability(updated(115), expected);
    // Below 10^-4: / 128; then the distance alone: below 10^-3: / 32; below 0.01: / 8; below 0.1: / 2.
    for (const scale of [128, 32, 32, 32, 8, 8, 8, 8, 8, 8, 2]) {
      expected += 0.0125 / scale;
      expectProbability(updated(115), expected);
    }
    // Growth 80 ms, distance 180 ms.
    expectProbability(updated(195), expected + (0.0225 + 0.1) / 2);
  });

  test('grows by 2 % at most from 10 % on, and to 1 at most', () => {
    const { updated } = probability();
    // Distance 285 ms: 3.6 % of it.
    while (updated(300).isBelow(0.1));
    let steps = 0;
    while (updated(300).isBelow(0.98)) steps++;
    expect(steps).toBeGreaterThan(40);
    expect(steps).toBeLessThan(45);
    for (let i = 0; i < 3; i++) updated(300);
    expectProbability(updated(300), 1);
  });

  test('the smallest steps', () => {
    // The wait is at the target, and stays there; then it is 0.08 ms above.
    const { updated } = probability();
    updated(0);
    let expected = (1.25 * 0.015) / 2048;
    expectProbability(updated(15), expected);
    expectProbability(updated(15), expected);
    expected += (0.125 * 0.00008 + 1.25 * 0.00008) / 512;
    expectProbability(updated(15.08), expected);
  });

  test('decays when two waits in a row are below half of the target', () => {
    const { updated } = probability();
    while (updated(1000).isBelow(0.3));
    while (!updated(15).isBelow(0.3));
    updated(7);
    const pie = updated(7);
    let low = 0;
    let high = 1;
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (pie.isBelow(middle)) high = middle;
      else low = middle;
    }
    const scale = low < 0.01 ? 8 : low < 0.1 ? 2 : 1;
    expectProbability(updated(7), Math.max(0, (low - (0.125 * 0.008) / scale) * 0.98));
  });

  test('is used when the burst is over, and there is a wait or it is high', () => {
    const { pie, updated } = probability();
    for (let update = 1; update < 10; update++) expect(updated(100).isIdle()).toBe(true);
    expect(updated(100).isIdle()).toBe(false);
    expect(updated(7).isIdle()).toBe(true);
    while (updated(100).isBelow(0.4));
    expect(updated(7).isIdle()).toBe(false);
    expect([0, -1, 2 ** 31 - 1].map((draw) => pie.isAbove(draw))).toEqual([true, false, false]);
  });

  test('rests with a wait below the target too, and the burst is over then', () => {
    const { pie, clock, updated } = probability();
    updated(10);
    updated(10);
    expect(pie.isIdle()).toBe(true);
    clock[0] += 10e9;
    pie.update();
    expectProbability(pie, 0);
    expect(pie.isIdle()).toBe(false);
  });

  test('comes to rest in idleness, however long, and allows a burst again', () => {
    const { pie, clock, updated } = probability();
    while (updated(1000).isBelow(0.9));
    pie.noteEmpty();
    clock[0] += 100 * 24 * 3600e9;
    pie.update();
    expectProbability(pie, 0);
    expect(pie.isIdle()).toBe(true);
    pie.noteWait(Float64Array.of(clock[0] - 100 * MS), 0);
    clock[0] += 15 * MS - 1;
    pie.update();
    expectProbability(pie, 0);
    clock[0] += 1;
    pie.update();
    expect(pie.isBelow(1e-9)).toBe(false);
  });
});
