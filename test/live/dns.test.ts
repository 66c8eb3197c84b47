/**
 * The sentence that the tool is built around, with real programs: dnsmasq answers, dig, kdig and
 * Node's resolver ask, `up` stands between, strict reverse-path filters are on, and in the end all
 * is as it was.
 */
import { expect } from 'vitest';
import { Direction } from '../../src/rules/rule.js';
import { ADDRESS4, NAME, queryMs, resolves, startDnsmasq } from '../support/dns.js';
import { readKernelState } from '../support/kernel-watch.js';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';
import { lostOffline } from '../support/offline.js';
import { range } from '../support/traffic.js';

const EARLY_MS = 1;
/** Wide: three programs share a busy machine. */
const LATE_MS = 400;

function strictReversePath(lab: NetnsLab): void {
  for (const device of ['all', 'default', 'v0', 'lo']) {
    lab.sysctl(lab.near, `net.ipv4.conf.${device}.rp_filter`, 1);
  }
}

/** Who gets an answer, of queries over UDP and TCP to the IPv4 and the IPv6 address. */
async function answered(lab: NetnsLab, client: string, servers: readonly string[]) {
  const asked = servers.flatMap((server, i) =>
    (['udp', 'tcp'] as const).map(async (transport) => {
      const name = `${transport}${i === 0 ? 4 : 6}`;
      return (await resolves(lab, client, server, transport)) ? [name] : [];
    }),
  );
  return (await Promise.all(asked)).flat();
}

const ALL = ['udp4', 'tcp4', 'udp6', 'tcp6'];

test('the right queries fail, others are untouched, and in the end all is as before', async ({
  lab,
}) => {
  strictReversePath(lab);
  await startDnsmasq(lab, lab.far, lab.far4, lab.far6);
  const servers = [lab.far4, lab.far6];
  expect(await answered(lab, lab.near, servers)).toEqual(ALL);
  const before = await readKernelState(lab.near);

  const up = await lab.up('--flow', 'udp:5353', '--partition');
  expect(await answered(lab, lab.near, servers)).toEqual(ALL);
  const cases: [string, string[]][] = [
    ['udp:53 partition', ['tcp4', 'tcp6']],
    ['tcp:53 loss 100%', ['udp4', 'udp6']],
    ['dns loss in:100%', []],
    [`dns@${lab.far6} loss out:100%`, ['udp4', 'tcp4']],
    ['dns loss 0%', ALL],
  ];
  for (const [rule, expected] of cases) {
    await lab.set('n1', rule);
    expect(await answered(lab, lab.near, servers), rule).toEqual(expected);
  }

  expect(await up.end('SIGINT')).toMatchObject({ code: 0 });
  expect(await answered(lab, lab.near, servers)).toEqual(ALL);
  expect(await readKernelState(lab.near)).toBe(before);
});

test('a lost query makes the resolver ask again, from another port: a new flow', async ({
  lab,
}) => {
  strictReversePath(lab);
  await startDnsmasq(lab, lab.far, lab.far4, lab.far6);
  const timeoutMs = 400;
  const rule = 'udp:53 loss out:50%';
  const seed = seedThatLoses(rule, [true, false, true, false]);
  await lab.up(rule, '--seed', seed);
  for (const server of [lab.far4, `[${lab.far6}]`]) {
    const client = lab.program(lab.near, 'resolve.mjs', server, NAME, timeoutMs, 4);
    const { addresses, tookMs } = JSON.parse(await client.succeeded());
    expect(addresses).toEqual([ADDRESS4]);
    expect(tookMs).toBeGreaterThan(timeoutMs - EARLY_MS);
  }
  const [{ out, in: inward }] = (await lab.status()).rules;
  expect([out.seen, out.dropped.loss, inward.seen, inward.passed]).toEqual([4, 2, 2, 2]);
});

/** A seed for which the first packets of the first flows are lost as wished. */
function seedThatLoses(rule: string, wished: readonly boolean[]): string {
  const flow = { direction: Direction.out, from: '192.0.2.1', to: '192.0.2.2' };
  const flows = wished.map(() => flow);
  const isRight = (seed: string) => {
    const lost = lostOffline(flows, 53, 1, seed, [rule]);
    return wished.every((loses, i) => loses === lost[i].length > 0);
  };
  return range(1_000).map(String).find(isRight)!;
}

test('a client that keeps its port meets the ordinals of its flow', async ({ lab }) => {
  strictReversePath(lab);
  await startDnsmasq(lab, lab.far, lab.far4, lab.far6);
  await lab.up('udp:53 loss out:nth 1,3');
  const port = 5_353;
  const flows = [
    [lab.near4, lab.far4],
    [lab.near6, lab.far6],
  ].map(async ([near, far]) => {
    const ask = () => resolves(lab, lab.near, far, 'udp', `${near}#${port}`);
    return [await ask(), await ask(), await ask(), await ask()];
  });
  const answers = [false, true, false, true];
  expect(await Promise.all(flows)).toEqual([answers, answers]);
});

test('delay slows queries down by their round trips', async ({ lab }) => {
  strictReversePath(lab);
  await startDnsmasq(lab, lab.far, lab.far4, lab.far6);
  await lab.up('dns delay 60ms');
  for (const server of [lab.far4, lab.far6]) {
    const udpMs = await queryMs(lab, lab.near, server, 'udp');
    expect(udpMs).toBeGreaterThan(120 - EARLY_MS);
    expect(udpMs).toBeLessThan(120 + LATE_MS);
    // One round trip to connect, one to ask.
    const tcpMs = await queryMs(lab, lab.near, server, 'tcp');
    expect(tcpMs).toBeGreaterThan(240 - EARLY_MS);
    expect(tcpMs).toBeLessThan(240 + LATE_MS);
  }
});

test('a server on the impaired side', async ({ lab }) => {
  strictReversePath(lab);
  await startDnsmasq(lab, lab.near, lab.near4, lab.near6);
  const servers = [lab.near4, lab.near6];
  await lab.up('udp:53 partition', 'tcp:53 delay 30ms');
  expect(await answered(lab, lab.far, servers)).toEqual(['tcp4', 'tcp6']);
  expect(await queryMs(lab, lab.far, lab.near4, 'tcp')).toBeGreaterThan(120 - EARLY_MS);
  await lab.set('n1', 'tcp:53 loss out:100%', `udp:53@${lab.near4} delay in:800ms`);
  expect(await answered(lab, lab.far, servers)).toEqual(['udp4', 'udp6']);
  expect(await queryMs(lab, lab.far, lab.near4)).toBeGreaterThan(800 - EARLY_MS);
  expect(await queryMs(lab, lab.far, lab.near6)).toBeLessThan(800);
});
