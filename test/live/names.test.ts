/**
 * Rules by name, between programs that know nothing of them: caddy as the server of many names, curl
 * over TLS, gtlsclient over QUIC, dnsmasq asked by dig and kdig. A rule must hit the packets that it
 * names, and the rule behind it must see all others.
 */
import { expect, onTestFinished } from 'vitest';
import type { RuleStatus } from '../../src/control/types.js';
import { curl, HTTPS_PORT, startCaddy } from '../support/caddy.js';
import { ADDRESS4, NAME, startDnsmasq, type Transport } from '../support/dns.js';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';
import { QuicSite } from '../support/quic-site.js';

const FILE_BYTES = 100_000;
const PATIENCE_SECONDS = 2;
/** curl's exit code when time is up. */
const TIMED_OUT = 28;

async function caddySite(lab: NetnsLab): Promise<QuicSite> {
  const site = new QuicSite(lab, FILE_BYTES);
  onTestFinished(() => site.close());
  await startCaddy(lab, site);
  return site;
}

/** Nothing got through what was blocked, and what is behind lost nothing. */
function expectOnlyBlocked(blocked: RuleStatus, rest: RuleStatus): void {
  expect(blocked.out.seen).toBeGreaterThan(0);
  for (const { seen, passed, dropped } of [blocked.out, blocked.in]) {
    expect([dropped.partition, passed]).toEqual([seen, 0]);
  }
  for (const { seen, passed } of [rest.out, rest.in]) expect(passed).toBe(seen);
}

test('tls sni=: that name over TLS, not over QUIC, and no other', async ({ lab }) => {
  const site = await caddySite(lab);
  await lab.up('tls sni=blocked.test partition', 'any');
  const [blocked, upper, below, open, ...quic] = await Promise.all([
    curl(lab, 'blocked.test', lab.far4, PATIENCE_SECONDS),
    curl(lab, 'BLOCKED.Test', lab.far6, PATIENCE_SECONDS),
    curl(lab, 'www.blocked.test', lab.far6),
    curl(lab, 'open.test', lab.far4),
    site.fetch('blocked.test', { address: lab.far4, port: HTTPS_PORT }),
    site.fetch('blocked.test', { address: lab.far6, port: HTTPS_PORT }),
  ]);
  // The handshake of TCP shows no name, so the connection stands; what names it is lost.
  const cut = { code: TIMED_OUT, bytes: 0, isConnected: true, isSecured: false };
  const whole = { code: 0, bytes: FILE_BYTES, isConnected: true, isSecured: true };
  expect({ blocked, upper, below, open }).toEqual({
    ...{ blocked: cut, upper: cut },
    ...{ below: whole, open: whole },
  });
  expect(quic.map(({ isComplete }) => isComplete)).toEqual([true, true]);
  const [named, rest] = (await lab.status()).rules;
  expectOnlyBlocked(named, rest);
  // Of the connections that were cut the server has seen nothing that it would answer.
  expect(named.in.seen).toBe(0);
  expect(rest.in.bytes).toBeGreaterThan(4 * FILE_BYTES);
});

test('quic sni=: that name over QUIC, not over TLS, and no other', async ({ lab }) => {
  const site = await caddySite(lab);
  await lab.up('quic sni=*.blocked.test partition', 'any');
  const handshakeTimeout = `${PATIENCE_SECONDS}s`;
  const at = (address: string) => ({ address, port: HTTPS_PORT });
  const [blocked4, blocked6, itself, open, tls] = await Promise.all([
    site.fetch('www.blocked.test', { ...at(lab.far4), handshakeTimeout }),
    site.fetch('www.blocked.test', { ...at(lab.far6), handshakeTimeout }),
    site.fetch('blocked.test', at(lab.far4)),
    site.fetch('open.test', at(lab.far6)),
    curl(lab, 'www.blocked.test', lab.far6),
  ]);
  expect([blocked4.isConnected, blocked6.isConnected]).toEqual([false, false]);
  expect([itself.isComplete, open.isComplete]).toEqual([true, true]);
  expect(tls).toMatchObject({ code: 0, bytes: FILE_BYTES });
  const [named, rest] = (await lab.status()).rules;
  expectOnlyBlocked(named, rest);
  // Of each the first Initial and, after a second or so, another.
  expect(named.out.seen).toBeLessThan(2 * 6);
  expect(named.in.seen).toBe(0);
  expect(rest.in.bytes).toBeGreaterThan(3 * FILE_BYTES);
});

test('quic=initial: no QUIC connection begins, all else goes on', async ({ lab }) => {
  const site = await caddySite(lab);
  await lab.up('udp@0.0.0.0/0 quic=initial partition', 'udp@::/0 quic=initial partition', 'any');
  const handshakeTimeout = `${PATIENCE_SECONDS}s`;
  const at = (address: string) => ({ address, port: HTTPS_PORT });
  const [quic4, quic6, tls] = await Promise.all([
    site.fetch('open.test', { ...at(lab.far4), handshakeTimeout }),
    site.fetch('open.test', { ...at(lab.far6), handshakeTimeout }),
    curl(lab, 'open.test', lab.far4),
  ]);
  expect([quic4.isConnected, quic6.isConnected]).toEqual([false, false]);
  expect(tls).toMatchObject({ code: 0, bytes: FILE_BYTES });
  const [initial4, initial6, rest] = (await lab.status()).rules;
  for (const [initial, headerBytes] of [
    [initial4, 28],
    [initial6, 48],
  ] as const) {
    expectOnlyBlocked(initial, rest);
    expect(initial.out.seen).toBeLessThan(6);
    // Padded to 1200 bytes, as RFC 9000 (14.1) has it.
    expect(initial.out.bytes).toBe(initial.out.seen * (1_200 + headerBytes));
  }

  // Where they pass they are the beginning, and of what follows each is of another kind.
  await lab.set('n1', 'quic=initial', 'quic=handshake', 'quic=short', 'udp');
  const fetches = [lab.far4, lab.far6].map((address) => site.fetch('open.test', at(address)));
  for (const { isComplete } of await Promise.all(fetches)) expect(isComplete).toBe(true);
  const [first, , short, others] = (await lab.status()).rules;
  for (const { seen } of [first.out, first.in]) {
    expect(seen).toBeGreaterThanOrEqual(2);
    expect(seen).toBeLessThan(2 * 6);
  }
  expect(short.in.bytes).toBeGreaterThan(2 * FILE_BYTES);
  expect([others.out.seen, others.in.seen]).toEqual([0, 0]);
});

test('qname=: names below, over UDP and TCP, and no other', async ({ lab }) => {
  await startDnsmasq(lab, lab.far, lab.far4, lab.far6);
  await lab.up(`dns qname=*.${NAME} partition`, 'any');
  const below = [`a.${NAME}`, `b.a.${NAME}`, `A.${NAME.toUpperCase()}`];
  const open = [NAME, NAME.toUpperCase()];
  const clients = CLIENTS.flatMap((client) =>
    [lab.far4, lab.far6].map((server) => ({ client, server })),
  );
  const ask = (names: readonly string[], transport: Transport) =>
    Promise.all(
      names.flatMap((name) =>
        clients.map(({ client, server }) => isAnswered(lab, client, name, server, transport)),
      ),
    );
  const asks = below.length * clients.length;
  expect(new Set(await ask(open, 'udp'))).toEqual(new Set([true]));
  expect(new Set(await ask(open, 'tcp'))).toEqual(new Set([true]));
  expect(new Set(await ask(below, 'udp'))).toEqual(new Set([false]));
  const [asked, rest] = (await lab.status()).rules;
  expectOnlyBlocked(asked, rest);
  expect([asked.out.seen, asked.in.seen]).toEqual([asks, 0]);

  // The same of answers only: the server has been asked.
  await lab.set('n1', `dns qname=*.${NAME} dir=in partition`, 'any');
  expect(new Set(await ask(below, 'udp'))).toEqual(new Set([false]));
  const [answers] = (await lab.status()).rules;
  expect(answers.in.dropped.partition).toBe(asks);

  // Last: this dnsmasq serves one connection after the other, and waits for what does not come.
  await lab.set('n1', `tcp:53 qname=*.${NAME} partition`, 'any');
  expect(new Set(await ask(below, 'tcp'))).toEqual(new Set([false]));
  const [overTcp, others] = (await lab.status()).rules;
  expectOnlyBlocked(overTcp, others);
  expect(overTcp.in.seen).toBe(0);
  // Each is sent again and again.
  expect(overTcp.out.seen).toBeGreaterThan(asks);
});

interface Client {
  readonly name: string;
  /** One try. */
  readonly args: readonly string[];
}

const CLIENTS: readonly Client[] = [
  { name: 'dig', args: ['+tries=1', '+time=1'] },
  { name: 'kdig', args: ['+retry=0', '+timeout=1'] },
];

async function isAnswered(
  lab: NetnsLab,
  client: Client,
  name: string,
  server: string,
  transport: Transport,
): Promise<boolean> {
  const flags = [...client.args, '+short', transport === 'tcp' ? '+tcp' : '+notcp'];
  const run = lab.start(lab.near, client.name, ...flags, `@${server}`, name, 'A');
  return (await run.finished).stdout.trim() === ADDRESS4;
}
