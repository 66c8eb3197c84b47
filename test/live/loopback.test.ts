/**
 * The loopback device: each packet crosses it once, requests as "out", what comes back as "in".
 * The server may be on a loopback address or on the host's own one, which is reached by way of lo
 * as well.
 */
import { expect } from 'vitest';
import { queryMs, resolves, startDnsmasq } from '../support/dns.js';
import { test } from '../support/live-test.js';
import { kernelState } from '../support/netns-lab.js';
import { missing, pingUdp, Receiver, range, send, startEcho } from '../support/traffic.js';

const EARLY_MS = 1;
const LATE_MS = 400;

test('DNS over lo: loss, partition and delay, UDP and TCP, IPv4 and IPv6', async ({ lab }) => {
  lab.sysctl(lab.near, 'net.ipv4.conf.all.rp_filter', 1);
  lab.sysctl(lab.near, 'net.ipv4.conf.lo.rp_filter', 1);
  const servers = ['127.0.0.1', '::1', lab.near4, lab.near6];
  await startDnsmasq(lab, lab.near, ...servers);
  const before = kernelState(lab.near);
  const up = await lab.up('--dev', 'lo', 'dns delay 40ms');
  for (const server of servers) {
    const udpMs = await queryMs(lab, lab.near, server, 'udp');
    expect(udpMs, server).toBeGreaterThan(80 - EARLY_MS);
    expect(udpMs, server).toBeLessThan(80 + LATE_MS);
    const tcpMs = await queryMs(lab, lab.near, server, 'tcp');
    expect(tcpMs, server).toBeGreaterThan(160 - EARLY_MS);
    expect(tcpMs, server).toBeLessThan(160 + LATE_MS);
  }
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
  expect(kernelState(lab.near)).toBe(before);
});

for (const local of ['127.0.0.1', '::1', 'near4', 'near6'] as const) {
  test(`numbered packets over lo are unharmed, counted once and lost by rule: ${local}`, async ({
    lab,
  }) => {
    const address = local === 'near4' || local === 'near6' ? lab[local] : local;
    const port = 5_001;
    await startEcho(lab, lab.near, address, 5_002);
    const receiver = await Receiver.start(lab, lab.near, address, port);
    await lab.up(
      '--dev',
      'lo',
      `udp:${port} loss nth 2,5-7`,
      'udp:5002 delay 30ms loss in:first 1',
    );
    const sending = { count: 1_000, perMs: 2, bytes: 1_400 };
    await send(lab, lab.near, address, port, sending);
    const rttsMs = await pingUdp(lab, address, 5_002, 20);
    const { rules } = await lab.statusWhen(({ rules }) => rules[0].out.seen >= sending.count);
    expect(missing(sending.count, await receiver.stop())).toEqual([1, 4, 5, 6]);
    expect(rules[0]).toMatchObject({ out: { seen: 1_000, passed: 996 }, in: { seen: 0 } });
    expect(rules[1]).toMatchObject({ out: { seen: 20 }, in: { seen: 20, dropped: { loss: 1 } } });
    const lostPings = range(20).filter((number) => rttsMs[number] === null);
    expect(lostPings).toHaveLength(1);
    expect(Math.min(...rttsMs.map((rtt) => rtt ?? 60))).toBeGreaterThan(60 - EARLY_MS);
  });
}
