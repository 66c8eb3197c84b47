/** The wheel against a list that is sorted anew for every question. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Wheel } from '../../src/netem/wheel.js';

interface Held {
  slot: number;
  deadlineNs: number;
}

/** What a wheel does, obviously. */
class SortedList {
  #held: Held[] = [];

  insert(slot: number, deadlineNs: number): void {
    this.#held.push({ slot, deadlineNs });
    this.#held.sort((a, b) => a.deadlineNs - b.deadlineNs); // Stable by the language's rules.
  }

  nextDeadline(): number {
    return this.#held[0]?.deadlineNs ?? Number.POSITIVE_INFINITY;
  }

  expire(nowNs: number): number[] {
    const due = this.#held.filter((held) => held.deadlineNs <= nowNs);
    this.#held = this.#held.filter((held) => held.deadlineNs > nowNs);
    return due.map((held) => held.slot);
  }
}

function memoryOf(slots: number) {
  return { next: new Int32Array(slots), deadlineNs: new Float64Array(slots) };
}

function takeAll(wheel: Wheel): number[] {
  const slots = [];
  for (let slot = wheel.takeDue(); slot >= 0; slot = wheel.takeDue()) slots.push(slot);
  return slots;
}

/** Durations of every magnitude from nothing to `bits` bits; many equal ones, and bucket borders. */
function duration(bits: number) {
  return fc.oneof(
    fc.constantFrom(0, 1, 4095, 4096, 4097, 2 ** 24 - 1, 2 ** 24, 2 ** 36 - 1, 2 ** 36, 50_000_000),
    fc
      .tuple(fc.integer({ min: 0, max: bits }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([size, fraction]) => Math.floor(fraction * 2 ** size)),
  );
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ insertAfterNs: duration(50) }) },
  { weight: 1, arbitrary: fc.record({ insertBeforeNs: duration(40) }) },
  { weight: 2, arbitrary: fc.record({ sleepNs: duration(48) }) },
  { weight: 3, arbitrary: fc.constant({ sleepUntilDeadline: true }) },
);

test('releases what a sorted list releases, in the same order', () => {
  const start = fc.oneof(fc.constant(0), duration(52));
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 300, size: 'max' }), (startNs, steps) => {
      const memory = memoryOf(steps.length + 1);
      const wheel = new Wheel(memory);
      const list = new SortedList();
      let nowNs = startNs;
      wheel.expire(nowNs);
      const insert = (slot: number, deadlineNs: number) => {
        memory.deadlineNs[slot] = deadlineNs;
        wheel.insert(slot);
        list.insert(slot, deadlineNs);
      };
      steps.forEach((step, slot) => {
        if ('insertAfterNs' in step) insert(slot, nowNs + step.insertAfterNs);
        else if ('insertBeforeNs' in step) insert(slot, Math.max(0, nowNs - step.insertBeforeNs));
        else {
          if ('sleepNs' in step) nowNs += step.sleepNs;
          else if (list.nextDeadline() < Number.POSITIVE_INFINITY) {
            nowNs = Math.max(nowNs, list.nextDeadline());
          }
          nowNs = Math.min(nowNs, 2 ** 53 - 1);
          wheel.expire(nowNs);
          expect(takeAll(wheel)).toEqual(list.expire(nowNs));
        }
        expect(wheel.nextDeadline()).toBe(list.nextDeadline());
      });
      wheel.expireAll();
      expect(takeAll(wheel)).toEqual(list.expire(Number.POSITIVE_INFINITY));
      expect(wheel.size).toBe(0);
    }),
    { seed: 1, numRuns: 400 },
  );
});

test.each([
  ['constant delay of 1 µs', 1e3, 0],
  ['constant delay of 100 ms', 100e6, 0],
  ['delay of an hour', 3600e9, 0],
  ['jitter within a level-0 bucket', 2e3, 4e3],
  ['jitter of 100 ms', 100e6, 100e6],
  ['jitter of minutes', 100e9, 200e9],
])('a million packets in flight: %s', (_name, delayNs, jitterNs) => {
  const COUNT = 1_000_000;
  const memory = memoryOf(COUNT);
  const wheel = new Wheel(memory);
  let random = 1;
  for (let slot = 0; slot < COUNT; slot++) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    memory.deadlineNs[slot] = slot + delayNs + Math.floor((random / 2 ** 32) * jitterNs);
    wheel.insert(slot);
  }
  expect(wheel.size).toBe(COUNT);
  const sorted = Int32Array.from({ length: COUNT }, (_, slot) => slot);
  sorted.sort((a, b) => memory.deadlineNs[a] - memory.deadlineNs[b] || a - b);
  const endNs = memory.deadlineNs[sorted[COUNT - 1]];
  const released = new Int32Array(COUNT);
  let count = 0;
  for (let turn = 1; turn <= 1000; turn++) {
    const nowNs = delayNs + Math.ceil(((endNs - delayNs) * turn) / 1000);
    wheel.expire(nowNs);
    for (let slot = wheel.takeDue(); slot >= 0; slot = wheel.takeDue()) {
      if (memory.deadlineNs[slot] > nowNs) throw new Error('too early');
      released[count++] = slot;
    }
  }
  expect(count).toBe(COUNT);
  expect(Buffer.compare(new Uint8Array(released.buffer), new Uint8Array(sorted.buffer))).toBe(0);
});

test('time does not go back', () => {
  const memory = memoryOf(1);
  const wheel = new Wheel(memory);
  wheel.expire(1e9);
  wheel.expire(1e6);
  memory.deadlineNs[0] = 5e8;
  wheel.insert(0);
  expect(wheel.nextDeadline()).toBe(5e8);
  wheel.expire(2e6);
  expect(takeAll(wheel)).toEqual([0]);
});

test('an empty wheel has no deadline and releases nothing', () => {
  const wheel = new Wheel(memoryOf(1));
  expect(wheel.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  wheel.expire(1e15);
  expect(wheel.takeDue()).toBe(-1);
});
