/** A device without Ethernet header: a TUN, as VPNs and tunnels have it, impaired in both directions. */
import { expect } from 'vitest';
import { readKernelState } from '../support/kernel-watch.js';
import { test } from '../support/live-test.js';
import { ip, type NetnsLab } from '../support/netns-lab.js';
import { median, missing, pingUdp, Receiver, send, startEcho } from '../support/traffic.js';

const EARLY_MS = 1;
const LATE_MEDIAN_MS = 50;
const ECHO_PORT = 5_001;
const OUT_PORT = 5_002;
const IN_PORT = 5_003;
const COUNT = 400;

const NEAR = ['198.19.7.1', 'fd00:6e65:7::1'];
const FAR = ['198.19.7.2', 'fd00:6e65:7::2'];

/** t0 in near, t1 in far. */
async function joinByTun(lab: NetnsLab): Promise<void> {
  await lab.program(lab.near, 'tun-bridge.mjs', 't0', lab.far, 't1').printed(/ready/);
  for (const [namespace, device, addresses] of [
    [lab.near, 't0', NEAR],
    [lab.far, 't1', FAR],
  ] as const) {
    ip('-n', namespace, 'link', 'set', device, 'addrgenmode', 'none', 'up');
    ip('-n', namespace, 'addr', 'add', `${addresses[0]}/24`, 'dev', device);
    ip('-n', namespace, 'addr', 'add', `${addresses[1]}/64`, 'dev', device, 'nodad');
  }
}

test('loss and delay on a TUN, both directions, IPv4 and IPv6', async ({ lab }) => {
  await joinByTun(lab);
  lab.sysctl(lab.near, 'net.ipv4.conf.all.rp_filter', 1);
  lab.sysctl(lab.near, 'net.ipv4.conf.t0.rp_filter', 1);
  const before = await readKernelState(lab.near);
  const up = await lab.up(
    ...['--dev', 't0'],
    `udp:${ECHO_PORT} delay 30ms`,
    `udp:${OUT_PORT}-${IN_PORT} loss nth 2,5-7`,
    'icmp delay in:20ms',
  );
  await startEcho(lab, lab.far, '::', ECHO_PORT);
  const flows = [0, 1].flatMap((i) => [
    { from: lab.near, to: lab.far, address: FAR[i], port: OUT_PORT },
    { from: lab.far, to: lab.near, address: NEAR[i], port: IN_PORT },
  ]);
  const arrived = await Promise.all(
    flows.map(async ({ from, to, address, port }) => {
      const receiver = await Receiver.start(lab, to, address, port);
      await send(lab, from, address, port, { count: COUNT, perMs: 1, bytes: 1_400 });
      return receiver;
    }),
  );
  const { rules, kernelDrops } = await lab.statusWhen(
    ({ rules }) => rules[1].out.seen + rules[1].in.seen >= flows.length * COUNT,
  );
  const counts = { seen: 2 * COUNT, passed: 2 * COUNT - 8, dropped: { loss: 8 } };
  expect(rules[1]).toMatchObject({ out: counts, in: counts });
  expect(kernelDrops).toBe(0);
  for (const receiver of arrived) {
    const received = await receiver.stop();
    expect(missing(COUNT, received)).toEqual([1, 4, 5, 6]);
    expect(received).toMatchObject({ received: COUNT - 4, outOfOrder: 0 });
  }

  for (const address of FAR) {
    const rttsMs = await pingUdp(lab, address, ECHO_PORT, 30);
    expect(rttsMs).not.toContain(null);
    expect(Math.min(...(rttsMs as number[])), address).toBeGreaterThan(60 - EARLY_MS);
    expect(median(rttsMs), address).toBeLessThan(60 + LATE_MEDIAN_MS);
    const ping = lab.run(lab.near, 'ping', '-n', '-q', '-c', '5', '-i', '0.02', address);
    const [, minimumMs] = /= ([0-9.]+)\//.exec(ping)!;
    expect(Number(minimumMs)).toBeGreaterThan(20 - EARLY_MS);
  }
  expect(await up.end()).toMatchObject({ code: 0 });
  expect(await readKernelState(lab.near)).toBe(before);
});
