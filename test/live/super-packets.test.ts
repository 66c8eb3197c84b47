/**
 * Super-packets cross whole, and each wire packet of them is judged: what netemu counts is what the kernel
 * counts of wire packets, the same are lost as without super-packets, and nothing of what arrives is broken.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { DirectionCounts } from '../../src/control/types.js';
import { steadyBytes } from '../../src/far/steady-bytes.js';
import { binomialInterval } from '../../src/netem/interval.js';
import { Direction } from '../../src/rules/rule.js';
import { HeldRun, SETTLE_SECONDS } from '../support/held-run.js';
import {
  countersOf,
  countSentByFar,
  framesOf,
  type KernelCounters,
  tcpSent,
} from '../support/kernel-counters.js';
import type { NetnsLab } from '../support/netns-lab.js';
import { lostOffline } from '../support/offline.js';
import { QUIC_PORT, QuicSite } from '../support/quic-site.js';
import { test } from '../support/run-lab.js';
import { udpCounter } from '../support/traffic.js';
import {
  CALLS,
  DATAGRAMS,
  LOSS_PORT,
  NTH_LOST,
  sendTrains,
  TrainReceiver,
  UDP_RULES,
} from '../support/udp-trains.js';

/** Of loss, corruption and duplicates alike. */
const SHARE = 0.01;

/** The seeds are fixed, but how many packets there are is the kernel's affair: five standard deviations. */
const FIVE_SIGMA = 1 - 5.7e-7;

/** How many wire packets cross as one, at least, in the mean; without super-packets it is 1. */
const TRAIN_PACKETS_MIN = 3;

/** The link's far end, in the caller's namespace. */
const FAR_END6 = 'fd00:6e65:ffff::1';

/** Some 28,000 wire packets. */
const IPERF_BYTES = 40_000_000;
const UP_PORT = 5201;
const DOWN_PORT = 5202;
const IPERF_RULES = [`tcp:${UP_PORT} loss 1%`, `tcp:${DOWN_PORT} loss 1%`] as const;

async function startIperf(lab: NetnsLab): Promise<void> {
  for (const port of [UP_PORT, DOWN_PORT]) {
    await lab.start(lab.far, 'iperf3', '-s', '-p', `${port}`, '--forceflush').printed(/listening/);
  }
}

/** A transfer each way, one after the other. */
function iperf(address: string): string {
  const client = `iperf3 -c ${address} -n ${IPERF_BYTES}`;
  return `${client} -p ${UP_PORT} && ${client} -p ${DOWN_PORT} -R`;
}

function expectShare(count: number, packets: number): void {
  const [low, high] = binomialInterval(packets, SHARE, FIVE_SIGMA);
  expect(count).toBeGreaterThanOrEqual(low);
  expect(count).toBeLessThanOrEqual(high);
}

/**
 * A lost segment of data is sent once more, as often as it is lost: on a quiet machine the two are equal. But
 * iperf3 goes without waiting for the last of its data, and what was lost of that is not repaired (up to 14 of
 * 280). And on a busy one TCP's timers send whole trains once more that were only late; the receiver reports
 * these as duplicates, but not all of a train (up to 63 were left out). Counting super-packets would be
 * wrong by a factor of 10.
 */
function expectRepaired({ dropped }: DirectionCounts, sender: KernelCounters): void {
  const retransmitted = sender.get('TcpRetransSegs')! - sender.get('TcpExtTCPDSACKRecvSegs')!;
  expect(retransmitted).toBeGreaterThan(0.85 * dropped.loss);
  expect(retransmitted).toBeLessThan(2 * dropped.loss);
}

/** What went through netemu as so many wire packets was fewer frames. */
function expectTrains(wirePackets: number, frames: number): void {
  expect(frames).toBeGreaterThan(0);
  expect(wirePackets / frames).toBeGreaterThan(TRAIN_PACKETS_MIN);
}

test('iperf3 through run: 1 % of the wire packets is lost, and sent again by the kernel', async ({
  lab,
  runs,
}) => {
  await startIperf(lab);
  const options = [...IPERF_RULES, '--seed', 'run'];
  const held = await HeldRun.script(runs, options, iperf(lab.far4));
  expect(held.code, held.stdout + held.stderr).toBe(0);
  const far = countersOf(lab, lab.far);
  await expectIperf(
    lab,
    held.counters,
    far,
    held.frames.read,
    framesOf(lab, lab.near, 'ne-n1').read,
  );
  // What passed is put together again.
  const { out, in: inward } = (await lab.statusSample()).rules[1];
  expectTrains(inward.passed + out.seen, held.frames.written + held.frames.read);
  await held.letGo();
});

test('iperf3 through up on a veth, by IPv6: the same', async ({ lab }) => {
  await startIperf(lab);
  await lab.up(...IPERF_RULES, '--seed', 'up');
  await lab
    .start(lab.near, 'sh', '-c', `${iperf(lab.far6)} && sleep ${SETTLE_SECONDS}`)
    .succeeded();
  const [near, far] = [lab.near, lab.far].map((namespace) => countersOf(lab, namespace));
  const [tx, rx] = ['nt0-n1', 'nr0-n1'].map((device) => framesOf(lab, lab.near, device).read);
  await expectIperf(lab, near, far, tx, rx);
});

async function expectIperf(
  lab: NetnsLab,
  near: KernelCounters,
  far: KernelCounters,
  framesOut: number,
  framesIn: number,
): Promise<void> {
  const { rules, kernelDrops } = await lab.statusSample();
  const [up, down] = rules;
  expect(kernelDrops).toBe(0);
  expect(up.out.seen + down.out.seen).toBe(tcpSent(near));
  expect(up.in.seen + down.in.seen).toBe(tcpSent(far));
  expectShare(up.out.dropped.loss, up.out.seen);
  expectShare(down.in.dropped.loss, down.in.seen);
  expectRepaired(up.out, near);
  expectRepaired(down.in, far);
  expectTrains(up.out.seen, framesOut);
  expectTrains(down.in.seen, framesIn);
}

test('QUIC through run: the file is whole, each datagram is seen that the kernel has sent', async ({
  lab,
  runs,
}) => {
  const quic = new QuicSite(lab, 5_000_000);
  onTestFinished(() => quic.close());
  await quic.serve();
  const sentByFar = countSentByFar(lab);
  const client = quic.client('www.example.test');
  const options = [`udp:${QUIC_PORT} loss 1%`, '--seed', 'quic'];
  const held = await HeldRun.start(runs, options, ...client.command);
  const { isComplete, log } = client.outcome(held.stdout + held.stderr);
  expect(isComplete, log).toBe(true);
  const { rules, kernelDrops } = await lab.statusSample();
  const { out, in: inward } = rules[0];
  expect(kernelDrops).toBe(0);
  expect(inward.seen).toBe(sentByFar());
  expectShare(inward.dropped.loss, inward.seen);
  // The server sends by UDP_SEGMENT and the client does not; both take datagrams one by one.
  expect(out.seen).toBe(held.counters.get('UdpOutDatagrams'));
  expect(out.passed).toBe(countersOf(lab, lab.far).get('UdpInDatagrams'));
  // The last ones may find no socket any more.
  const arrived = ['UdpInDatagrams', 'UdpNoPorts'].map((name) => held.counters.get(name)!);
  expect(inward.passed).toBe(arrived[0]! + arrived[1]!);
  if (hasUdpTrains) expectTrains(inward.seen, framesOf(lab, lab.near, 'ne-n1').read);
  await held.letGo();
});

/** From Linux 6.2 on a TUN takes trains of datagrams. */
const [major, minor] = release().split('.').map(Number);
const hasUdpTrains = major > 6 || (major === 6 && minor >= 2);

for (const version of [4, 6] as const) {
  for (const offload of [true, false]) {
    const how = offload ? 'as super-packets' : 'with --no-offload one by one';
    test(`UDP_SEGMENT through run, ${how}: IPv${version}`, async ({ lab, runs }) => {
      // By IPv6 there is no way out, but to the far end of the link.
      const [receiving, to] = version === 4 ? [lab.far, lab.far4] : [lab.near, FAR_END6];
      const receiver = await TrainReceiver.start(lab, receiving, version === 4 ? to : '::');
      const options = [...UDP_RULES, '--seed', 'segments', ...(offload ? [] : ['--no-offload'])];
      const held = await HeldRun.script(runs, options, sendTrains(to));
      expect(held.code, held.stderr).toBe(0);
      const corrupted = await expectDatagrams(lab, receiver);
      // By IPv4 the caller's connection tracking drops what is faulty, before the receiver.
      expect(checksumErrors(lab, receiving)).toBe(version === 4 ? 0 : corrupted);
      if (!offload) expect(held.frames.read).toBe(3 * DATAGRAMS);
      else if (hasUdpTrains) expect(held.frames.read).toBe(3 * CALLS);
      await held.letGo();
    });
  }
}

test('UDP_SEGMENT through up on a veth, by IPv6', async ({ lab }) => {
  const receiver = await TrainReceiver.start(lab, lab.far, lab.far6);
  await lab.up(...UDP_RULES, '--seed', 'segments');
  await lab.start(lab.near, 'sh', '-c', sendTrains(lab.far6)).succeeded();
  const corrupted = await expectDatagrams(lab, receiver);
  expect(checksumErrors(lab, lab.far)).toBe(corrupted);
  if (hasUdpTrains) expect(framesOf(lab, lab.near, 'nt0-n1').read).toBe(3 * CALLS);
});

/** Exactly those that the rules name, and the seed, are lost; returns how many were corrupted. */
async function expectDatagrams(lab: NetnsLab, receiver: TrainReceiver): Promise<number> {
  const [nth, random, corrupt] = await receiver.stop();
  const { rules, kernelDrops, seed } = await lab.statusSample();
  const { corrupted } = rules[2].out;
  expect(kernelDrops).toBe(0);
  expect(rules.map(({ out }) => out.seen)).toEqual([DATAGRAMS, DATAGRAMS, DATAGRAMS]);
  expect([nth, random, corrupt].map(({ broken }) => broken)).toEqual([0, 0, 0]);
  for (const { numbers } of [nth, random, corrupt]) {
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
  }
  const flow = { direction: Direction.out, from: lab.near4, to: lab.far4 };
  expect(nth.missing).toEqual(NTH_LOST);
  expect(random.missing).toEqual(lostOffline([flow], LOSS_PORT, DATAGRAMS, seed, UDP_RULES)[0]);
  expect(corrupt.missing.length).toBe(corrupted);
  expectShare(corrupted, DATAGRAMS);
  return corrupted;
}

function checksumErrors(lab: NetnsLab, namespace: string): number {
  return udpCounter(lab, namespace, 'InCsumErrors');
}

test('corrupted segments of TCP: the receiver counts each, and takes none of them', async ({
  lab,
  runs,
}) => {
  const script = `curl -sS -o "$0" http://192.0.2.9/bytes/10mb && sha256sum <"$0" &&
    curl -sS -T "$0" 'http://[2001:db8::9]/upload'`;
  const file = join(mkdtempSync(join(tmpdir(), 'netemu-file-')), 'file');
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  const options = ['--private', '--corrupt', '1%', '--seed', 'corrupt'];
  const held = await HeldRun.start(runs, options, 'sh', '-c', script, file);
  const sha256 = sha256OfSteadyBytes(10e6);
  expect(held.stdout, held.stderr).toMatch(new RegExp(`^${sha256}  -\n.*${sha256}`));
  const { out, in: inward } = (await lab.statusSample()).rules[0];
  expect(inward.corrupted).toBe(held.counters.get('TcpInErrs'));
  for (const { seen } of [out, inward]) expect(seen).toBeGreaterThan(10e6 / 1_500);
  expectShare(out.corrupted, out.seen);
  expectShare(inward.corrupted, inward.seen);
  await held.letGo();
});

test('100 MB with 1 % loss, 5 % reordered, 1 % duplicates, 5 ms jitter: the right SHA-256', async ({
  lab,
  runs,
}) => {
  const impairments = ['--loss', '1%', '--reorder', '5%', '--duplicate', '1%', '--jitter', '5ms'];
  const script = 'curl -sS http://192.0.2.9/bytes/100mb | sha256sum';
  const held = await HeldRun.script(runs, ['--private', ...impairments, '--seed', 'file'], script);
  expect(held.stdout, held.stderr).toBe(`${sha256OfSteadyBytes(100e6)}  -\n`);
  const { in: inward } = (await lab.statusSample()).rules[0];
  expectShare(inward.dropped.loss, inward.seen);
  expectShare(inward.duplicated, inward.seen);
  expectTrains(inward.passed, held.frames.written);
  await held.letGo();
});

/** Of what the far end of `--private` sends. */
function sha256OfSteadyBytes(bytes: number): string {
  const hash = createHash('sha256');
  for (const piece of steadyBytes(bytes)) hash.update(piece);
  return hash.digest('hex');
}
