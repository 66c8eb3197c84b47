import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createChargenServer, createDiscardServer } from '../../src/far/one-way.js';
import { steadyBytes } from '../../src/far/steady-bytes.js';
import { listening, TcpClient, until } from './peers.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('discard reads all there is, says nothing and ends when its client has', async () => {
  const client = new TcpClient(await listening(createDiscardServer()));
  client.socket.write(Buffer.alloc(5_000_000));
  await until(() => client.socket.writableLength === 0);
  expect(client.events).toEqual([]);
  client.socket.end();
  await until(() => client.events.includes('close'));
  expect([client.events, client.got.length]).toEqual([['end', 'close'], 0]);
});

test('chargen sends the same to everyone, for as long as they want it', async () => {
  const port = await listening(createChargenServer());
  for (const bytes of [3_000_000, 1_000]) {
    const client = new TcpClient(port);
    const got = await client.gets(bytes);
    const expected = Buffer.concat([...steadyBytes(bytes)]);
    expect(sha256(got.subarray(0, bytes))).toBe(sha256(expected));
    client.socket.destroy();
  }
});

test('chargen sends no more than its client takes', async () => {
  const server = createChargenServer();
  let waiting = 0;
  server.on('connection', (socket) => {
    setInterval(() => {
      waiting = Math.max(waiting, socket.writableLength);
    }, 1).unref();
  });
  const client = new TcpClient(await listening(server));
  client.socket.pause();
  await until(() => waiting > 0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(waiting).toBeLessThan(1_000_000);
});

test.each([createDiscardServer, createChargenServer])('a reset ends %o alone', async (create) => {
  const server = create();
  const port = await listening(server);
  const client = new TcpClient(port);
  client.socket.once('connect', () => client.socket.resetAndDestroy());
  await until(() => client.events.includes('close'));
  const next = new TcpClient(port);
  let isOpen = false;
  next.socket.once('connect', () => {
    isOpen = true;
  });
  await until(() => isOpen);
  expect(server.listening).toBe(true);
});
