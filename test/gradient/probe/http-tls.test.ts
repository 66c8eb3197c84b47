/** The HTTP probe over TLS, with certificates that openssl makes; without it these tests are skipped. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeHttpProbe } from '../../../src/gradient/probe/http-probe.js';
import { httpRequest } from '../../../src/gradient/probe/http-settings.js';
import { listening, tcpServer } from '../../far/peers.js';
import { COUNT, failuresOf, segmentOf } from './tcp-lab.js';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

function segment(port: number, settings: string) {
  const url = `https://127.0.0.1:${port}/x#rate=200&${settings}`;
  return segmentOf(makeHttpProbe, httpRequest(url, new URL(url)));
}

describe.skipIf(!hasOpenssl)('over TLS', () => {
  let folder = '';
  let key = Buffer.alloc(0);
  let cert = Buffer.alloc(0);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'netemu-tls-'));
    const [keyFile, certFile] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const names = ['-subj', '/CN=netemu', '-addext', 'subjectAltName=DNS:netemu.test'];
    const files = ['-keyout', keyFile!, '-out', certFile!];
    execFileSync('openssl', [...args, ...names, '-days', '2', ...files], { stdio: 'ignore' });
    key = readFileSync(keyFile!);
    cert = readFileSync(certFile!);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const site = (body: Buffer) =>
    listening(createServer({ key, cert }, (_, response) => response.end(body)));

  test('gets an answer when any certificate will do', async () => {
    const said = await segment(await site(Buffer.alloc(500_000)), 'insecure&timeout=20s');
    expect([failuresOf(said), said.samples.length]).toEqual([[null], COUNT]);
    for (const { values } of said.samples) {
      const { connect, tls, firstByte, total, goodput, retransmitted } = values;
      expect(values).toEqual({
        connect,
        tls,
        firstByte,
        total,
        goodput,
        late: 0,
        retransmitted,
      });
      expect([connect! + tls! < firstByte!, total! >= firstByte!]).toEqual([true, true]);
      expect(goodput).toBeGreaterThan((500_000 * 8e3) / total!);
    }
  });

  test('a certificate that nobody has signed is refused', async () => {
    const said = await segment(await site(Buffer.from('x')), 'timeout=20s');
    expect(failuresOf(said)).toEqual(['tls self-signed certificate']);
    const { connect } = said.samples[0]!.values;
    expect(said.samples[0]!.values).toMatchObject({ connect, late: 0 });
    expect(connect).toBeGreaterThan(0);
  });

  test.each([
    [
      'tls wrong version number',
      (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ],
    ['closed early', (socket: Socket) => socket.end()],
    ['reset', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['timeout', () => {}],
  ])('%s', async (failure, accept) => {
    const port = await tcpServer((socket) => void accept(socket));
    const said = await segment(port, `timeout=${failure === 'timeout' ? '200ms' : '20s'}`);
    expect([failuresOf(said), said.samples.length]).toEqual([[failure], COUNT]);
  });
});
