/**
 * The highest rate that a plain UDP sender reaches: no crash, no memory that grows, and not one packet
 * that the counters do not explain.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { InstanceStatus } from '../../src/control/types.js';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';
import { residentBytes } from '../support/processes.js';
import { isBalanced } from '../support/traffic.js';

const PORT = 5201;
const FLOW = ['--flow', `udp:${PORT}`];

const FLOOD_S = 11;
const WARM_UP_S = 5;
const SAMPLE_MS = 500;

/** What garbage collection may make of a flat line; one leaked packet in a hundred would be above it. */
const GROWTH_BYTES_MAX = 24 * 2 ** 20;

/** 64-byte datagrams that fit into a socket's buffer: each takes 512 bytes of it or more. */
const UNREAD_PACKETS_MAX = 416;

/** Neighbour discovery and the like, which passes the device beside the flow. */
const OTHER_PACKETS_MAX = 50;

/** iperf3's own control connection is TCP, which the rules do not meet. */
async function startSink(lab: NetnsLab, namespace: string): Promise<void> {
  // What comes when iperf3 has done and its socket is gone: of a train without a socket the kernel would
  // count one datagram. Of two sockets it takes the one that was bound last.
  await lab.start(namespace, process.execPath, '-e', LATE_SINK, String(PORT)).printed(/ready/);
  await lab
    .start(namespace, 'iperf3', '-s', '-p', String(PORT), '--forceflush')
    .printed(/listening/);
}

const LATE_SINK = `
  const socket = require('dgram').createSocket({ type: 'udp6', reuseAddr: true });
  socket.on('message', () => {}).bind(Number(process.argv[1]), () => console.log('ready'));`;

function flood(lab: NetnsLab, from: string, to: string, seconds: number, bytes: number) {
  const time = ['-t', String(seconds), '-i', '0'];
  const unlimited = ['-u', '-b', '0', '-l', String(bytes)];
  return lab.start(from, 'iperf3', '-c', to, '-p', String(PORT), ...time, ...unlimited);
}

/** A line of /proc/net/snmp as numbers by name: what applications have sent and received. */
function udpCounters(lab: NetnsLab, namespace: string): Record<string, number> {
  const [names, values] = lab
    .run(namespace, 'grep', '^Udp:', '/proc/self/net/snmp')
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  return Object.fromEntries(names.map((name, i) => [name, Number(values[i])]));
}

/**
 * Datagrams that have come to the sink since `before`. The kernel counts one when it is read, so what
 * iperf3 leaves unread in its buffer (212,992 bytes by default) is in no counter.
 */
async function expectArrived(
  lab: NetnsLab,
  namespace: string,
  before: Record<string, number>,
  passed: number,
): Promise<void> {
  const arrived = () => {
    const now = udpCounters(lab, namespace);
    const since = (name: string) => now[name] - before[name];
    return since('InDatagrams') + since('InErrors') + since('NoPorts');
  };
  await expect.poll(arrived).toBeGreaterThanOrEqual(passed - UNREAD_PACKETS_MAX);
  expect(arrived()).toBeLessThanOrEqual(passed);
}

function packets(lab: NetnsLab, namespace: string, device: string, way: 'rx' | 'tx'): number {
  const [{ stats64 }] = JSON.parse(lab.run(namespace, 'ip', '-j', '-s', 'link', 'show', device));
  return stats64[way].packets;
}

/** Whether nothing is on its way any more. */
function isDrained({ rules }: InstanceStatus): boolean {
  return rules.every((rule) => rule.out.held + rule.in.held === 0);
}

test('out at full speed: flat memory, every packet explained', async ({ lab }) => {
  await startSink(lab, lab.far);
  const running = await lab.up(...FLOW, '--delay', '10ms', '--loss', '1%', '--seed', 'flood');
  const sentBefore = udpCounters(lab, lab.near).OutDatagrams;
  const receivedBefore = udpCounters(lab, lab.far);
  const sender = flood(lab, lab.near, lab.far4, FLOOD_S, 64);

  const warmUpMs = performance.now() + WARM_UP_S * 1000;
  const samples: number[] = [];
  while (sender.isRunning) {
    await sleep(SAMPLE_MS);
    if (performance.now() > warmUpMs) samples.push(residentBytes(running.pid));
  }
  await sender.succeeded();
  const status = await lab.statusWhen((s) => isBalanced(s) && isDrained(s));
  const sent = udpCounters(lab, lab.near).OutDatagrams - sentBefore;
  const { out } = status.rules[0];

  const growth = Math.max(...samples) - samples[0];
  console.log(
    `flood out: ${Math.round(sent / FLOOD_S)}/s sent, ${Math.round(out.seen / FLOOD_S)}/s seen, ` +
      `kernel dropped ${status.kernelDrops}; resident ${samples[0] >> 20} MiB, grown by ${growth >> 10} KiB`,
  );
  expect(samples.length).toBeGreaterThan(5);
  expect(growth).toBeLessThan(GROWTH_BYTES_MAX);

  // What the application sent came into the TAP's queue or found it full …
  expect(sent).toBe(out.seen + status.kernelDrops);
  // … what was seen passed or was dropped by the rule …
  expect(out.seen).toBe(out.passed + out.dropped.loss);
  expect(out.dropped).toEqual({ loss: out.dropped.loss, partition: 0, queue: 0, overflow: 0 });
  // … and what passed came to the other end, in whatever trains it went.
  await expectArrived(lab, lab.far, receivedBefore, out.passed);
  // 99.99 %: this seed's draw is fixed, but the number of packets is not.
  const rate = out.dropped.loss / out.seen;
  expect(Math.abs(rate - 0.01)).toBeLessThan(4 * Math.sqrt((0.01 * 0.99) / out.seen));

  const end = await running.end();
  expect(end.stderr).toBe('');
  expect(end.code).toBe(0);
});

test('little memory: the newest packets are dropped and counted', async ({ lab }) => {
  await startSink(lab, lab.near);
  const limits = ['--delay', '500ms', '--memory', '16mib', '--seed', 'flood'];
  const running = await lab.up(...FLOW, ...limits);
  const sentBefore = packets(lab, lab.far, 'v1', 'tx');
  const receivedBefore = udpCounters(lab, lab.near);
  await flood(lab, lab.far, lab.near4, 4, 400).succeeded();
  const status = await lab.statusWhen((s) => isBalanced(s) && isDrained(s));
  const sent = packets(lab, lab.far, 'v1', 'tx') - sentBefore;
  const inward = status.rules[0].in;
  console.log(
    `flood in: ${sent} sent, ${inward.seen} seen, ${inward.dropped.overflow} overflowed, ` +
      `kernel dropped ${status.kernelDrops}`,
  );

  expect(inward.dropped.overflow).toBeGreaterThan(0);
  expect(status.overflow).toBe(inward.dropped.overflow);
  expect(inward.seen).toBe(inward.passed + inward.dropped.overflow);
  // The device of the sender counts iperf3's own connection, too.
  expect(sent).toBeGreaterThanOrEqual(inward.seen + status.kernelDrops);
  expect(sent).toBeLessThan(inward.seen + status.kernelDrops + OTHER_PACKETS_MAX);
  // What passed came to the socket, or found its buffer full.
  await expectArrived(lab, lab.near, receivedBefore, inward.passed);

  const { code, stderr } = await running.end();
  expect(stderr).toBe('');
  expect(code).toBe(0);
});
