/** Both relays between real sockets on loopback. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type DnsRelay, startDnsRelay } from '../../src/far/dns-relay.js';
import type { NameServer } from '../../src/far/resolv-conf.js';
import { CONNECTIONS_MAX } from '../../src/far/tcp-relay.js';
import { WAITING_MAX } from '../../src/far/udp-relay.js';
import { ANSWER, closedPort, message, TcpClient, tcpServer, UdpPeer, until } from './peers.js';

const LOCAL = '127.0.0.1';

async function relayTo(...servers: (NameServer | number)[]): Promise<DnsRelay> {
  const named = servers.map((server) =>
    typeof server === 'number' ? { address: LOCAL, port: server } : server,
  );
  const relay = await startDnsRelay({ ipv4: LOCAL, ipv6: '::1', servers: () => named });
  onTestFinished(() => relay.close());
  return relay;
}

describe('UDP', () => {
  test('queries and answers pass byte for byte, each query from a socket of its own', async () => {
    const server = await UdpPeer.at(LOCAL);
    server.onMessage = ({ bytes, port }) => {
      server.send(message(bytes.readUInt16BE(0), ANSWER, 4_000), port);
    };
    const { port } = await relayTo(server.port);
    const client = await UdpPeer.at(LOCAL);
    client.send(message(0x1234), port);
    client.send(message(0xffff, 1, 12), port);
    await until(() => client.got.length === 2);

    const asked = server.got.map(({ bytes }) => hex(bytes)).sort();
    expect(asked).toEqual([message(0x1234), message(0xffff, 1, 12)].map(hex));
    const answers = client.got.map(({ bytes }) => hex(bytes)).sort();
    expect(answers).toEqual([0x1234, 0xffff].map((id) => hex(message(id, ANSWER, 4_000))));
    expect(client.got.map((answer) => answer.port)).toEqual([port, port]);
    expect(new Set(server.got.map((query) => query.port)).size).toBe(2);
    expect(server.got.map((query) => query.port)).not.toContain(port);
  });

  test('a client and a server of IPv6 are served as well', async () => {
    const server = await UdpPeer.at('::1');
    server.onMessage = ({ port }) => server.send(message(7, ANSWER), port);
    const { port } = await relayTo({ address: '::1', port: server.port });
    const client = await UdpPeer.at('::1');
    client.send(message(7), port);
    await until(() => client.got.length === 1);
    expect(client.got[0]).toEqual({ bytes: message(7, ANSWER), port });
  });

  test('what is no query is not passed on, what is no answer to it is not passed back', async () => {
    const server = await UdpPeer.at(LOCAL);
    server.onMessage = ({ port }) => {
      for (const reply of [message(9), message(8, ANSWER), message(9, ANSWER, 11)]) {
        server.send(reply, port);
      }
      server.send(message(9, ANSWER), port);
      server.send(message(9, ANSWER), port);
    };
    const { port } = await relayTo(server.port);
    const client = await UdpPeer.at(LOCAL);
    for (const bytes of [Buffer.alloc(0), message(9, 0, 11), message(9, ANSWER)]) {
      client.send(bytes, port);
    }
    client.send(message(9), port);
    await until(() => client.got.length > 0);
    expect(server.got.map(({ bytes }) => bytes)).toEqual([message(9)]);
    expect(client.got.map(({ bytes }) => bytes)).toEqual([message(9, ANSWER)]);
  });

  test('a server that refuses, or cannot be reached at all, is passed over', async () => {
    const server = await UdpPeer.at(LOCAL);
    server.onMessage = ({ bytes, port }) => {
      server.send(message(bytes.readUInt16BE(0), ANSWER), port);
    };
    const nowhere = { address: 'fe80::1%netemu-none', port: 53 };
    const { port } = await relayTo(await closedPort(), nowhere, server.port);
    const client = await UdpPeer.at(LOCAL);
    client.send(message(3), port);
    await until(() => client.got.length === 1);
    expect(client.got[0]?.bytes).toEqual(message(3, ANSWER));
  });

  test('SERVFAIL is said when all refuse', async () => {
    const { port } = await relayTo(await closedPort(), await closedPort());
    const client = await UdpPeer.at(LOCAL);
    const question = Buffer.from('0001010000010000000000000377777700' + '00010001', 'hex');
    client.send(question, port);
    await until(() => client.got.length === 1);
    const expected = Buffer.from(question);
    expected[2] = 0x81;
    expected[3] = 0x82;
    expect(client.got[0]!.bytes.toString('hex')).toBe(expected.toString('hex'));
  });

  test('who tries again after a second of silence is led to the next server', async () => {
    const silent = await UdpPeer.at(LOCAL);
    const other = await UdpPeer.at(LOCAL);
    other.onMessage = ({ bytes, port }) => {
      other.send(message(bytes.readUInt16BE(0), ANSWER), port);
    };
    const { port } = await relayTo(silent.port, other.port);
    const client = await UdpPeer.at(LOCAL);
    client.send(message(5), port);
    await sleep(1_000);
    client.send(message(5), port);
    await until(() => client.got.length === 1);
    expect(silent.got.length).toBe(1);
    // A late answer shows that it lives, and the next query is for it again.
    silent.send(message(5, ANSWER), silent.got[0]!.port);
    await until(() => client.got.length === 2);
    client.send(message(6), port);
    await until(() => silent.got.length === 2);
    expect(other.got.length).toBe(1);
  });

  test('nothing is asked again while a server is silent', async () => {
    const silent = await UdpPeer.at(LOCAL);
    const other = await UdpPeer.at(LOCAL);
    const { port } = await relayTo(silent.port, other.port);
    const client = await UdpPeer.at(LOCAL);
    client.send(message(2), port);
    await until(() => silent.got.length === 1);
    // A later query overtakes any answer or retry that there could be to the first.
    client.send(message(4), port);
    await until(() => silent.got.length === 2);
    expect(other.got).toEqual([]);
    expect(client.got).toEqual([]);
  });

  test('of 2,000 queries that wait, the latest 1,024 are kept', async () => {
    const server = await UdpPeer.at(LOCAL);
    const { port } = await relayTo(server.port);
    const client = await UdpPeer.at(LOCAL);
    const queries = 2_000;
    for (let id = 0; id < queries; id++) {
      client.send(message(id), port);
      if (id % 50 === 49) await until(() => server.got.length === id + 1);
    }
    const ids = server.got.map(({ bytes }) => bytes.readUInt16BE(0));
    expect([...ids].sort((a, b) => a - b)).toEqual(Array.from({ length: queries }, (_, id) => id));

    for (const [i, query] of server.got.entries()) {
      server.send(message(ids[i]!, ANSWER), query.port);
      if (i % 100 === 99) await settled(client);
    }
    await until(() => client.got.length >= WAITING_MAX);
    const answered = client.got.map(({ bytes }) => bytes.readUInt16BE(0));
    expect(answered.length).toBe(WAITING_MAX);
    expect(Math.min(...answered)).toBe(queries - WAITING_MAX);
  });
});

describe('UDP, later', () => {
  afterEach(() => void vi.useRealTimers());

  test('an answer after ten seconds is one to nobody', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const server = await UdpPeer.at(LOCAL);
    const { port } = await relayTo(server.port);
    const client = await UdpPeer.at(LOCAL);
    const ask = async (id: number) => {
      client.send(message(id), port);
      await until(() => server.got.some(({ bytes }) => bytes.readUInt16BE(0) === id));
      return server.got.at(-1)!;
    };
    const [first, second] = [await ask(1), await ask(2)];
    vi.advanceTimersByTime(9_999);
    server.send(message(2, ANSWER), second.port);
    await until(() => client.got.length === 1);
    vi.advanceTimersByTime(1);
    server.send(message(1, ANSWER), first.port);
    server.send(message(3, ANSWER), (await ask(3)).port);
    await until(() => client.got.length === 2);
    expect(client.got.map(({ bytes }) => bytes.readUInt16BE(0))).toEqual([2, 3]);
  });
});

describe('TCP', () => {
  test('bytes pass both ways, and each direction ends by itself', async () => {
    const ended: string[] = [];
    const port = await tcpServer((server) => {
      const got: Buffer[] = [];
      server.on('data', (bytes) => got.push(bytes));
      server.on('end', () => {
        ended.push(Buffer.concat(got).toString());
        server.write('the ');
        server.end('answer');
      });
    });
    const relay = await relayTo(port);
    for (const host of [LOCAL, '::1']) {
      const client = new TcpClient(relay.port, host);
      client.socket.write('the ');
      client.socket.end('question');
      await until(() => client.events.includes('close'));
      expect(client.got.toString()).toBe('the answer');
      expect(client.events).toEqual(['end', 'close']);
    }
    expect(ended).toEqual(['the question', 'the question']);
  });

  test('the server may end first', async () => {
    const got: string[] = [];
    const port = await tcpServer((server) => {
      server.on('data', (bytes) => got.push(String(bytes)));
      server.end('enough');
    });
    const client = new TcpClient((await relayTo(port)).port);
    await until(() => client.events.includes('end'));
    client.socket.end('still here');
    await until(() => got.join('') === 'still here');
    expect(client.events[0]).toBe('end');
  });

  test('an error at one end resets the other', async () => {
    const serverErrors: string[] = [];
    const port = await tcpServer((server) => {
      server.on('error', (error: NodeJS.ErrnoException) => serverErrors.push(`${error.code}`));
      server.on('data', (bytes) => {
        if (String(bytes) === 'reset') server.resetAndDestroy();
        else server.write(bytes);
      });
    });
    const relay = await relayTo(port);
    const first = new TcpClient(relay.port);
    first.socket.write('reset');
    await until(() => first.events.includes('close'));
    expect(first.events).toEqual(['ECONNRESET', 'close']);

    const second = new TcpClient(relay.port);
    second.socket.write('hold');
    await second.gets(4);
    second.socket.resetAndDestroy();
    await until(() => serverErrors.length > 0);
    expect(serverErrors).toEqual(['ECONNRESET']);
  });

  test('a server that refuses is passed over; where all do the client is refused', async () => {
    const port = await tcpServer((server) => server.pipe(server));
    const relay = await relayTo(await closedPort(), port);
    const client = new TcpClient(relay.port);
    client.socket.write('hold');
    expect(String(await client.gets(4))).toBe('hold');

    const deaf = new TcpClient((await relayTo(await closedPort())).port);
    await until(() => deaf.events.includes('close'));
    expect(deaf.events).toEqual(['ECONNRESET', 'close']);
  });

  test('the oldest of too many connections goes', async () => {
    const port = await tcpServer((server) => server.pipe(server));
    const relay = await relayTo(port);
    const echoed = async () => {
      const client = new TcpClient(relay.port);
      client.socket.write('x');
      await client.gets(1);
      return client;
    };
    const oldest = await echoed();
    const others = await Promise.all(Array.from({ length: CONNECTIONS_MAX - 1 }, echoed));
    expect(oldest.events).toEqual([]);
    await echoed();
    await until(() => oldest.events.includes('close'));
    expect(oldest.events).toEqual(['ECONNRESET', 'close']);
    expect(others.flatMap(({ events }) => events)).toEqual([]);
  });
});

describe('ports', () => {
  test('are the same everywhere, and free again after the end', async () => {
    const server = await UdpPeer.at(LOCAL);
    const relay = await startDnsRelay({
      ipv4: LOCAL,
      ipv6: '::1',
      servers: () => [{ address: LOCAL, port: server.port }],
    });
    expect(relay.port).toBeGreaterThanOrEqual(1_024);
    await expect(UdpPeer.at('::1', relay.port)).rejects.toThrow('EADDRINUSE');
    const client = await UdpPeer.at(LOCAL);
    client.send(message(1), relay.port);
    const connection = new TcpClient(relay.port);
    await until(() => server.got.length === 1 && connection.events.length > 0);
    await relay.close();
    for (const address of [LOCAL, '::1']) {
      expect((await UdpPeer.at(address, relay.port)).port).toBe(relay.port);
      await expect(connects(address, relay.port)).resolves.toBe(false);
    }
    // The socket of the query that waited is gone too: nobody takes the answer.
    server.send(message(1, ANSWER), server.got[0]!.port);
    await expect(UdpPeer.at(LOCAL, server.got[0]!.port)).resolves.toBeDefined();
  });

  test('an address that is not ours is an error', async () => {
    await expect(startDnsRelay({ ipv4: '192.0.2.99', ipv6: null })).rejects.toMatchObject({
      code: 'E_DNS_RELAY',
      message: expect.stringContaining('192.0.2.99'),
    });
  });
});

function hex(bytes: Buffer): string {
  return bytes.toString('hex');
}

/** Until the client has got nothing new for a moment: what was forgotten never arrives. */
async function settled(client: UdpPeer): Promise<void> {
  let before = -1;
  while (client.got.length !== before) {
    before = client.got.length;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('close', () => socket.destroy());
  });
}
