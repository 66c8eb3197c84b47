import { expect, test } from 'vitest';
import { Stream } from '../../../src/netem/random.js';
import { Delay, Jitter } from '../../../src/netem/stages/delay.js';
import { ARRIVAL_NS, GO_ON, Judgement, RELEASE_NS } from '../../../src/netem/stages/stage.js';

const PACKETS = 100_000;
const ARRIVED_NS = 12_345;

/** How long each of many packets is held by a delay with jitter. */
function holds(delayNs: number, spreadNs: number): number[] {
  const delay = new Delay(delayNs);
  const jitter = new Jitter(spreadNs, new Stream('1', 'any', 'out', 'jitter'));
  const packet = new Judgement();
  let dropped = 0;
  const times = Array.from({ length: PACKETS }, (_, i) => {
    packet.ordinalLow = i;
    packet.values[ARRIVAL_NS] = ARRIVED_NS;
    packet.values[RELEASE_NS] = ARRIVED_NS;
    if (delay.apply(packet) !== GO_ON || jitter.apply(packet) !== GO_ON) dropped++;
    return packet.values[RELEASE_NS] - ARRIVED_NS;
  });
  expect(dropped).toBe(0);
  return times;
}

test('jitter is uniform over the nanoseconds from −spread to +spread, both included', () => {
  const counts = new Map<number, number>();
  for (const hold of holds(100, 5)) counts.set(hold, (counts.get(hold) ?? 0) + 1);
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 11 }, (_, i) => 95 + i),
  );
  const expected = PACKETS / 11;
  for (const count of counts.values()) {
    expect(Math.abs(count - expected)).toBeLessThan(4 * Math.sqrt(expected));
  }
});

test('over long spreads the mean is the delay and the extremes are reached', () => {
  const all = holds(100e6, 50e6);
  const mean = all.reduce((sum, hold) => sum + hold, 0) / PACKETS;
  // The standard deviation of the mean: spread / √3 / √packets.
  expect(Math.abs(mean - 100e6)).toBeLessThan((4 * 50e6) / Math.sqrt(3 * PACKETS));
  expect(Math.min(...all)).toBeGreaterThanOrEqual(50e6);
  expect(Math.min(...all)).toBeLessThan(50.01e6);
  expect(Math.max(...all)).toBeLessThanOrEqual(150e6);
  expect(Math.max(...all)).toBeGreaterThan(149.99e6);
  expect(all.every(Number.isInteger)).toBe(true);
});

test('jitter without delay never releases before the arrival', () => {
  const all = holds(0, 1000);
  expect(Math.min(...all)).toBe(0);
  const atOnce = all.filter((hold) => hold === 0).length;
  expect(Math.abs(atOnce / PACKETS - 0.5)).toBeLessThan(0.01);
});
