import { expect, test } from 'vitest';
import { delayStage } from '../../../src/netem/stages/delay.js';
import { jitterStage } from '../../../src/netem/stages/jitter.js';
import type { StageKit } from '../../../src/netem/stages/kit.js';
import { GO_ON, Judgement, RELEASE_NS, type Stage } from '../../../src/netem/stages/stage.js';
import type { Distribution, Jitter } from '../../../src/rules/rule.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';
import { lag1 } from '../../support/statistics.js';

const PACKETS = 100_000;
const ARRIVED_NS = 12_345;

type Kind = Exclude<Distribution['kind'], 'table'>;

function jitter(spreadNs: number, kind: Kind = 'uniform', correlation = 0): Jitter {
  return { spreadNs, distribution: { kind }, correlation, unordered: false };
}

/** How long packets `from` … `to` of a flow are held, less the delay. */
function offsets(stage: Stage, delayNs: number, from: number, to: number, flow = 0): number[] {
  const delay = delayStage(delayNs);
  const packet = new Judgement();
  const times: number[] = [];
  for (let ordinal = from; ordinal <= to; ordinal++) {
    nextPacket(packet, flow, ordinal, ARRIVED_NS);
    delay.apply(packet);
    if (stage.apply(packet) !== GO_ON) throw new Error('jitter dropped a packet');
    times.push(packet.values[RELEASE_NS] - ARRIVED_NS - delayNs);
  }
  return times;
}

function holds(delayNs: number, spreadNs: number): number[] {
  const stage = jitterStage(jitter(spreadNs), fakeKit());
  return offsets(stage, delayNs, 0, PACKETS - 1).map((ns) => ns + delayNs);
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
  for (const kind of ['normal', 'pareto', 'paretonormal'] as const) {
    for (const correlation of [0, 0.5]) {
      const stage = jitterStage(jitter(1e6, kind, correlation), fakeKit());
      const times = offsets(stage, 0, 1, 1000);
      expect(Math.min(...times)).toBe(0);
      expect(times.every(Number.isInteger)).toBe(true);
    }
  }
});

const table: Jitter = {
  ...jitter(1e6),
  distribution: { kind: 'table', file: 'x', values: [-1, -0.5, 0, 3] },
};

test('the times of a seed never change', () => {
  const spell = (value: Jitter) => {
    const stage = jitterStage(value, fakeKit({ seed: '42', rule: 'udp:53' }));
    const name = `${value.distribution.kind} ${value.correlation}`;
    return `${name}: ${offsets(stage, 100e6, 1, 5).join(' ')}`;
  };
  const all = (['uniform', 'normal', 'pareto', 'paretonormal'] as const).flatMap((kind) => [
    spell(jitter(1e6, kind)),
    spell(jitter(1e6, kind, 0.5)),
  ]);
  all.push(spell(table), spell({ ...table, correlation: 0.5 }));
  expect(all.join('\n')).toMatchInlineSnapshot(`
    "uniform 0: -373269 -366471 237758 -454489 -742618
    uniform 0.5: -373269 -490531 -65843 -424504 -791940
    normal 0: -486333 -476765 302538 -604500 -1132599
    normal 0.5: -486333 -656057 -66023 -556524 -1259122
    pareto 0: -488655 -486153 -160989 -517327 -604013
    pareto 0.5: -488655 -533599 -412354 -517298 -615595
    paretonormal 0: -488075 -483806 -45107 -539121 -736160
    paretonormal 0.5: -488075 -568466 -341151 -531786 -775339
    table 0: -623269 -616471 -12242 -704489 -992618
    table 0.5: -623269 -747094 -360512 -684073 -1000000"
  `);
});

test('correlated jitter has one memory for all flows', () => {
  const stage = jitterStage(jitter(1e6, 'normal', 0.9), fakeKit());
  const times: number[] = [];
  for (let i = 1; i <= 20_000; i++) times.push(...offsets(stage, 1e8, i, i, i % 7));
  expect(Math.abs(lag1(times) - 0.9)).toBeLessThan(0.02);
});

test('per flow, each flow has its own memory', () => {
  const stage = jitterStage(jitter(1e6, 'normal', 0.9), fakeKit({ perFlow: true }));
  const flows: number[][] = [[], []];
  const mixed: number[] = [];
  for (let i = 1; i <= 20_000; i++) {
    for (const flow of [0, 1]) {
      const [time] = offsets(stage, 1e8, i, i, flow);
      flows[flow].push(time);
      mixed.push(time);
    }
  }
  for (const times of flows) expect(Math.abs(lag1(times) - 0.9)).toBeLessThan(0.02);
  expect(Math.abs(lag1(mixed))).toBeLessThan(0.1);
});

test('a flow in the place of a forgotten one begins anew', () => {
  const times = (kit: StageKit, before: number) => {
    const stage = jitterStage(jitter(1e6, 'normal', 0.99), kit);
    const packet = new Judgement();
    for (let i = 1; i <= before; i++) {
      nextPacket(packet, 3, i);
      stage.apply(packet);
    }
    nextPacket(packet, 4, 1, 1e9);
    packet.entry = 3;
    delayStage(1e8).apply(packet);
    stage.apply(packet);
    return packet.values[RELEASE_NS];
  };
  const fresh = times(fakeKit({ perFlow: true }), 0);
  expect(times(fakeKit({ perFlow: true }), 100)).toBe(fresh);
  expect(times(fakeKit(), 100)).not.toBe(fresh);
});

test('a change of spread or correlation does not begin the process anew', () => {
  const kit = fakeKit();
  const before = jitterStage(jitter(1e6, 'normal', 0.9), kit);
  offsets(before, 1e8, 1, 50);
  const unchanged = fakeKit();
  const expected = offsets(jitterStage(jitter(1e6, 'normal', 0.9), unchanged), 1e8, 1, 60);
  const after = jitterStage(jitter(2e6, 'normal', 0.9), kit.successor());
  offsets(after, 1e8, 51, 60).forEach((ns, i) => {
    expect(Math.abs(ns - 2 * expected[50 + i])).toBeLessThanOrEqual(1);
  });
});

test('a correlation of 100 % keeps the first value', () => {
  const stage = jitterStage(jitter(1e6, 'pareto', 1), fakeKit());
  const all = offsets(stage, 1e8, 1, 100);
  expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(1);
});

test('a copy has draws of its own, and does not begin a flow anew', () => {
  const apply = (correlation: number) => {
    const stage = jitterStage(jitter(1e6, 'normal', correlation), fakeKit({ perFlow: true }));
    const packet = new Judgement();
    return [0, 0x8000_0000 | 0].map((high) => {
      nextPacket(packet, 0, 1, 1e9);
      packet.ordinalHigh = high;
      delayStage(1e8).apply(packet);
      stage.apply(packet);
      return packet.values[RELEASE_NS] - 1.1e9;
    });
  };
  const [first, copy] = apply(0);
  expect(copy).not.toBe(first);
  const [bound, boundCopy] = apply(1);
  expect(bound).toBe(first);
  expect(Math.abs(boundCopy - bound)).toBeLessThanOrEqual(1);
});
