/**
 * Delay on the wire. A packet is never early (1 ms is allowed for the clocks of two programs); how
 * late it is depends on how busy the machine is, so the upper bounds are wide and on medians.
 */
import { describe, expect } from 'vitest';
import { test } from '../support/live-test.js';
import { median, pingUdp, Receiver, send, startEcho } from '../support/traffic.js';

const EARLY_MS = 1;
const LATE_MEDIAN_MS = 50;
const PINGS = 50;
const PING_INTERVAL_MS = 15;

const UNTOUCHED_PORT = 5_000;
const CASES = [
  { port: 5_001, impairment: 'delay 30ms', addedMs: 60 },
  { port: 5_002, impairment: 'rtt 100ms', addedMs: 100 },
  { port: 5_003, impairment: 'delay in:30ms', addedMs: 30 },
];

for (const version of [4, 6] as const) {
  test(`round trips grow by the delay of both ways: IPv${version}`, async ({ lab }) => {
    const ports = [UNTOUCHED_PORT, ...CASES.map(({ port }) => port)];
    await startEcho(lab, lab.far, '::', ...ports);
    await lab.up(...CASES.map(({ port, impairment }) => `udp:${port} ${impairment}`));
    const far = version === 4 ? lab.far4 : lab.far6;
    const [untouched, ...delayed] = await Promise.all(
      ports.map((port) => pingUdp(lab, far, port, PINGS, PING_INTERVAL_MS)),
    );

    for (const [i, { addedMs, impairment }] of CASES.entries()) {
      const rttsMs = delayed[i];
      expect(rttsMs, impairment).not.toContain(null);
      expect(Math.min(...(rttsMs as number[])), impairment).toBeGreaterThan(addedMs - EARLY_MS);
      const addedMedianMs = median(rttsMs) - median(untouched);
      expect(addedMedianMs, impairment).toBeLessThan(addedMs + LATE_MEDIAN_MS);
    }
    expect(median(untouched)).toBeLessThan(LATE_MEDIAN_MS);
    const { rules } = await lab.status();
    expect(rules.map((rule) => [rule.out.delayed, rule.in.delayed])).toEqual([
      [PINGS, PINGS],
      [PINGS, PINGS],
      [0, PINGS],
    ]);
  });
}

describe('jitter', () => {
  const PACKETS = 2_000;
  const PACKETS_PER_MS = 2;
  const DELAY_MS = 30;
  const SPREAD_MS = 20;
  const PORT = 5_004;

  async function oneWay(lab: Parameters<typeof send>[0], jitter: string) {
    await lab.up(`udp:${PORT} delay ${DELAY_MS}ms jitter ${jitter}`, '--seed', 'jitter');
    const receiver = await Receiver.start(lab, lab.far, lab.far4, PORT);
    await send(lab, lab.near, lab.far4, PORT, { count: PACKETS, perMs: PACKETS_PER_MS });
    await lab.statusWhen(({ rules }) => rules[0].out.passed >= PACKETS);
    const arrived = await receiver.stop();
    expect(arrived.distinct).toBe(PACKETS);
    const earliestMs = DELAY_MS - SPREAD_MS - EARLY_MS;
    expect(Math.min(...arrived.delaysMs)).toBeGreaterThan(earliestMs);
    return arrived;
  }

  test('keeps the order by default', async ({ lab }) => {
    const { outOfOrder, delaysMs } = await oneWay(lab, `${SPREAD_MS}ms`);
    expect(outOfOrder).toBe(0);
    // At 2 packets per ms nearly each finds one before it that is later than it would have been.
    expect(median(delaysMs)).toBeGreaterThan(DELAY_MS);
    expect(median(delaysMs)).toBeLessThan(DELAY_MS + SPREAD_MS + LATE_MEDIAN_MS);
  });

  test('reorders when unordered, evenly around the delay', async ({ lab }) => {
    const { outOfOrder, delaysMs } = await oneWay(lab, `${SPREAD_MS}ms unordered`);
    expect(outOfOrder).toBeGreaterThan(PACKETS / 4);
    const sorted = [...delaysMs].sort((a, b) => a - b);
    const quantile = (q: number) => sorted[Math.floor(q * PACKETS)];
    // Uniform over 10 … 50 ms: a tenth below 14 ms, a tenth above 46 ms.
    expect(quantile(0.1)).toBeLessThan(DELAY_MS);
    expect(quantile(0.5)).toBeGreaterThan(DELAY_MS - 3);
    expect(quantile(0.5)).toBeLessThan(DELAY_MS + LATE_MEDIAN_MS);
    expect(quantile(0.9)).toBeGreaterThan(DELAY_MS + SPREAD_MS / 2);
  });
});
