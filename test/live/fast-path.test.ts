/** Packets that no rule can match never leave the kernel: its own counters are the witness. */
import { expect } from 'vitest';
import { test } from '../support/live-test.js';
import { ip, type NetnsLab } from '../support/netns-lab.js';
import { forwardedPackets } from '../support/nft-counters.js';
import { missing, Receiver, send } from '../support/traffic.js';

const MATCHED_PORT = 5_001;
const OTHER_PORT = 5_002;
const MATCHED = 100;
const OTHERS = 2_000;

test('packets of other ports never reach the process', async ({ lab }) => {
  const up = await lab.up('--flow', `udp:${MATCHED_PORT}`, '--loss', '0%');
  const flows = [
    { from: lab.near, to: lab.far, address: lab.far4, port: OTHER_PORT, count: OTHERS },
    { from: lab.near, to: lab.far, address: lab.far6, port: OTHER_PORT, count: OTHERS },
    { from: lab.far, to: lab.near, address: lab.near4, port: OTHER_PORT, count: OTHERS },
    { from: lab.far, to: lab.near, address: lab.near6, port: OTHER_PORT, count: OTHERS },
    { from: lab.near, to: lab.far, address: lab.far4, port: MATCHED_PORT, count: MATCHED },
    { from: lab.far, to: lab.near, address: lab.near4, port: MATCHED_PORT, count: MATCHED },
  ];
  const receivers = await Promise.all(
    flows.map(({ to, address, port }) => Receiver.start(lab, to, address, port)),
  );
  await Promise.all(
    flows.map(({ from, address, port, count }) =>
      send(lab, from, address, port, { count, perMs: 2 }),
    ),
  );
  await lab.statusWhen(({ rules }) => rules[0].out.seen + rules[0].in.seen === 2 * MATCHED);
  const arrived = await Promise.all(receivers.map((receiver) => receiver.stop()));

  expect(flows.map(({ count }, i) => missing(count, arrived[i]))).toEqual([[], [], [], [], [], []]);
  expect(forwardedPackets(lab, 'n1', 'out0')).toBe(MATCHED);
  expect(forwardedPackets(lab, 'n1', 'in0')).toBe(MATCHED);
  expect(packetsInto(lab, 'nt0-n1')).toBe(MATCHED);
  expect(packetsInto(lab, 'nr0-n1')).toBe(MATCHED);
  expect((await up.end('SIGTERM')).code).toBe(0);
});

/** What the kernel has sent into a device. */
function packetsInto(lab: NetnsLab, device: string): number {
  const [link] = JSON.parse(ip('-n', lab.near, '-j', '-s', 'link', 'show', 'dev', device));
  return link.stats64.tx.packets;
}
