/**
 * Each impairment once between a real sender and a real receiver. What is counted must agree to the
 * packet; what is timed has wide bounds, stated here: the machine may be busy.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished } from 'vitest';
import { binomialInterval } from '../../src/netem/interval.js';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';
import {
  median,
  missing,
  pingUdp,
  type Received,
  Receiver,
  send,
  startEcho,
  udpCounter,
} from '../support/traffic.js';

const PORT = 5_001;
const PACKETS = 4_000;
/** At 8 packets/ms a run of PACKETS takes half a second. */
const PER_MS = 8;
/** For answers that will not come. */
const PATIENCE_MS = 500;

/** Sends PACKETS from near to far under the rule; what arrived and what the instance says of it. */
async function oneWay(lab: NetnsLab, rule: string, far = lab.far4) {
  await lab.up(rule, '--seed', 'impairments');
  const receiver = await Receiver.start(lab, lab.far, far, PORT);
  await send(lab, lab.near, far, PORT, { count: PACKETS, perMs: PER_MS });
  const isDone = ({ out }: { out: { seen: number; held: number } }) =>
    out.seen >= PACKETS && out.held === 0;
  const status = await lab.statusWhen(({ rules }) => isDone(rules[0]));
  const arrived = await receiver.stop();
  return { arrived, counts: status.rules[0].out, measured: status.rules[0].measured.out };
}

function expectBetween(value: number, [low, high]: readonly [number, number]): void {
  expect(value).toBeGreaterThanOrEqual(low);
  expect(value).toBeLessThanOrEqual(high);
}

/** Packets that came after one with a higher number (RFC 4737). */
function late({ numbers }: Received): number {
  let highest = -1;
  return numbers.filter((number) => {
    const isLate = number < highest;
    highest = Math.max(highest, number);
    return isLate;
  }).length;
}

test('duplicate', async ({ lab }) => {
  const { arrived, counts } = await oneWay(lab, `udp:${PORT} duplicate 20%`);
  expect(arrived.distinct).toBe(PACKETS);
  expect(arrived.received).toBe(PACKETS + counts.duplicated);
  expectBetween(counts.duplicated, binomialInterval(PACKETS, 0.2, 0.999));
});

test('reorder by N', async ({ lab }) => {
  const rule = `udp:${PORT} reorder 5% by 3`;
  const { arrived, counts, measured } = await oneWay(lab, rule, lab.far6);
  expect(arrived.distinct).toBe(PACKETS);
  expect(late(arrived)).toBe(counts.reordered);
  expectBetween(counts.reordered, binomialInterval(PACKETS, 0.05, 0.999));
  expect(measured.reordering).toMatchObject({
    configured: 0.05,
    realized: counts.reordered / PACKETS,
  });
});

for (const version of [4, 6] as const) {
  const far = (lab: NetnsLab) => (version === 4 ? lab.far4 : lab.far6);

  test(`corrupt: the receiver's kernel finds the wrong checksum: IPv${version}`, async ({
    lab,
  }) => {
    const { arrived, counts } = await oneWay(lab, `udp:${PORT} corrupt 20%`, far(lab));
    expectBetween(counts.corrupted, binomialInterval(PACKETS, 0.2, 0.999));
    expect(arrived.received).toBe(PACKETS - counts.corrupted);
    expect(udpCounter(lab, lab.far, 'InCsumErrors')).toBe(counts.corrupted);
  });

  test(`corrupt checksum-ok: the fault reaches the application: IPv${version}`, async ({ lab }) => {
    const rule = `udp:${PORT} corrupt 20% first 4 checksum-ok`;
    const { arrived, counts } = await oneWay(lab, rule, far(lab));
    expect(arrived.received).toBe(PACKETS);
    // The number is in the first four bytes: a corrupted packet has another one.
    const wrong = arrived.numbers.filter((number, i) => number !== i).length;
    expect(wrong).toBe(counts.corrupted);
  });

  test(`partition reject: refused at once: IPv${version}`, async ({ lab }) => {
    await lab.up('any partition reject');
    const said = lab.run(lab.near, process.execPath, '-e', REFUSALS, far(lab));
    // A reset is ECONNREFUSED; "administratively prohibited" is EHOSTUNREACH in IPv4, EACCES in IPv6.
    const prohibited = version === 4 ? 'EHOSTUNREACH' : 'EACCES';
    expect(JSON.parse(said)).toEqual({ tcp: 'ECONNREFUSED', udp: prohibited });
    expect((await lab.status()).rules[0].out.replies).toBeGreaterThanOrEqual(2);
  });

  test(`partition reject: of what comes in, the sender hears: IPv${version}`, async ({ lab }) => {
    await lab.up('any dir=in partition reject');
    const near = version === 4 ? lab.near4 : lab.near6;
    const said = lab.run(lab.far, process.execPath, '-e', REFUSALS, near);
    expect(JSON.parse(said).tcp).toBe('ECONNREFUSED');
    expect((await lab.status()).rules[0].in.replies).toBeGreaterThanOrEqual(1);
  });
}

/** Prints how a TCP connection and a UDP packet to the host of its argument are refused. */
const REFUSALS = `
  const host = process.argv[1];
  const tcp = new Promise((resolve) => require('net').connect(7, host).on('error', resolve));
  const type = host.includes(':') ? 'udp6' : 'udp4';
  const socket = require('dgram').createSocket(type);
  const udp = new Promise((resolve) => {
    socket.on('error', resolve);
    socket.connect(7, host, () => socket.send('x'));
  });
  Promise.all([tcp, udp]).then(([tcp, udp]) => {
    console.log(JSON.stringify({ tcp: tcp.code, udp: udp.code }));
    process.exit();
  });`;

test('loss in bursts: as many in a row as asked for, in the mean', async ({ lab }) => {
  const { arrived, counts, measured } = await oneWay(lab, `udp:${PORT} loss 10% burst 5`);
  const lost = missing(PACKETS, arrived);
  expect(lost.length).toBe(counts.dropped.loss);
  const runs = lost.filter((number, i) => lost[i - 1] !== number - 1).length;
  expect(measured.lossBurst).toMatchObject({ configured: 5, realized: lost.length / runs });
  // Some 80 runs: the mean's standard deviation is half a packet.
  expectBetween(lost.length / runs, [3, 7]);
});

test('an outage: nothing passes while the link is off', async ({ lab }) => {
  await startEcho(lab, lab.far, lab.far4, PORT);
  await lab.up(`udp:${PORT} outage on 300ms off 700ms`);
  const rtts = await pingUdp(lab, lab.far4, PORT, 200, 10, lab.near, PATIENCE_MS);
  const answered = rtts.filter((rtt) => rtt !== null).length;
  // Two seconds, and more on a busy machine: on in three tenths of them.
  expectBetween(answered, [30, 90]);
  const changes = rtts.filter(
    (rtt, i) => i > 0 && (rtt === null) !== (rtts[i - 1] === null),
  ).length;
  expectBetween(changes, [3, 8]);
});

test('ecn: marked instead of lost, and TCP hears of it', async ({ lab }) => {
  for (const namespace of [lab.near, lab.far]) lab.sysctl(namespace, 'net.ipv4.tcp_ecn', 1);
  await lab.up('tcp:5201 loss 2% ecn');
  await iperf(lab, lab.far4, ['-t', '1', '-b', '20M']);
  const { out } = (await lab.status()).rules[0];
  expect(out.marked).toBeGreaterThan(5);
  // SYN, and what carries no data, is not ECT and is lost.
  const marks = lab.run(lab.far, 'grep', '^IpExt', '/proc/self/net/netstat').trim().split('\n');
  const [names, values] = marks.map((line) => line.split(' '));
  expect(Number(values[names.indexOf('InCEPkts')])).toBe(out.marked);
});

describe('a link', () => {
  const SECONDS = 2;

  test('of 10 Mbit/s carries that much TCP', async ({ lab }) => {
    await lab.up('tcp:5201 rate 10mbit queue 50ms');
    const megabits = await iperf(lab, lab.far4, ['-t', String(SECONDS)]);
    // 1448 of 1500 bytes are data; slow start and a busy machine take the rest.
    expectBetween(megabits, [6, 9.7]);
    const { measured } = (await lab.status()).rules[0];
    expectBetween(measured.out.rate.realized!, [9.9e6, 10.1e6]);
  });

  test('with a mahimahi trace of 12 Mbit/s carries that much TCP', async ({ lab }) => {
    const folder = mkdtempSync(join(tmpdir(), 'netemu-trace-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, '12mbit'), '1\n');
    await lab.up(`tcp:5201 trace out:${join(folder, '12mbit')} queue 50ms`);
    const megabits = await iperf(lab, lab.far4, ['-t', String(SECONDS)]);
    expectBetween(megabits, [7, 11.7]);
  });

  test('overloaded by a fifth keeps a ping waiting for all of its queue, with pie hardly', async ({
    lab,
  }) => {
    // A link each: one over IPv4, one over IPv6.
    const aqms = [
      { aqm: 'droptail', far: lab.far4 },
      { aqm: 'pie', far: lab.far6 },
    ];
    await startEcho(lab, lab.far, '::', PORT);
    for (const { far } of aqms) await Receiver.start(lab, lab.far, far, PORT + 1);
    await lab.up(
      ...aqms.map(({ aqm, far }) => `udp@${far} rate out:5mbit queue out:500ms aqm out:${aqm}`),
    );
    // 6 Mbit/s for 4.5 s. Half a second of queue takes 2.5 s to fill; PIE, which learns, some 2 s to settle.
    const sending = { count: 2_750, perMs: 0.611, bytes: 1_200 };
    const loads = aqms.map(({ far }) => send(lab, lab.near, far, PORT + 1, sending));
    await sleep(3_000);
    const waitedMs = await Promise.all(
      aqms.map(async ({ far }) =>
        median(await pingUdp(lab, far, PORT, 60, 20, lab.near, 2 * PATIENCE_MS)),
      ),
    );
    await Promise.all(loads);
    expect(waitedMs[0]).toBeGreaterThan(300);
    expect(waitedMs[1]).toBeLessThan(150);
  });
});

/** Runs iperf3 from near to far; Mbit/s that arrived. */
async function iperf(lab: NetnsLab, host: string, args: string[]): Promise<number> {
  const server = lab.start(lab.far, 'iperf3', '-s', '-1', '-p', '5201', '--forceflush');
  await server.printed(/listening/);
  const report = await lab
    .start(lab.near, 'iperf3', '-c', host, '-p', '5201', '-J', ...args)
    .succeeded();
  await server.finished;
  return JSON.parse(report).end.sum_received.bits_per_second / 1e6;
}
