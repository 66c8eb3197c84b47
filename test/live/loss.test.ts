/**
 * What was asked for is what happened: random loss on the wire, counted where it arrives, is
 * exactly what netemu says it did, and no further from the configured rate than chance allows.
 */
import { expect } from 'vitest';
import { binomialInterval } from '../../src/netem/interval.js';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';
import { Receiver, send, udpCounter } from '../support/traffic.js';

const PACKETS = 20_000;
const PACKETS_PER_MS = 5;
const LOSS = 0.2;
const OUT_PORT = 5_001;
const IN_PORT = 5_002;

for (const version of [4, 6] as const) {
  test(`20 % loss of ${PACKETS} packets each way is what arrives and what status says: IPv${version}`, async ({
    lab,
  }) => {
    await lab.up('--flow', 'udp:5001-5002', '--loss', '20%', '--seed', `loss of IPv${version}`);
    const [near, far] = version === 4 ? [lab.near4, lab.far4] : [lab.near6, lab.far6];
    const outward = await Receiver.start(lab, lab.far, far, OUT_PORT);
    const inward = await Receiver.start(lab, lab.near, near, IN_PORT);
    const sending = { count: PACKETS, perMs: PACKETS_PER_MS };
    await Promise.all([
      send(lab, lab.near, far, OUT_PORT, sending),
      send(lab, lab.far, near, IN_PORT, sending),
    ]);
    await lab.statusWhen(({ rules }) => rules[0].out.seen + rules[0].in.seen >= 2 * PACKETS);
    const arrived = { out: await outward.stop(), in: await inward.stop() };
    const { rules, kernelDrops } = await lab.status();

    expect(kernelDrops).toBe(0);
    expect(bufferErrors(lab)).toBe(0);
    const [low, high] = binomialInterval(PACKETS, LOSS, 0.999);
    for (const way of ['out', 'in'] as const) {
      const { seen, passed, dropped, held, delayed } = rules[0][way];
      expect(seen).toBe(PACKETS);
      expect(arrived[way]).toMatchObject({ received: passed, distinct: passed, outOfOrder: 0 });
      expect(dropped).toEqual({ loss: PACKETS - passed, partition: 0, queue: 0, overflow: 0 });
      expect([held, delayed]).toEqual([0, 0]);
      expect(dropped.loss).toBeGreaterThanOrEqual(low);
      expect(dropped.loss).toBeLessThanOrEqual(high);
      const { configured, realized, ci95 } = rules[0].measured[way].loss;
      expect([configured, realized]).toEqual([LOSS, dropped.loss / PACKETS]);
      expect(ci95![0]).toBeLessThan(realized!);
      expect(ci95![1]).toBeGreaterThan(realized!);
    }
    // The directions draw independently.
    expect(arrived.out.numbers).not.toEqual(arrived.in.numbers);
  });
}

function bufferErrors(lab: NetnsLab): number {
  return udpCounter(lab, lab.near, 'RcvbufErrors') + udpCounter(lab, lab.far, 'RcvbufErrors');
}
