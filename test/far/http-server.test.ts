import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { createHttpServer } from '../../src/far/http-server.js';
import { steadyBytes } from '../../src/far/steady-bytes.js';
import { listening, TcpClient, until } from './peers.js';

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

async function open(address = '127.0.0.1') {
  const port = await listening(createHttpServer(), address);
  return (method: string, path: string, body?: Buffer) => ask(address, port, method, path, body);
}

function ask(
  host: string,
  port: number,
  method: string,
  path: string,
  body?: Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, method, path, agent: false }, async (response) => {
      const { statusCode: status = 0, headers } = response;
      resolve({ status, headers, body: await buffer(response) });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const bytes = (count: number) => Buffer.concat([...steadyBytes(count)]);

describe('GET /bytes', () => {
  test.each([
    ['0', 0],
    ['1', 1],
    ['64kb', 64_000],
    ['1mib', 1_048_576],
    ['3mb', 3_000_000],
  ])('%s', async (size, count) => {
    const ask = await open();
    const { status, headers, body } = await ask('GET', `/bytes/${size}`);
    expect([status, headers['content-length']]).toEqual([200, String(count)]);
    expect(body.equals(bytes(count))).toBe(true);
  });

  test('are the bytes they have always been, and no two pieces are alike', () => {
    const all = bytes(3_000_000);
    expect(sha256(all)).toBe('9339a6920bd59ad46db4fa56018d83c76a4c844c3b59e801ee25648cc6e6ea44');
    expect(all.subarray(0, 1_000)).toEqual(bytes(1_000));
    const pieces = new Set<string>();
    for (let at = 0; at + 1_024 <= all.length; at += 1_024) {
      pieces.add(sha256(all.subarray(at, at + 1_024)));
    }
    expect(pieces.size).toBe(Math.floor(all.length / 1_024));
  });

  test('HEAD says how many there are', async () => {
    const ask = await open();
    const { status, headers, body } = await ask('HEAD', '/bytes/10gb');
    expect([status, headers['content-length'], body.length]).toEqual([200, '10000000000', 0]);
  });

  test.each([
    ['10000000001', 'more than 10gb'],
    ['1tb', 'unknown unit'],
    ['x', 'not a size'],
    ['-1', 'negative'],
  ])('%s is refused', async (size, reason) => {
    const ask = await open();
    const { status, body } = await ask('GET', `/bytes/${size}`);
    expect(status).toBe(400);
    expect(String(body)).toContain(reason);
  });

  test('are not made before they are read, and a reader that goes is no harm', async () => {
    const port = await listening(createHttpServer());
    const client = new TcpClient(port);
    client.socket.pause();
    const before = process.memoryUsage().external;
    client.socket.write('GET /bytes/10gb HTTP/1.1\r\nHost: x\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(process.memoryUsage().external - before).toBeLessThan(50e6);
    client.socket.resetAndDestroy();
    await until(() => client.events.includes('close'));
    const { status } = await ask('127.0.0.1', port, 'GET', '/');
    expect(status).toBe(200);
  });
});

describe('uploads', () => {
  test.each(['POST', 'PUT'])('%s', async (method) => {
    const ask = await open();
    const sent = bytes(5_000_000);
    const { status, body } = await ask(method, '/upload', sent);
    expect(status).toBe(200);
    expect(JSON.parse(String(body))).toEqual({ bytes: sent.length, sha256: sha256(sent) });
  });

  test('of nothing', async () => {
    const ask = await open();
    const { body } = await ask('POST', '/upload');
    expect(JSON.parse(String(body))).toEqual({ bytes: 0, sha256: sha256(Buffer.alloc(0)) });
  });
});

describe('the rest', () => {
  test.each(['127.0.0.1', '::1'])('/ip for %s', async (address) => {
    const ask = await open(address);
    expect(String((await ask('GET', '/ip')).body)).toBe(`${address}\n`);
  });

  test('/delay answers late', async () => {
    const ask = await open();
    const startMs = performance.now();
    const { body } = await ask('GET', '/delay/120');
    // A timer may be early by the part of a millisecond that the loop's clock leaves out.
    expect(performance.now() - startMs).toBeGreaterThan(118);
    expect(String(body)).toBe('after 120 ms\n');
    expect((await ask('GET', '/delay/60001')).status).toBe(400);
  });

  test('/ and what is not there list what is', async () => {
    const ask = await open();
    const root = await ask('GET', '/');
    expect(root.status).toBe(200);
    expect(String(root.body)).toContain('/bytes/SIZE');
    expect((await ask('GET', '/?x=1')).status).toBe(200);
    expect((await ask('GET', 'http://example.com/ip?x')).status).toBe(200);
    for (const [method, path] of [
      ['GET', '/upload'],
      ['POST', '/ip'],
      ['GET', '/bytes/1/2'],
      ['GET', '/delay/-1'],
      ['DELETE', '/'],
      ['OPTIONS', '*'],
    ] as const) {
      const { status, body } = await ask(method, path);
      expect([path, status]).toEqual([path, 404]);
      expect(String(body)).toContain(String(root.body));
    }
  });

  test('what is not HTTP is refused', async () => {
    const client = new TcpClient(await listening(createHttpServer()));
    client.socket.write('\x16\x03\x01\x02\x00\r\n\r\n');
    await until(() => client.events.includes('end'));
    expect(String(client.got)).toMatch(/^HTTP\/1.1 400 /);
  });
});

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
