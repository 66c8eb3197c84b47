/** The TCP probe against servers that behave, and others that do not. */
import { createServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { ProbeRequest } from '../../../src/gradient/probe/probe.js';
import { makeTcpProbe } from '../../../src/gradient/probe/tcp-probe.js';
import { tcpRequest } from '../../../src/gradient/probe/tcp-settings.js';
import { closedPort, listening, tcpServer, until } from '../../far/peers.js';
import { COUNT, deafPort, failuresOf, type Said, segmentOf, urlEnd } from './tcp-lab.js';

/** Quick, because a test that waits a tenth of a second for each sample is slow. */
function requestOf(query: string, port: number, host = '127.0.0.1'): ProbeRequest {
  const url = `tcp://${urlEnd(host, port)}?rate=200&${query}`;
  return tcpRequest(url, new URL(url));
}

function segment(query: string, port: number, options = {}): Promise<Said> {
  return segmentOf(makeTcpProbe, requestOf(query, port), options);
}

/** Until the server has no connection any more. */
async function isLeft(server: Server): Promise<void> {
  let open = -1;
  await until(() => {
    server.getConnections((_, count) => {
      open = count;
    });
    return open === 0;
  });
}

test.each(['127.0.0.1', '::1'])('connects to %s, and leaves nothing open', async (host) => {
  let accepted = 0;
  const server = createServer(() => accepted++);
  const port = await listening(server, host);
  const said = await segmentOf(makeTcpProbe, requestOf('timeout=20s', port, host), { count: 20 });
  expect(failuresOf(said)).toEqual([null]);
  expect(said.samples.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  for (const { values } of said.samples) {
    expect(Object.keys(values)).toEqual(['connect', 'late']);
    expect([values.connect! > 0, values.late]).toEqual([true, 0]);
  }
  expect([said.series, said.notes]).toEqual([[], []]);
  await until(() => accepted === 20);
  await isLeft(server);
});

test('a name is resolved; one that is unknown ends it before it begins', async () => {
  const port = await tcpServer(() => {});
  const said = await segmentOf(makeTcpProbe, requestOf('', port, 'localhost'));
  // Where localhost is ::1 alone nobody listens.
  expect(['refused', null]).toContain(failuresOf(said)[0]);
  const unknown = makeTcpProbe(requestOf('', 1, 'nobody.invalid'));
  await expect(unknown.prepare()).rejects.toMatchObject({ code: 'E_PROBE', exitCode: 3 });
});

test('refused', async () => {
  const said = await segment('', await closedPort());
  expect([failuresOf(said), said.samples.length]).toEqual([['refused'], COUNT]);
  expect(said.samples[0]!.values).toEqual({});
});

test('unreachable', async () => {
  // TCP has no way to many at once (RFC 9293, 3.9.2.3): the kernel finds none and sends nothing.
  const said = await segmentOf(makeTcpProbe, requestOf('', 80, '224.0.0.1'));
  expect(failuresOf(said)).toEqual(['unreachable']);
});

test('silence is a timeout, and late once the SYN was sent again', async () => {
  const port = await deafPort();
  // Fills what the backlog takes.
  const filling = await segment('timeout=200ms&receive=1', port, { count: 6 });
  expect(failuresOf(filling)).toEqual(['timeout']);
  const quick = await segment('timeout=300ms', port);
  expect(quick.samples.slice(-1)).toMatchObject([{ failure: 'timeout', values: { late: 0 } }]);
  const slow = await segment('timeout=1500ms', port);
  expect(slow.samples.slice(-1)).toMatchObject([{ failure: 'timeout', values: { late: 1 } }]);
});

test.each([
  [
    'ends it when its client has',
    (socket: Socket) => socket.resume().on('end', () => socket.end()),
  ],
  ['never ends it', (socket: Socket) => socket.resume()],
  ['sends back all of it', (socket: Socket) => socket.pipe(socket)],
])('sends to a server that %s', async (_, accept) => {
  let got = 0;
  const ports = new Set<number | undefined>();
  const port = await tcpServer((socket) => {
    ports.add(socket.remotePort);
    socket.on('data', (bytes) => {
      got += bytes.length;
    });
    accept(socket);
  });
  const said = await segment('send=300kb&sample=1ms&timeout=20s', port);
  expect(failuresOf(said)).toEqual([null]);
  expect([got, ports.size]).toEqual([COUNT * 300_000, COUNT]);
  for (const { values } of said.samples) {
    expect(values.late).toBe(0);
    // More than 0 on a busy machine, whose receiver comes late to acknowledge (tail loss probes).
    expect(Number.isInteger(values.retransmitted)).toBe(true);
    expect(values.goodput).toBeCloseTo((300_000 * 8e3) / values.transfer!, 3);
    expect([values.cwnd! > 0, values.rtt! > 0, values.connect! > 0]).toEqual([true, true, true]);
  }
  expect(said.series.map(({ index }) => index).sort()).toEqual([0, 1, 2]);
  for (const { atMs, columns } of said.series) {
    expect(Object.keys(columns)).toEqual(['cwndBytes', 'rttMs', 'retransmitted']);
    expect(atMs.length).toBeGreaterThanOrEqual(2);
    expect(atMs).toEqual([...atMs].sort((a, b) => a - b));
    expect(columns.cwndBytes!.every((bytes) => bytes! > 0)).toBe(true);
  }
});

test('a transfer may be one byte long', async () => {
  const port = await tcpServer((socket) => socket.resume().on('end', () => socket.end()));
  const said = await segment('send=1&timeout=20s', port);
  expect(failuresOf(said)).toEqual([null]);
  expect(said.samples.every(({ values }) => Number.isFinite(values.goodput))).toBe(true);
});

test('receives what it asks for, of a server that would send for ever', async () => {
  const port = await tcpServer((socket) => {
    const send = () => {
      while (socket.write(Buffer.alloc(65_536)));
    };
    socket.on('drain', send);
    send();
  });
  const said = await segment('receive=1mb&timeout=20s', port);
  expect(failuresOf(said)).toEqual([null]);
  expect(Object.keys(said.samples[0]!.values).sort()).toEqual([
    'connect',
    'goodput',
    'late',
    'outOfOrder',
    'transfer',
  ]);
  const { receivedBytes } = said.series[0]!.columns;
  expect(receivedBytes![0]).toBe(0);
  expect(receivedBytes!.at(-1)).toBeGreaterThanOrEqual(1e6);
});

test('sends, and reads what comes back', async () => {
  const port = await tcpServer((socket) => socket.pipe(socket));
  const said = await segment('send=2mb&receive=2mb&timeout=20s', port);
  expect(failuresOf(said)).toEqual([null]);
  const { goodput, transfer } = said.samples[0]!.values;
  expect(goodput).toBeCloseTo((4e6 * 8e3) / transfer!, 0);
});

test.each([
  ['closed early', 'receive=10kb', (socket: Socket) => socket.end('too little')],
  ['closed early', 'send=10kb&receive=10kb', (socket: Socket) => socket.resume().end('too little')],
  ['reset', 'receive=10kb', reset],
  ['reset', 'receive=10kb', (socket: Socket) => socket.write('some', () => reset(socket))],
  ['reset', 'send=20mb', (socket: Socket) => socket.once('data', () => reset(socket))],
  ['timeout', 'receive=10kb', () => {}],
  ['timeout', 'receive=10kb', (socket: Socket) => socket.write('some')],
  ['timeout', 'send=50mb', (socket: Socket) => socket.pause()],
  // All of it fits into this side's buffers, but not into the peer's.
  ['timeout', 'send=1mb', (socket: Socket) => socket.pause()],
])('%s: %s', async (failure, query, accept) => {
  const port = await tcpServer((socket) => void accept(socket));
  const said = await segment(`${query}&timeout=${failure === 'timeout' ? '200ms' : '20s'}`, port);
  expect(failuresOf(said)).toEqual([failure]);
  expect(said.samples).toHaveLength(COUNT);
  for (const { values } of said.samples) {
    expect('transfer' in values || 'goodput' in values).toBe(false);
    // A quick reset may be there before node has seen the connection.
    if (failure === 'reset' && values.connect === undefined) continue;
    expect(values).toMatchObject({ late: 0 });
    expect(values.connect).toBeGreaterThan(0);
  }
});

test('says when transfers overlap', async () => {
  const port = await tcpServer(() => {});
  const { notes } = await segment('receive=1&timeout=100ms', port);
  expect(notes).toEqual([expect.stringMatching(/^transfers overlapped/)]);
});

test.each(['receive=1', 'send=50mb', ''])(
  'an end in the middle counts nothing: %s',
  async (query) => {
    const sockets: Socket[] = [];
    const port =
      query === '' ? await deafPort() : await tcpServer((socket) => sockets.push(socket));
    if (query === '') await segment('timeout=200ms&receive=1', port, { count: 6 });
    const stop = new AbortController();
    const running = segment(`${query}&timeout=1h`, port, { count: 1e6, signal: stop.signal });
    if (query !== '') await until(() => sockets.length > 2);
    stop.abort();
    const { samples } = await running;
    expect(samples).toEqual([]);
    for (const socket of sockets) {
      socket.resume();
      await until(() => socket.destroyed || socket.readableEnded);
    }
  },
);

test('an end after the last sample has begun cuts it too', async () => {
  let accepted = 0;
  const port = await tcpServer(() => accepted++);
  const stop = new AbortController();
  const running = segment('receive=1&timeout=1h', port, { signal: stop.signal });
  await until(() => accepted === COUNT);
  // The clock of samples has stopped by then.
  await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  expect((await running).samples).toEqual([]);
});

test('a port in use is passed over', async () => {
  const request = requestOf('', await tcpServer(() => {}));
  const { TcpPorts } = await import('../../../src/gradient/probe/tcp-ports.js');
  const { TcpDial } = await import('../../../src/gradient/probe/tcp-dial.js');
  const taken = await tcpServer(() => {});
  const end = { address: '127.0.0.1', port: Number(request.settings.port) };
  const localPort = await new Promise<number | string | undefined>((resolve) => {
    const dial = new TcpDial(end, new TcpPorts([taken, taken + 1], 0), null, {
      connected: (socket) => resolve(socket.localPort),
      failed: resolve,
    });
    onTestFinished(() => dial.abandon());
  });
  expect(localPort).toBe(taken + 1);
});

function reset(socket: Socket): void {
  socket.resetAndDestroy();
}
