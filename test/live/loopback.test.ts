/**
 * The loopback device: each packet crosses it once, requests as "out", what comes back as "in".
 * The server may be on a loopback address or on the host's own one, which is reached by way of lo
 * as well.
 */
import { expect } from 'vitest';
import { queryMs, resolves, startDnsmasq } from '../support/dns.js';
import { readKernelState } from '../support/kernel-watch.js';
import { test } from '../support/live-test.js';
import { median, missing, pingUdp, Receiver, send, startEcho } from '../support/traffic.js';

const EARLY_MS = 1;
/** Wide: three programs share a busy machine. */
const LATE_MS = 400;
const PORT = 5_001;
const ECHO_PORT = 5_002;

test('DNS over lo: loss, partition and delay, UDP and TCP, IPv4 and IPv6', async ({ lab }) => {
  lab.sysctl(lab.near, 'net.ipv4.conf.all.rp_filter', 1);
  lab.sysctl(lab.near, 'net.ipv4.conf.lo.rp_filter', 1);
  const servers = ['127.0.0.1', '::1', lab.near4, lab.near6];
  await startDnsmasq(lab, lab.near, ...servers);
  const before = await readKernelState(lab.near);
  const up = await lab.up('--dev', 'lo', 'dns delay 40ms');
  const slowed = async (server: string) => {
    const udpMs = await queryMs(lab, lab.near, server, 'udp');
    expect(udpMs, server).toBeGreaterThan(80 - EARLY_MS);
    expect(udpMs, server).toBeLessThan(80 + LATE_MS);
    const tcpMs = await queryMs(lab, lab.near, server, 'tcp');
    expect(tcpMs, server).toBeGreaterThan(160 - EARLY_MS);
    expect(tcpMs, server).toBeLessThan(160 + LATE_MS);
  };
  await Promise.all(servers.map(slowed));
  const who = async (transport: 'udp' | 'tcp') =>
    Promise.all(servers.map((server) => resolves(lab, lab.near, server, transport)));
  await lab.set('n1', 'udp:53 loss in:100%', 'tcp:53@127.0.0.1 partition');
  expect(await Promise.all([who('udp'), who('tcp')])).toEqual([
    [false, false, false, false],
    [false, true, true, true],
  ]);
  const [udp] = (await lab.status()).rules;
  expect(udp).toMatchObject({
    out: { seen: 4, passed: 4 },
    in: { seen: 4, passed: 0, dropped: { loss: 4 } },
  });
  expect(await up.end()).toMatchObject({ code: 0 });
  expect(await who('udp')).toEqual([true, true, true, true]);
  expect(await readKernelState(lab.near)).toBe(before);
});

test('numbered packets are unharmed, counted once and lost by rule', async ({ lab }) => {
  const addresses = ['127.0.0.1', '::1', lab.near4, lab.near6];
  await lab.up('--dev', 'lo', `udp:${PORT} loss nth 2,5-7`, `udp:${ECHO_PORT} delay 30ms`);
  await startEcho(lab, lab.near, '::', ECHO_PORT);
  const sending = { count: 500, perMs: 1, bytes: 1_400 };
  const arrived = await Promise.all(
    addresses.map(async (address, i) => {
      const receiver = await Receiver.start(lab, lab.near, address, PORT);
      await send(lab, lab.near, address, PORT, { ...sending, sourcePort: 41_000 + i });
      return receiver;
    }),
  );
  const seen = addresses.length * sending.count;
  const { rules } = await lab.statusWhen(({ rules }) => rules[0].out.seen >= seen);
  const lost = 4 * addresses.length;
  expect(rules[0]).toMatchObject({ out: { seen, dropped: { loss: lost } }, in: { seen: 0 } });
  for (const receiver of arrived) {
    const received = await receiver.stop();
    expect(missing(sending.count, received)).toEqual([1, 4, 5, 6]);
    expect(received).toMatchObject({ received: sending.count - 4, outOfOrder: 0 });
  }
  const pinged = async (address: string) => {
    const rttsMs = await pingUdp(lab, address, ECHO_PORT, 20);
    expect(rttsMs).not.toContain(null);
    expect(Math.min(...(rttsMs as number[])), address).toBeGreaterThan(60 - EARLY_MS);
    expect(median(rttsMs), address).toBeLessThan(60 + LATE_MS);
  };
  await Promise.all(addresses.map(pinged));
  const status = await lab.status();
  expect(status.rules[1]).toMatchObject({ out: { delayed: 80 }, in: { delayed: 80 } });
  expect(status.kernelDrops).toBe(0);
});
