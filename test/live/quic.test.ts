/** QUIC and TLS: real handshakes through rules that look into them, and through a NAT that rebinds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { test } from '../support/live-test.js';
import type { NetnsLab } from '../support/netns-lab.js';
import { makeCertificate, QUIC_PORT, QuicSite } from '../support/quic-site.js';

function site(lab: NetnsLab, bytes: number, certificate?: 'large'): QuicSite {
  const made = new QuicSite(lab, bytes, certificate);
  onTestFinished(() => made.close());
  return made;
}

test('handshakeloss: handshakes complete, each packet lost is counted', async ({ lab }) => {
  const quic = site(lab, 1_000);
  await quic.serve();
  await lab.up(`udp:${QUIC_PORT} profile handshakeloss`, '--seed', 'handshakeloss');
  // A third of the packets lost each way: seconds a handshake, as the PTO doubles from one.
  const fetches = await Promise.all(
    Array.from({ length: 8 }, () => quic.fetch('www.example.test', { handshakeTimeout: '60s' })),
  );
  expect(fetches.map(({ isConnected }) => isConnected)).toEqual(Array(8).fill(true));
  const { rules } = await lab.status();
  for (const counts of [rules[0].out, rules[0].in]) {
    expect(counts.dropped.loss / counts.seen).toBeGreaterThan(0.1);
    expect(counts.dropped.loss / counts.seen).toBeLessThan(0.5);
  }
});

test('rebind: the server sees new ports, the client nothing, the file arrives', async ({ lab }) => {
  const quic = site(lab, 1_000);
  const server = await quic.serve();
  // Some 2.5 s at 10 Mbit/s, so that three ports and more are seen. It is the client that sends: one that
  // only listens cannot be found again, by any server, when nothing is on its way to it at a rebinding.
  const uploadBytes = 3_000_000;
  await lab.up(`udp:${QUIC_PORT} rate 10mbit delay 15ms rebind 700ms`, '--seed', 'rebind');
  const { isComplete } = await quic.fetch('www.example.test', { uploadBytes });
  expect(isComplete).toBe(true);
  expect(server.clients().length).toBeGreaterThanOrEqual(3);
  const { out, in: inward } = (await lab.status()).rules[0];
  expect(out.bytes).toBeGreaterThan(uploadBytes);
  expect(out.rebound).toBeGreaterThan(10);
  expect(inward.rebound).toBeGreaterThan(10);
});

test('sni= over QUIC: hits the flows to that name only', async ({ lab }) => {
  const quic = site(lab, 50_000);
  const addresses = [lab.far4, lab.far6];
  await quic.serve('*');
  const port = `udp:${QUIC_PORT}`;
  await lab.up(`${port} sni=*.blocked.test partition drop`, `${port} sni=open.test`, port);
  const fetchesTo = (address: string) =>
    Promise.all([
      quic.fetch('www.blocked.test', { address, handshakeTimeout: '1s' }),
      quic.fetch('open.test', { address }),
      quic.fetch('blocked.test', { address }),
    ]);
  for (const [blocked, open, other] of await Promise.all(addresses.map(fetchesTo))) {
    expect([blocked.isConnected, open.isComplete, other.isComplete]).toEqual([false, true, true]);
  }
  const { rules } = await lab.status();
  expect(rules[0].out.dropped.partition).toBeGreaterThan(1);
  expect(rules[0].in.seen).toBe(0);
  expect(rules[1].in.bytes).toBeGreaterThan(2 * 50_000);
  expect(rules[2].in.bytes).toBeGreaterThan(2 * 50_000);
});

test('quic=initial and quic=handshake: the handshake, and nothing else', async ({ lab }) => {
  // With a certificate of the usual size all of Handshake may share datagrams that begin with an Initial.
  const quic = site(lab, 500_000, 'large');
  await quic.serve();
  const port = `udp:${QUIC_PORT}`;
  await lab.up(`${port} quic=initial`, `${port} quic=handshake`, `${port} quic=short`, port);
  expect((await quic.fetch('www.example.test')).isComplete).toBe(true);
  const [initial, handshake, short, rest] = (await lab.status()).rules;
  // A flight or two of each, and hundreds of packets for the file.
  for (const { out, in: inward } of [initial, handshake]) {
    expect(out.seen + inward.seen).toBeGreaterThan(0);
    expect(out.seen + inward.seen).toBeLessThan(12);
  }
  expect(short.in.bytes).toBeGreaterThan(500_000);
  expect([rest.out.seen, rest.in.seen]).toEqual([0, 0]);
});

test('losing the first Initial costs the client a PTO, not the handshake', async ({ lab }) => {
  const quic = site(lab, 1_000);
  await quic.serve();
  await lab.up(`udp:${QUIC_PORT} quic=initial dir=out loss first 1`);
  const startMs = performance.now();
  expect((await quic.fetch('www.example.test')).isComplete).toBe(true);
  // RFC 9002: about a second before there is a round-trip time; some clients take less.
  expect(performance.now() - startMs).toBeGreaterThan(300);
  expect((await lab.status()).rules[0].out.dropped.loss).toBe(1);
});

test('sni= over TLS: the connection to that name is reset, others go on', async ({ lab }) => {
  const folder = mkdtempSync(join(tmpdir(), 'netemu-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  makeCertificate(folder);
  const files = ['-key', join(folder, 'key.pem'), '-cert', join(folder, 'cert.pem')];
  const server = lab.start(lab.far, 'openssl', 's_server', '-accept', '443', '-www', ...files);
  await server.printed(/ACCEPT/);
  await lab.up('tls sni=blocked.test partition reject', 'tls');
  const connect = async (name: string) => {
    const args = ['s_client', '-connect', `${lab.far4}:443`, '-servername', name, '-brief'];
    const { stderr } = await lab.start(lab.near, 'timeout', '10', 'openssl', ...args).finished;
    return /CONNECTION ESTABLISHED/.test(stderr);
  };
  expect(await connect('open.test')).toBe(true);
  // Last: openssl serves one after the other, and nobody tells it that this one is over.
  expect(await connect('blocked.test')).toBe(false);
  const { rules } = await lab.status();
  expect(rules[0].out.replies).toBeGreaterThan(0);
  expect(rules[1].in.seen).toBeGreaterThan(0);
});
