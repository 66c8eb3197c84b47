/**
 * A datagram larger than the MTU crosses in three fragments, of which only the first has ports: all
 * three meet the rule of the first, and fragments of other datagrams pass untouched.
 */
import { expect } from 'vitest';
import { test } from '../support/live-test.js';
import { missing, Receiver, range, send } from '../support/traffic.js';

const DATAGRAMS = 50;
const DATAGRAM_BYTES = 4_000;
const FRAGMENTS = 3;

const CUT_PORT = 5_001;
const DELAYED_PORT = 5_002;
const LOSSY_PORT = 5_003;
const OTHER_PORT = 5_004;
const PORTS = [CUT_PORT, DELAYED_PORT, LOSSY_PORT, OTHER_PORT];

for (const version of [4, 6] as const) {
  test(`all fragments of a datagram meet its rule: IPv${version}`, async ({ lab }) => {
    // Else the receivers give up a datagram when 64 others' fragments come between two of its own,
    // which is a matter of chance when several senders share a busy machine.
    for (const namespace of [lab.near, lab.far]) {
      lab.sysctl(namespace, 'net.ipv4.ipfrag_max_dist', 0);
    }
    await lab.up(
      `udp:${CUT_PORT} partition`,
      `udp:${DELAYED_PORT} delay 5ms`,
      // The second fragment of the second datagram.
      `udp:${LOSSY_PORT} loss nth 5`,
    );
    const [near, far] = version === 4 ? [lab.near4, lab.far4] : [lab.near6, lab.far6];
    const ways = [
      { from: lab.near, to: lab.far, address: far },
      { from: lab.far, to: lab.near, address: near },
    ];
    const flows = ways.flatMap((way) => PORTS.map((port) => ({ ...way, port })));
    const receivers = await Promise.all(
      flows.map(({ to, address, port }) => Receiver.start(lab, to, address, port)),
    );
    const sending = { count: DATAGRAMS, perMs: 0.5, bytes: DATAGRAM_BYTES };
    await Promise.all(
      flows.map(({ from, address, port }) => send(lab, from, address, port, sending)),
    );
    const { rules, kernelDrops } = await lab.statusWhen(({ rules }) =>
      rules.every(
        ({ out, in: inward }) =>
          out.seen === DATAGRAMS * FRAGMENTS && inward.seen === DATAGRAMS * FRAGMENTS && !out.held,
      ),
    );
    const arrived = await Promise.all(receivers.map((receiver) => receiver.stop()));

    const lost = [range(DATAGRAMS), [], [1], []];
    expect(arrived.map((one) => missing(DATAGRAMS, one))).toEqual([...lost, ...lost]);
    for (const way of ['out', 'in'] as const) {
      const counts = rules.map((rule) => rule[way]);
      expect(counts.map(({ dropped }) => dropped.partition)).toEqual([150, 0, 0]);
      expect(counts.map(({ delayed }) => delayed)).toEqual([0, 150, 0]);
      expect(counts.map(({ dropped }) => dropped.loss)).toEqual([0, 0, 1]);
    }
    expect(kernelDrops).toBe(0);
  });
}
