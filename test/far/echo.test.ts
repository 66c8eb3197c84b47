import { randomFillSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { createEchoServer, echoDatagrams } from '../../src/far/echo.js';
import { listening, TcpClient, UdpPeer, until } from './peers.js';

test.each(['127.0.0.1', '::1'])('datagrams come back to %s', async (address) => {
  const server = await UdpPeer.at(address);
  echoDatagrams(server.socket);
  const client = await UdpPeer.at(address);
  const sent = [Buffer.alloc(0), Buffer.of(1), Buffer.alloc(60_000, 2)];
  for (const bytes of sent) client.send(bytes, server.port);
  await until(() => client.got.length === sent.length);
  for (const [i, { bytes, port }] of client.got.entries()) {
    expect([bytes.equals(sent[i]!), port]).toEqual([true, server.port]);
  }
});

test('a datagram from another echo is where it ends', async () => {
  const server = await UdpPeer.at('127.0.0.1');
  echoDatagrams(server.socket);
  const other = await UdpPeer.at('127.0.0.2', server.port);
  other.send(Buffer.of(1), server.port, '127.0.0.1');
  const client = await UdpPeer.at('127.0.0.1');
  client.send(Buffer.of(2), server.port);
  await until(() => client.got.length === 1);
  expect(other.got).toEqual([]);
});

test('a stream comes back whole, and ends when its sender has ended', async () => {
  const client = new TcpClient(await listening(createEchoServer()));
  const sent = randomFillSync(Buffer.alloc(5_000_000));
  client.socket.end(sent);
  await until(() => client.events.includes('close'));
  expect(client.got.equals(sent)).toBe(true);
  expect(client.events).toEqual(['end', 'close']);
});
