/**
 * Live equals offline: which numbered packets are lost on the wire is what the engine says of the
 * same packets without any wire, for the same seed, whatever other rules there are.
 */
import { expect } from 'vitest';
import { Direction } from '../../src/rules/rule.js';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';
import { type Flow, lostOffline } from '../support/offline.js';
import { missing, Receiver, send } from '../support/traffic.js';

const PACKETS = 1_000;
const PACKETS_PER_MS = 3;
const PORT = 5_001;
const RULE = `udp:${PORT} loss 30%`;
const OTHER_RULES = ['icmp delay 1s', 'udp:5999 loss 50% delay 2ms'];

test('the same seed loses the same packets live, live again and offline; another seed others', async ({
  lab,
}) => {
  // Numbered by their first packets: a flow out, one in, one more out over IPv6.
  const flows: Flow[] = [
    { direction: Direction.out, from: lab.near4, to: lab.far4 },
    { direction: Direction.in, from: lab.far4, to: lab.near4 },
    { direction: Direction.out, from: lab.near6, to: lab.far6 },
  ];
  const first = await lostLive(lab, flows, 'red', [RULE]);
  const again = await lostLive(lab, flows, 'red', [...OTHER_RULES, RULE]);
  const other = await lostLive(lab, flows, 'blue', [RULE]);

  expect(first).toEqual(lostOffline(flows, PORT, PACKETS, 'red', [RULE]));
  expect(again).toEqual(first);
  expect(other).toEqual(lostOffline(flows, PORT, PACKETS, 'blue', [RULE]));
  const all = [...first, ...other].map((numbers) => JSON.stringify(numbers));
  expect(new Set(all).size).toBe(all.length);
  for (const numbers of first) expect(numbers.length / PACKETS).toBeCloseTo(0.3, 1);
});

test('packets named by their ordinal are lost and no others', async ({ lab }) => {
  const count = 40;
  const cases = [
    { loss: 'first 3', lost: [0, 1, 2] },
    { loss: 'nth 2,5-7', lost: [1, 4, 5, 6] },
    { loss: 'every 10', lost: [9, 19, 29, 39] },
    { loss: 'in:first 3', lost: [] },
  ];
  const ports = cases.map((_, i) => PORT + i);
  await lab.up(...cases.map(({ loss }, i) => `udp:${ports[i]} loss ${loss}`));
  const receivers = await Promise.all(
    ports.map((port) => Receiver.start(lab, lab.far, lab.far4, port)),
  );
  await Promise.all(
    ports.map((port) => send(lab, lab.near, lab.far4, port, { count, perMs: PACKETS_PER_MS })),
  );
  await lab.statusWhen(({ rules }) => rules.every((rule) => rule.out.seen === count));
  const arrived = await Promise.all(receivers.map((receiver) => receiver.stop()));
  expect(arrived.map((one) => missing(count, one))).toEqual(cases.map(({ lost }) => lost));
});

/** The lost numbers of each flow, one flow after the other. */
async function lostLive(
  lab: NetnsLab,
  flows: readonly Flow[],
  seed: string,
  rules: readonly string[],
): Promise<number[][]> {
  const up = await lab.up('--seed', seed, ...rules);
  const ends = flows.map(({ direction }) =>
    direction === Direction.out ? [lab.near, lab.far] : [lab.far, lab.near],
  );
  const receivers = await Promise.all(
    flows.map(({ to }, i) => Receiver.start(lab, ends[i][1], to, PORT)),
  );
  for (const [i, { to }] of flows.entries()) {
    // Flows are told apart by their ports; which ones does not matter to the verdicts.
    const sourcePort = 41_000 + i;
    const sending = { count: PACKETS, perMs: PACKETS_PER_MS, sourcePort };
    await send(lab, ends[i][0], to, PORT, sending);
    await lab.statusWhen((status) => {
      const rule = status.rules.at(-1)!;
      return rule.out.seen + rule.in.seen === (i + 1) * PACKETS;
    });
  }
  const arrived = await Promise.all(receivers.map((receiver) => receiver.stop()));
  expect((await up.end('SIGINT')).code).toBe(0);
  return arrived.map((one) => missing(PACKETS, one));
}
