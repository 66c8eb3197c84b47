/** What was asked for beside what happened: from counters as the engine leaves them. */
import { expect, test } from 'vitest';
import { measure } from '../../src/control/measured.js';
import type { Measured } from '../../src/control/types.js';
import { Engine } from '../../src/netem/engine.js';
import { clopperPearson } from '../../src/netem/interval.js';
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { LinkType } from '../../src/packet/packet-view.js';
import { parseRules } from '../../src/rules/parse.js';
import { Direction } from '../../src/rules/rule.js';
import { ip, udp } from '../support/packets.js';

const MS = 1e6;
/** 128 bytes of IP. */
const PACKET = ip('192.0.2.1', '198.51.100.2', udp(10_000, 53, new Uint8Array(100)));

/** Sends packets out at a steady pace through a rule, punctually, and says what is measured. */
function run(rule: string, packets: number, gapNs: number, seed = 'measured'): Measured {
  const memory = new PacketMemory(2 ** 24);
  const rules = parseRules([rule]);
  const engine = new Engine({ memory, rules, seed });
  const [slot] = memory.takeStaging(1);
  memory.linkType[slot] = LinkType.rawIp;
  const sink = { release: () => {} };
  const drain = (untilNs: number) => {
    while (engine.nextDeadline() <= untilNs) engine.expire(engine.nextDeadline(), sink);
  };
  for (let i = 0; i < packets; i++) {
    drain(i * gapNs);
    memory.bytes.set(PACKET, memory.frameOffset(slot));
    memory.length[slot] = PACKET.length;
    engine.ingress(slot, Direction.out, i * gapNs);
  }
  drain(Number.MAX_SAFE_INTEGER);
  const row = engine.rowOf(0, Direction.out);
  const impairments = rules[0].schedule === null ? rules[0].impairments[Direction.out] : null;
  return measure(impairments, engine.counters.row(row), engine.delays.row(row));
}

test('loss and its bursts', () => {
  const { loss, lossBurst, delay } = run('udp loss 10% burst 4', 20_000, 1_000);
  expect(loss.configured).toBe(0.1);
  expect(loss.realized).toBeGreaterThan(0.08);
  expect(loss.realized).toBeLessThan(0.12);
  // Losses in bursts tell less than as many by themselves would.
  const [low, high] = clopperPearson(Math.round(loss.realized! * 20_000), 20_000, 0.95);
  expect((loss.ci95![1] - loss.ci95![0]) / (high - low)).toBeCloseTo(Math.sqrt(1.72 / 0.28), 0);
  expect(lossBurst.configured).toBe(4);
  expect(lossBurst.ci95![0]).toBeLessThan(4);
  expect(lossBurst.ci95![1]).toBeGreaterThan(4);
  expect(delay).toBe(null);
});

test('nothing has come: nothing is realized', () => {
  const measured = run('udp loss 1% duplicate 2% rate 1mbit', 0, 1);
  for (const [name, each] of Object.entries(measured)) {
    if (name === 'delay') expect(each).toBe(null);
    else expect(each).toMatchObject({ realized: null, ci95: null });
  }
  expect(measured.duplicates.configured).toBe(0.02);
  expect(measured.rate.configured).toBe(1e6);
});

test('delay: constant, and around it', () => {
  const constant = run('udp delay 20ms', 1_000, MS).delay!;
  expect(constant.meanNs).toEqual({ configured: 20 * MS, realized: 20 * MS, ci95: [2e7, 2e7] });
  expect(constant.sdNs).toMatchObject({ configured: 0, realized: 0 });
  const even = run('udp delay 20ms jitter 10ms unordered', 20_000, MS).delay!;
  expect(even.meanNs.configured).toBeCloseTo(20 * MS, -3);
  expect(even.sdNs.configured! / MS).toBeCloseTo(10 / Math.sqrt(3), 2);
  for (const each of [even.meanNs, even.p50Ns, even.p99Ns, even.sdNs]) {
    expect(Math.abs(each.realized! - each.configured!)).toBeLessThan(0.15 * MS);
    expect(each.ci95![0]).toBeLessThanOrEqual(each.realized!);
    expect(each.ci95![1]).toBeGreaterThanOrEqual(each.realized!);
  }
});

test('behind a queue no delay is asked for', () => {
  const { rate, delay } = run('udp rate 1mbit delay 5ms', 500, 0.5 * MS);
  expect(delay!.meanNs.configured).toBe(null);
  expect(delay!.meanNs.realized).toBeGreaterThan(6 * MS);
  // Sent without a pause, but the reading counts packets whole.
  expect(rate.configured).toBe(1e6);
  expect(rate.realized! / 1e6).toBeCloseTo(1, 3);
  expect(rate.ci95![0]).toBeLessThan(1e6);
  expect(rate.ci95![1]).toBeGreaterThan(1e6);
});

test('shares of the packets that lived so long', () => {
  const measured = run('udp loss 50% corrupt 20% duplicate 30%', 10_000, 1_000);
  expect(measured.corruption.realized).toBeCloseTo(0.2, 1);
  expect(measured.duplicates.realized).toBeCloseTo(0.3, 1);
  const { reordering } = run('udp reorder 10% by 2', 10_000, 1_000);
  expect(reordering.configured).toBe(0.1);
  expect(reordering.realized).toBeCloseTo(0.1, 1);
  // Who skips makes others late: how many depends on the traffic.
  const skipping = run('udp delay 10ms reorder 10%', 1_000, MS).reordering;
  expect(skipping.configured).toBe(null);
  expect(skipping.realized).toBeGreaterThan(0.3);
});

test('the interval of a loss in bursts covers the rate behind it', () => {
  const runs = 300;
  let covered = 0;
  for (let seed = 0; seed < runs; seed++) {
    const { ci95 } = run('udp loss 5% burst 4', 2_000, 1_000, String(seed)).loss;
    if (ci95![0] <= 0.05 && ci95![1] >= 0.05) covered++;
  }
  // Some 59 % when the losses are taken for independent ones.
  expect(covered / runs).toBeGreaterThan(0.9);
  expect(covered / runs).toBeLessThan(0.99);
});

test('one packet has no interval, nor a tail of few', () => {
  const { delay } = run('udp delay 20ms jitter 5ms', 1, MS);
  expect(delay!.meanNs.ci95).toBe(null);
  expect(delay!.sdNs.ci95).toBe(null);
  expect(run('udp delay 20ms jitter 5ms', 50, MS).delay!.p99Ns.ci95).toBe(null);
});

test('slots and reordering have no one delay to compare with', () => {
  expect(run('udp slot 50ms', 100, MS).delay!.meanNs.configured).toBe(null);
  expect(run('udp delay 20ms reorder 20%', 100, MS).delay!.p50Ns.configured).toBe(null);
});
