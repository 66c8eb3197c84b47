/** The HTTP probe against servers that behave, and others that do not. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { makeHttpProbe } from '../../../src/gradient/probe/http-probe.js';
import { httpRequest } from '../../../src/gradient/probe/http-settings.js';
import { closedPort, listening, tcpServer, until } from '../../far/peers.js';
import { COUNT, deafPort, failuresOf, type Said, segmentOf, urlEnd } from './tcp-lab.js';

function segment(port: number, path = '/', settings = '', options = {}): Promise<Said> {
  const [host, rest] = path.startsWith('/') ? ['127.0.0.1', path] : ['::1', path.slice(1)];
  const url = `http://${urlEnd(host!, port)}${rest}#rate=200${settings}`;
  return segmentOf(makeHttpProbe, httpRequest(url, new URL(url)), options);
}

const web = (listener: RequestListener, address?: string) =>
  listening(createServer(listener), address);

test.each(['/', '6/'])('gets an answer, and leaves nothing open (%s)', async (path) => {
  const asked: (string | undefined)[] = [];
  const server: Server = createServer((request, response) => {
    asked.push([request.method, request.url, request.headers.host].join(' '));
    response.end('hello');
  });
  const port = await listening(server, path === '/' ? '127.0.0.1' : '::1');
  const said = await segment(port, `${path}a?b=c`, '&timeout=20s');
  expect([failuresOf(said), said.samples.length, said.notes]).toEqual([[null], COUNT, []]);
  const host = path === '/' ? `127.0.0.1:${port}` : `[::1]:${port}`;
  expect(asked).toEqual(Array.from({ length: COUNT }, () => `GET /a?b=c ${host}`));
  for (const { values } of said.samples) {
    const { connect, firstByte, total, retransmitted } = values;
    expect(values).toEqual({ connect, firstByte, total, late: 0, retransmitted });
    expect(Number.isInteger(retransmitted)).toBe(true);
    expect([connect! > 0, firstByte! > connect!, total! >= firstByte!]).toEqual([true, true, true]);
  }
  let open = -1;
  await until(() => {
    server.getConnections((_, count) => {
      open = count;
    });
    return open === 0;
  });
});

test.each([
  ['with a length', { 'content-length': 3_000_000 }],
  ['in chunks', {}],
])('a large body is counted %s', async (_, headers) => {
  const port = await web((_, response) => {
    response.writeHead(200, headers);
    response.end(Buffer.alloc(3_000_000));
  });
  const said = await segment(port, '/', '&timeout=20s');
  expect(failuresOf(said)).toEqual([null]);
  for (const { values } of said.samples) {
    // The time from the request to the end is less than the total, and more than that of the body alone.
    expect(values.goodput).toBeGreaterThanOrEqual((3e6 * 8e3) / values.total!);
    expect(values.goodput).toBeLessThan(Number.POSITIVE_INFINITY);
  }
});

test('other methods, and answers without a body', async () => {
  const methods: (string | undefined)[] = [];
  const port = await web((request, response) => {
    methods.push(request.method);
    response.writeHead(request.method === 'POST' ? 204 : 200, {}).end();
  });
  expect(failuresOf(await segment(port, '/', '&method=head&timeout=20s', { count: 1 }))).toEqual([
    null,
  ]);
  expect(failuresOf(await segment(port, '/', '&method=post&timeout=20s', { count: 1 }))).toEqual([
    null,
  ]);
  expect(methods).toEqual(['HEAD', 'POST']);
});

test('a status that means failure is one, with the times that were measured', async () => {
  const port = await web((_, response) => response.writeHead(503).end('x'.repeat(20_000)));
  const said = await segment(port);
  expect(failuresOf(said)).toEqual(['status 503']);
  expect(Object.keys(said.samples[0]!.values).sort()).toEqual([
    'connect',
    'firstByte',
    'goodput',
    'late',
    'retransmitted',
  ]);
});

test('redirects are answers; where they lead nobody goes', async () => {
  let asked = 0;
  const port = await web((_, response) => {
    asked++;
    response.writeHead(302, { location: '/else' }).end();
  });
  const said = await segment(port);
  expect([failuresOf(said), asked]).toEqual([[null], COUNT]);
  expect(said.notes).toEqual(['the server answers with status 302: redirects are not followed']);
});

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n';

test.each([
  ['closed early', 'ends at once', (socket: Socket) => socket.end()],
  ['closed early', 'ends in the head', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nConte')],
  ['closed early', 'changes the protocol', (socket: Socket) => socket.write(upgrade)],
  ['cut short', 'dies in the body', (socket: Socket) => socket.end(`${HEAD}some`)],
  ['cut short', 'dies in a chunk', (socket: Socket) => socket.end(`${CHUNKED}ff\r\nsome`)],
  ['not HTTP', 'speaks SSH', (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
  ['not HTTP', 'babbles', (socket: Socket) => socket.write(Buffer.alloc(9_999, 7))],
  ['reset', 'resets', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
  ['timeout', 'is silent', () => {}],
  ['timeout', 'stops in the head', (socket: Socket) => socket.write('HTTP/1.1 2')],
  ['timeout', 'stops in the body', (socket: Socket) => socket.write(`${HEAD}some`)],
])('%s: a server that %s', async (failure, _, accept) => {
  const port = await tcpServer((socket) => void accept(socket));
  const said = await segment(port, '/', `&timeout=${failure === 'timeout' ? '200ms' : '20s'}`);
  expect([failuresOf(said), said.samples.length]).toEqual([[failure], COUNT]);
  for (const { values } of said.samples) {
    expect(values).toMatchObject({ late: 0 });
    expect('total' in values).toBe(false);
  }
});

test('a reset in the body is one, or cuts it short', async () => {
  const port = await tcpServer((socket) => {
    socket.once('data', () => socket.write(`${HEAD}some`));
    setTimeout(() => socket.resetAndDestroy(), 50);
  });
  const said = await segment(port, '/', '&timeout=20s');
  for (const failure of failuresOf(said)) expect(['reset', 'cut short']).toContain(failure);
});

test('refused, and silence', async () => {
  expect(failuresOf(await segment(await closedPort()))).toEqual(['refused']);
  const deaf = await deafPort();
  const said = await segment(deaf, '/', '&timeout=200ms', { count: 6 });
  expect(failuresOf(said)).toEqual(['timeout']);
  expect(said.samples.at(-1)!.values).toEqual({ late: 0 });
});

test.each([
  ['before the answer', () => {}],
  ['in the body', (socket: Socket) => socket.write(`${HEAD}some`)],
])('an end in the middle counts nothing: %s', async (_, accept) => {
  const sockets: Socket[] = [];
  const port = await tcpServer((socket) => {
    sockets.push(socket.resume());
    accept(socket);
  });
  const stop = new AbortController();
  const options = { count: 1e6, signal: stop.signal };
  const running = segment(port, '/', '&timeout=1h', options);
  await until(() => sockets.length > 2);
  stop.abort();
  expect((await running).samples).toEqual([]);
  for (const socket of sockets) await until(() => socket.destroyed || socket.readableEnded);
});

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n';
