/** The server as Node's own resolver (c-ares) sees it, and the stream cut in every way. */
import { Resolver } from 'node:dns/promises';
import { describe, expect, test } from 'vitest';
import { addressesOf, answerQuery } from '../../src/far/dns-answer.js';
import { answerDatagrams, createDnsServer } from '../../src/far/dns-server.js';
import { ANSWER, listening, message, TcpClient, UdpPeer, until } from './peers.js';

const own = addressesOf('198.18.0.1', 'fd00:6e65::1');

/** example.com, A. */
const QUERY = Buffer.from('beef01000001000000000000076578616d706c6503636f6d0000010001', 'hex');
const REPLY = answerQuery(QUERY, own)!;

function framed(...messages: Buffer[]): Buffer {
  return Buffer.concat(messages.flatMap((bytes) => [Buffer.of(0, bytes.length), bytes]));
}

describe('UDP', () => {
  test('a resolver finds every name but those below .invalid', async () => {
    const server = await UdpPeer.at('127.0.0.1');
    answerDatagrams(server.socket, own);
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${server.port}`]);
    expect(await resolver.resolve4('wWw.example.com', { ttl: true })).toEqual([
      { address: '198.18.0.1', ttl: 60 },
    ]);
    expect(await resolver.resolve6('anything')).toEqual(['fd00:6e65::1']);
    await expect(resolver.resolve4('www.invalid')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver.resolveMx('example.com')).rejects.toMatchObject({ code: 'ENODATA' });
  });

  test('nonsense is survived, answers are not answered', async () => {
    const server = await UdpPeer.at('127.0.0.1');
    answerDatagrams(server.socket, own);
    const client = await UdpPeer.at('127.0.0.1');
    for (const bytes of [Buffer.alloc(0), message(1, ANSWER), Buffer.alloc(9_000, 0x0c), QUERY]) {
      client.send(bytes, server.port);
    }
    await until(() => client.got.length === 2);
    expect(client.got.map(({ bytes }) => bytes.subarray(0, 2).toString('hex'))).toEqual([
      '0c0c',
      'beef',
    ]);
    expect(client.got[1]?.bytes).toEqual(REPLY);
  });
});

describe('TCP', () => {
  test('queries are answered in their order, however they are cut, until the client ends', async () => {
    const port = await listening(createDnsServer(own));
    const client = new TcpClient(port);
    client.socket.setNoDelay();
    const stream = framed(QUERY, QUERY, QUERY);
    for (let at = 0; at < stream.length; at += 7) {
      client.socket.write(stream.subarray(at, at + 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.socket.end(framed(QUERY));
    await until(() => client.events.includes('close'));
    expect(client.got).toEqual(framed(REPLY, REPLY, REPLY, REPLY));
    expect(client.events).toEqual(['end', 'close']);
  });

  test('many queries at once are all answered, with a reader that is slow to begin', async () => {
    const port = await listening(createDnsServer(own));
    const client = new TcpClient(port);
    client.socket.pause();
    const count = 20_000;
    client.socket.end(Buffer.concat(Array<Buffer>(count).fill(framed(QUERY))));
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.socket.resume();
    await until(() => client.events.includes('close'));
    expect(client.got.equals(Buffer.concat(Array<Buffer>(count).fill(framed(REPLY))))).toBe(true);
  });

  test('a stream of something else is closed', async () => {
    const port = await listening(createDnsServer(own));
    const client = new TcpClient(port);
    client.socket.write('\x00\x04GET / HTTP/1.1\r\n\r\n');
    await until(() => client.events.includes('end'));
    expect(client.got.length).toBe(0);
  });
});
