import { expect, test } from 'vitest';
import { netemSpacing } from '../../src/netem/compat/slot-spacing.js';
import { DUE_NS, SlotGate, type SlotSpacing } from '../../src/netem/slot-gate.js';
import type { StageKit } from '../../src/netem/stages/kit.js';
import type { Slot } from '../../src/rules/rule.js';
import { fakeKit } from '../support/stage-kit.js';
import { kolmogorovSmirnov, normalCdf } from '../support/statistics.js';

const even = (minNs: number, maxNs = minNs, limits: Partial<Slot> = {}): Slot => ({
  spacing: { kind: 'even', minNs, maxNs },
  packets: 0,
  bytes: 0,
  ...limits,
});

function leavings(gate: SlotGate, dueNs: readonly number[], bytes = 100): number[] {
  return dueNs.map((due) => {
    gate.values[DUE_NS] = due;
    gate.leave(bytes);
    return gate.values[DUE_NS];
  });
}

const gateOf = (slot: Slot, kit: StageKit = fakeKit()) => new SlotGate(slot, kit);

test('packets wait for the slot that their first one opened, and leave together', () => {
  // 3 opens the slot at 13; 14 is later than it and opens the one at 24.
  expect(leavings(gateOf(even(10)), [3, 4, 12, 13, 14, 20, 30])).toEqual([
    13, 13, 13, 13, 24, 24, 40,
  ]);
});

test('the first slot begins with the rule', () => {
  const gate = gateOf(even(10), fakeKit({ startNs: 100 }));
  expect(leavings(gate, [100, 100, 101, 110])).toEqual([100, 100, 111, 111]);
});

test('a slot has so many packets; the next begins its spacing after the last of them', () => {
  const gate = gateOf(even(10, 10, { packets: 2 }));
  expect(leavings(gate, [5, 5, 5, 5, 5, 36, 36])).toEqual([15, 15, 25, 25, 35, 46, 46]);
});

test('a slot has so many bytes, and lets the packet pass that exceeds them', () => {
  const gate = gateOf(even(10, 10, { bytes: 250 }));
  expect(leavings(gate, [5, 5, 5, 5, 5])).toEqual([15, 15, 15, 25, 25]);
  const small = gateOf(even(10, 10, { bytes: 100, packets: 9 }));
  expect(leavings(small, [5, 5, 5])).toEqual([15, 25, 35]);
});

/** netem_dequeue and get_slot_next for packets that are due when they come, as plainly as can be. */
function model(slot: Slot, dueNs: readonly number[], bytes: readonly number[], next: () => number) {
  let slotNs = 0;
  let packetsLeft = slot.packets || Infinity;
  let bytesLeft = slot.bytes || Infinity;
  const open = (nowNs: number) => {
    slotNs = nowNs + next();
    packetsLeft = slot.packets || Infinity;
    bytesLeft = slot.bytes || Infinity;
  };
  const leaves: number[] = [];
  let clock = 0;
  dueNs.forEach((due, i) => {
    // The head of the queue is looked at when it came, or when those before it have left.
    if (slotNs < due) open(Math.max(due, clock));
    clock = Math.max(due, clock, slotNs);
    leaves.push(clock);
    packetsLeft--;
    bytesLeft -= bytes[i];
    if (packetsLeft <= 0 || bytesLeft <= 0) open(clock);
  });
  return leaves;
}

test.each([
  even(0, 2000),
  even(500, 3000, { packets: 3 }),
  even(100, 900, { bytes: 700 }),
  even(1000, 5000, { packets: 5, bytes: 1000 }),
])('as the obvious model, draw for draw: %o', (slot) => {
  const { spacing } = slot as { spacing: Extract<Slot['spacing'], { kind: 'even' }> };
  const random = fakeKit({ seed: 'arrivals' }).stream('x');
  let due = 0;
  const dueNs = Array.from({ length: 3000 }, (_, i) => {
    due += (random.int32(0, i, 0) >>> 0) % (i % 100 < 50 ? 200 : 3000);
    return due;
  });
  const bytes = dueNs.map((_, i) => (random.int32(1, i, 0) >>> 0) % 500);
  const stream = fakeKit().stream('slot');
  let slots = 0;
  const next = () => {
    const draw = stream.int32(0, ++slots, 0) >>> 0;
    return spacing.minNs + Math.floor((draw * (spacing.maxNs - spacing.minNs + 1)) / 2 ** 32);
  };
  const gate = gateOf(slot);
  const leaves = dueNs.map((time, i) => leavings(gate, [time], bytes[i])[0]);
  expect(leaves).toEqual(model(slot, dueNs, bytes, next));
  expect(slots).toBeGreaterThan(100);
});

/** The times from slot to slot, when each packet finds the last slot gone. */
function spacings(slot: Slot, count: number, spacing?: SlotSpacing): number[] {
  const gate = new SlotGate(slot, fakeKit(), spacing);
  return Array.from(
    { length: count },
    (_, i) => leavings(gate, [1e10 * (i + 1)])[0] - 1e10 * (i + 1),
  );
}

test('even spacing is even over whole nanoseconds, both ends included', () => {
  const counts = new Map<number, number>();
  for (const ns of spacings(even(3, 7), 5000)) counts.set(ns, (counts.get(ns) ?? 0) + 1);
  expect([...counts.keys()].sort()).toEqual([3, 4, 5, 6, 7]);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
});

test('a distribution of spacings is that law', () => {
  const drawn: Slot = {
    spacing: {
      kind: 'distribution',
      distribution: { kind: 'normal' },
      delayNs: 1e9,
      spreadNs: 1e8,
    },
    packets: 0,
    bytes: 0,
  };
  const values = spacings(drawn, 20_000).map((ns) => (ns - 1e9) / 1e8);
  expect(kolmogorovSmirnov(values, normalCdf).pValue).toBeGreaterThan(0.001);
  const netem = spacings(drawn, 20_000, netemSpacing(drawn.spacing));
  // Its table ends at −4 and 3.52.
  expect(Math.min(...netem)).toBeGreaterThanOrEqual(6e8);
  expect(Math.max(...netem)).toBeLessThan(1.3523e9);
  expect(new Set(netem).size).toBeLessThanOrEqual(4096);
});

test('with negative times from slot to slot nobody overtakes, and nobody leaves before it is due', () => {
  const slot: Slot = {
    spacing: {
      kind: 'distribution',
      distribution: { kind: 'normal' },
      delayNs: 100,
      spreadNs: 1000,
    },
    packets: 1,
    bytes: 0,
  };
  const due = Array.from({ length: 2000 }, (_, i) => i * 50);
  const leaves = leavings(gateOf(slot), due);
  leaves.forEach((time, i) => {
    expect(time).toBeGreaterThanOrEqual(due[i]);
    if (i > 0) expect(time).toBeGreaterThanOrEqual(leaves[i - 1]);
  });
});

test('a change of values goes on with the slot that is open, within the new limits', () => {
  const kit = fakeKit();
  expect(leavings(gateOf(even(100), kit), [5])).toEqual([105]);
  const limited = gateOf(even(10, 10, { packets: 2 }), kit.successor());
  expect(leavings(limited, [6, 7, 8, 8])).toEqual([105, 105, 115, 115]);
});

test('the slots of a seed never change', () => {
  const gate = gateOf(even(1000, 9000), fakeKit({ seed: '42', rule: 'udp:53' }));
  const due = Array.from({ length: 16 }, (_, i) => i * 1500);
  expect(leavings(gate, due).join(' ')).toMatchInlineSnapshot(
    `"0 8406 8406 8406 8406 8406 10770 10770 16975 16975 16975 16975 20128 20128 28940 28940"`,
  );
});
