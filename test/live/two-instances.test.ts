/**
 * Two instances on one device: each judges its own packets once and lets the other's pass, also the
 * fragments, which both must take in. The kernel's counters would show a loop.
 */
import { expect } from 'vitest';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';
import { forwardedPackets } from '../support/nft-counters.js';
import { missing, Receiver, range, type Sending, send } from '../support/traffic.js';

const PORTS = [5_001, 5_002];
const INSTANCES = ['n1', 'n2'];
const PACKETS = 400;
const DATAGRAMS = 40;
const FRAGMENTS = 3;
const FAMILIES = 2;

test('each sees its own packets once, and fragments pass through both', async ({ lab }) => {
  for (const namespace of [lab.near, lab.far]) {
    // As in fragments.test.ts.
    lab.sysctl(namespace, 'net.ipv4.ipfrag_max_dist', 0);
  }
  const first = await lab.up(`udp:${PORTS[0]} delay 2ms`);
  await lab.up(`udp:${PORTS[1]} loss nth 1-3`);

  const seen = FAMILIES * PACKETS;
  expect(await lostByPort(lab, { count: PACKETS, perMs: 1 }, seen)).toEqual([[], range(3)]);
  for (const name of INSTANCES) expect(forwarded(lab, name)).toEqual([seen, seen]);

  // The first three packets of a flow are now the fragments of its first datagram.
  const sending = { count: DATAGRAMS, perMs: 0.2, bytes: 4_000 };
  const fragments = FAMILIES * DATAGRAMS * FRAGMENTS;
  expect(await lostByPort(lab, sending, seen + fragments)).toEqual([[], [0]]);
  for (const name of INSTANCES) {
    // Its own and the other's.
    const taken = seen + PORTS.length * fragments;
    expect(forwarded(lab, name)).toEqual([taken, taken]);
  }

  // One ends, the other goes on.
  expect(await first.end()).toMatchObject({ code: 0 });
  const receiver = await Receiver.start(lab, lab.far, lab.far4, PORTS[1]);
  await send(lab, lab.near, lab.far4, PORTS[1], { count: 10, perMs: 1 });
  await lab.statusWhen(({ rules }) => rules[0].out.seen === seen + fragments + 10, 'n2');
  expect(missing(10, await receiver.stop())).toEqual(range(3));
});

test('rules that overlap on a device are refused with the reason', async ({ lab }) => {
  await lab.up('udp:53 loss 1%', '--name', 'red');
  await lab.up('tcp:53 loss 1%', '--name', 'blue');
  for (const args of [
    ['up', '--dev', 'v0', 'udp:50-60 delay 1ms'],
    ['up', '--dev', 'lo', '--dev', 'v0', 'any partition'],
    ['set', 'blue', 'dns loss 2%'],
  ]) {
    const { code, stdout, stderr } = await lab.netemu(...args).finished;
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/overlaps the rule "udp:53 loss 1%" of the instance red on v0/);
    expect(stderr).not.toMatch(/\n\s+at /);
  }
  // On another device there is nothing to overlap; and what was refused has changed nothing.
  await lab.up('--dev', 'lo', 'any partition');
  expect((await lab.status('blue')).rules.map(({ rule }) => rule)).toEqual(['tcp:53 loss 1%']);
});

/** Sends to both ports, both ways, over IPv4 and IPv6; what all flows to a port have lost alike. */
async function lostByPort(lab: NetnsLab, sending: Sending, seen: number): Promise<number[][]> {
  const flows = PORTS.flatMap((port) => [
    { port, from: lab.near, to: lab.far, address: lab.far4 },
    { port, from: lab.near, to: lab.far, address: lab.far6 },
    { port, from: lab.far, to: lab.near, address: lab.near4 },
    { port, from: lab.far, to: lab.near, address: lab.near6 },
  ]);
  const receivers = await Promise.all(
    flows.map(({ to, address, port }) => Receiver.start(lab, to, address, port)),
  );
  await Promise.all(
    flows.map(({ from, address, port }) => send(lab, from, address, port, sending)),
  );
  for (const name of INSTANCES) {
    await lab.statusWhen(({ rules: [{ out, in: inward }] }) => {
      return out.seen === seen && inward.seen === seen && out.held + inward.held === 0;
    }, name);
  }
  const arrived = await Promise.all(receivers.map((receiver) => receiver.stop()));
  return PORTS.map((port) => {
    const lost = arrived.flatMap((received, i) =>
      flows[i].port === port ? [missing(sending.count, received)] : [],
    );
    for (const one of lost) expect(one).toEqual(lost[0]);
    return lost[0];
  });
}

/** Out and in. */
function forwarded(lab: NetnsLab, instance: string): number[] {
  return ['out0', 'in0'].map((chain) => forwardedPackets(lab, instance, chain));
}
