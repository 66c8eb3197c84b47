/**
 * What is not sent to this host alone comes in as well: broadcast and multicast packets are lost and
 * delayed by rule and reach their sockets with the destination address they came with, though they
 * bear a tag on their way back (src/tun/reentry-tags.ts).
 */
import { expect } from 'vitest';
import { test } from '../support/live-test.js';
import { ip, type NetnsLab, type Running } from '../support/netns-lab.js';
import { missing, Receiver, send } from '../support/traffic.js';

const COUNT = 60;

interface Case {
  readonly name: string;
  readonly to: string;
  readonly bind: '0.0.0.0' | '::';
  readonly group?: string;
  readonly mac: string;
}

function cases(lab: NetnsLab): Case[] {
  const [{ address }] = JSON.parse(ip('-n', lab.near, '-j', 'link', 'show', 'dev', 'v0'));
  const broadcast = 'ff:ff:ff:ff:ff:ff';
  return [
    { name: 'unicast', to: lab.near4, bind: '0.0.0.0', mac: address },
    {
      name: 'directed broadcast',
      to: lab.near4.replace(/\.1$/, '.255'),
      bind: '0.0.0.0',
      mac: broadcast,
    },
    { name: 'limited broadcast', to: '255.255.255.255', bind: '0.0.0.0', mac: broadcast },
    {
      name: 'IPv4 group',
      to: '239.129.2.3',
      bind: '0.0.0.0',
      group: `239.129.2.3%${lab.near4}`,
      // The lower 23 bits of the group.
      mac: '01:00:5e:01:02:03',
    },
    {
      name: 'IPv6 group of the link',
      to: 'ff02::1234:5678%v1',
      bind: '::',
      group: 'ff02::1234:5678%v0',
      mac: '33:33:12:34:56:78',
    },
    {
      name: 'IPv6 group of the site',
      to: 'ff05::42',
      bind: '::',
      group: 'ff05::42%v0',
      mac: '33:33:00:00:00:42',
    },
    { name: 'IPv6 unicast', to: lab.near6, bind: '::', mac: address },
  ];
}

test('broadcast and multicast packets come in unharmed, counted and lost by rule', async ({
  lab,
}) => {
  // Groups and the limited broadcast address need a route.
  ip('-n', lab.far, 'route', 'add', 'default', 'dev', 'v1');
  lab.sysctl(lab.near, 'net.ipv4.conf.all.rp_filter', 1);
  const [{ ifindex }] = JSON.parse(ip('-n', lab.near, '-j', 'link', 'show', 'dev', 'v0'));
  const all = cases(lab);
  const portOf = (one: Case) => 5_001 + all.indexOf(one);
  await lab.up(...all.map((one) => `udp:${portOf(one)} loss in:nth 2,5-7 delay in:2ms`));
  const above = lab.program(lab.near, 'frames.mjs', ifindex, 'above');
  const below = lab.program(lab.near, 'frames.mjs', ifindex, 'below');
  await above.printed(/ready/);
  await below.printed(/ready/);
  const receivers = await Promise.all(
    all.map((one) => Receiver.start(lab, lab.near, one.bind, portOf(one), one.group)),
  );
  await Promise.all(
    all.map((one) => {
      const from = one.to.startsWith('239.') ? { from: lab.far4 } : {};
      return send(lab, lab.far, one.to, portOf(one), { count: COUNT, perMs: 0.5, ...from });
    }),
  );
  const { rules, kernelDrops } = await lab.statusWhen((status) =>
    status.rules.every((rule) => rule.in.seen === COUNT && rule.in.held === 0),
  );
  const arrived = await Promise.all(receivers.map((receiver) => receiver.stop()));
  const macsAbove = await macsByPort(above);
  const macsBelow = await macsByPort(below);

  expect(kernelDrops).toBe(0);
  for (const [i, one] of all.entries()) {
    expect(missing(COUNT, arrived[i]), one.name).toEqual([1, 4, 5, 6]);
    expect(arrived[i].received, one.name).toBe(COUNT - 4);
    expect(rules[i].in, one.name).toMatchObject({ seen: COUNT, passed: COUNT - 4 });
    expect(rules[i].out.seen, one.name).toBe(0);
    // On a busy machine several are due at once, and go on as a train, which is one frame.
    const frames = macsAbove[portOf(one)].length;
    expect(frames, one.name).toBeLessThanOrEqual(COUNT - 4);
    expect(macsAbove[portOf(one)], one.name).toEqual(Array(frames).fill(one.mac));
    // Below, each is seen as it came, and those that came back once more, with their tags.
    const macs = macsBelow[portOf(one)];
    expect(macs, one.name).toHaveLength(COUNT + frames);
    expect(
      macs.filter((mac) => mac === one.mac),
      one.name,
    ).toHaveLength(COUNT);
  }
});

async function macsByPort(frames: Running): Promise<Record<number, string[]>> {
  return JSON.parse((await frames.end('SIGTERM')).stdout.replace(/^ready\n/, ''));
}
