/** The DNS probe against servers that answer, drop, lie, refuse and die, over IPv4 and IPv6. */
import { createSocket } from 'node:dgram';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { makeDnsProbe } from '../../../src/gradient/probe/dns-probe.js';
import { dnsRequest } from '../../../src/gradient/probe/dns-settings.js';
import type { Sample } from '../../../src/gradient/probe/probe.js';
import { answerOf, type Behaviour, collect, framed, lookUp, message, serve } from './dns-lab.js';

const TRUNCATED = 1 << 9;
const SERVFAIL = 2;
const REFUSED = 5;
const NXDOMAIN = 3;

const answers: Behaviour = (query, send) => send(answerOf(query));
const silence: Behaviour = () => {};

function dropping(first: number): Behaviour {
  return (query, send) => {
    if (query.number >= first) send(answerOf(query));
  };
}

function flags(value: number): Behaviour {
  return (query, send) => send(answerOf(query, value));
}

/** Failure and values but the latency. */
function plain({ failure, values }: Sample): Record<string, unknown> {
  const { latency: _, ...rest } = values;
  return { failure, ...rest };
}

const WELL = { failure: null, garbage: 0, late: 0, retried: 0, attempts: 1, truncated: 0 };

describe('over UDP', () => {
  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '[::1]'],
  ])('asks and is answered at %s', async (address, host) => {
    await using server = await serve(answers, undefined, address);
    const { samples, notes } = await lookUp(server.port, 'rate=1000', { count: 20, host });
    expect(samples.map(plain)).toEqual(Array(20).fill(WELL));
    expect(samples.every(({ values }) => values.latency! > 0 && values.latency! < 5_000)).toBe(
      true,
    );
    expect(samples.map(({ index }) => index)).toEqual(samples.map((_, index) => index));
    expect(notes).toEqual([]);
    expect(
      server.queries.every(({ name, type }) => name === 'www.example.test' && type === 'A'),
    ).toBe(true);
  });

  test.each(['glibc', 'musl', 'dig', 'single'])(
    '%s asks from a port of its own each time, in order',
    async (retry) => {
      await using server = await serve(answers);
      await lookUp(server.port, `rate=1000&retry=${retry}`, { count: 50 });
      const ports = server.queries.map(({ port }) => port);
      expect(new Set(ports).size).toBe(50);
      // Others on this machine may have some of them.
      expect(ports.filter((port, index) => port === 32_768 + index).length).toBeGreaterThan(25);
      expect(new Set(server.queries.map(({ id }) => id)).size).toBe(50);
      expect(server.queries.every(({ hasEdns }) => hasEdns === (retry === 'dig'))).toBe(true);
    },
  );

  test('asks in each segment from the same ports, with other ids', async () => {
    await using server = await serve(answers);
    const url = `dns://127.0.0.1:${server.port}/{}.example.test?rate=1000`;
    const probe = makeDnsProbe(dnsRequest(url, new URL(url), () => 'tag'));
    await probe.prepare();
    const { signal } = new AbortController();
    for (const step of [0, 1]) {
      const segment = { count: 20, durationMs: null, step, label: 'x', round: 4 };
      await probe.run(segment, collect().sink, signal);
    }
    const [first, second] = [server.queries.slice(0, 20), server.queries.slice(20)];
    expect(first.filter(({ port }, index) => port === second[index]!.port).length).toBeGreaterThan(
      10,
    );
    expect(first.filter(({ id }, index) => id === second[index]!.id)).toEqual([]);
    expect(first[7]!.name).toBe('s7-r4-0-tag.example.test');
    expect(second[7]!.name).toBe('s7-r4-1-tag.example.test');
  });

  test('passes over a port that another program has', async () => {
    await using server = await serve(answers);
    const other = createSocket('udp4');
    await new Promise<void>((resolve) =>
      other.once('error', () => resolve()).bind(32_770, resolve),
    );
    const { samples } = await lookUp(server.port, 'rate=1000', { count: 5 });
    other.removeAllListeners().close();
    expect(samples.map(plain)).toEqual(Array(5).fill(WELL));
    expect(server.queries[2]!.port).toBeLessThan(32_768);
  });

  test('asks again, from the same port with the same id, when nothing comes', async () => {
    await using server = await serve(dropping(2));
    const { samples } = await lookUp(server.port, 'timeout=200ms&attempts=3');
    expect(samples.map(plain)).toEqual([{ ...WELL, late: 1, retried: 1, attempts: 3 }]);
    expect(samples[0]!.values.latency).toBeGreaterThan(390);
    const [first] = server.queries;
    expect(server.queries.map(({ port, id }) => [port, id])).toEqual(
      Array(3).fill([first!.port, first!.id]),
    );
  });

  test('dig asks again from another port', async () => {
    await using server = await serve(dropping(1));
    const { samples } = await lookUp(server.port, 'timeout=200ms&retry=dig');
    expect(samples.map(plain)).toEqual([{ ...WELL, late: 1, retried: 1, attempts: 2 }]);
    expect(server.queries[0]!.port).not.toBe(server.queries[1]!.port);
  });

  test('hears a late answer to an earlier try, but as dig does not', async () => {
    const first: Behaviour = (query, send) => {
      if (query.number === 0) setTimeout(() => send(answerOf(query)), 450);
    };
    const late = { late: 1, retried: 1, attempts: 2 };
    await using glibcs = await serve(first);
    const glibc = await lookUp(glibcs.port, 'timeout=300ms');
    expect(glibc.samples.map(plain)).toEqual([{ ...WELL, ...late }]);
    await using digs = await serve(first);
    const dig = await lookUp(digs.port, 'timeout=300ms&attempts=2&retry=dig');
    expect(dig.samples.map(plain)).toEqual([{ ...WELL, ...late, failure: 'timeout' }]);
  });

  test.each([
    ['glibc', 2],
    ['musl', 2],
    ['dig', 2],
  ])('%s gives up after its tries', async (retry, attempts) => {
    await using server = await serve(silence);
    const settings = `timeout=40ms&attempts=${attempts}&retry=${retry}`;
    const { samples } = await lookUp(server.port, settings);
    expect(samples.map(plain)).toEqual([
      { ...WELL, failure: 'timeout', late: 1, retried: 1, attempts },
    ]);
    expect(samples[0]!.values).not.toHaveProperty('latency');
  });

  test('has its answer when there is no such name', async () => {
    await using server = await serve(flags(NXDOMAIN));
    expect((await lookUp(server.port, '')).samples.map(plain)).toEqual([WELL]);
  });

  test.each([
    ['SERVFAIL', SERVFAIL, 'glibc', 'servfail', 2],
    ['SERVFAIL', SERVFAIL, 'dig', 'servfail', 1],
    ['REFUSED', REFUSED, 'glibc', 'rcode refused', 2],
    ['REFUSED', REFUSED, 'single', 'rcode refused', 1],
  ])('fails with %s (%i), as %s', async (_name, rcode, retry, failure, attempts) => {
    await using server = await serve(flags(rcode));
    const { samples } = await lookUp(server.port, `retry=${retry}`);
    const retried = Number(attempts > 1);
    expect(samples.map(plain)).toEqual([{ ...WELL, failure, late: 1, retried, attempts }]);
  });

  test('gets over one SERVFAIL at once', async () => {
    await using server = await serve((query, send) => {
      send(answerOf(query, query.number === 0 ? SERVFAIL : 0));
    });
    const { samples, notes } = await lookUp(server.port, '');
    expect(samples.map(plain)).toEqual([{ ...WELL, retried: 1, attempts: 2 }]);
    // As glibc does, from another port: nobody could have known.
    expect(notes.join()).toContain('are no pairs of those at other steps');
  });

  test.each(['retry=glibc', 'retry=musl', 'retry=single', 'retry=musl&type=A%2BAAAA'])(
    '%s: what is lost adds no flow',
    async (retry) => {
      // Of three datagrams two are lost, so that some lookups have no answer at all.
      await using server = await serve((query, send) => {
        if (query.number % 3 === 0) send(answerOf(query));
      });
      const settings = `timeout=60ms&rate=500&${retry}`;
      const { samples, notes } = await lookUp(server.port, settings, { count: 30 });
      expect(samples.some(({ failure }) => failure === 'timeout')).toBe(true);
      const ports = [...new Set(server.queries.map(({ port }) => port))];
      expect(ports).toHaveLength(30);
      // In the order of the samples, but for ports that other programs have.
      const own = ports.filter((port) => port >= 32_768);
      expect(own.length).toBeGreaterThan(15);
      expect(own).toEqual(own.toSorted((a, b) => a - b));
      expect(notes).toEqual([]);
    },
  );

  test.each([
    ['127.0.0.1', '127.0.0.1', 'glibc', 2],
    ['::1', '[::1]', 'glibc', 2],
    ['127.0.0.1', '127.0.0.1', 'dig', 3],
    ['127.0.0.1', '127.0.0.1', 'single', 1],
  ])(
    'is refused where nobody listens at %s (%s), as %s',
    async (address, host, retry, attempts) => {
      await using server = await serve(silence, undefined, address);
      server.stopUdp();
      const { samples } = await lookUp(server.port, `retry=${retry}`, { host });
      const retried = Number(attempts > 1);
      expect(samples.map(plain)).toEqual([
        { ...WELL, failure: 'refused', late: 1, retried, attempts },
      ]);
    },
  );

  test.each([
    ['glibc', 'not permitted', 2],
    ['musl', 'not permitted', 2],
    ['dig', 'not permitted', 3],
  ])('cannot ask a broadcast address, as %s', async (retry, failure, attempts) => {
    const settings = `retry=${retry}&timeout=60ms`;
    const { samples } = await lookUp(53, settings, { host: '255.255.255.255' });
    expect(samples.map(plain)).toEqual([{ ...WELL, failure, late: 1, retried: 1, attempts }]);
  });

  test('notices that the server dies half-way', async () => {
    await using server = await serve((query, send) => {
      send(answerOf(query));
      if (query.number === 9) setImmediate(() => server.stopUdp());
    });
    const { samples } = await lookUp(server.port, 'rate=50', { count: 15 });
    expect(samples.map(({ failure }) => failure)).toEqual([
      ...Array(10).fill(null),
      ...Array(5).fill('refused'),
    ]);
  });
});

describe('garbage', () => {
  const id =
    (by: number): Behaviour =>
    (query, send) =>
      send(answerOf({ ...query, id: query.id ^ by }));
  const question: Behaviour = (query, send) =>
    send(answerOf({ ...query, name: 'www.example.tesu' }));
  const random: Behaviour = (_query, send) => send(Buffer.from('nothing of the kind'));
  const empty: Behaviour = (_query, send) => send(Buffer.alloc(0));
  const loop: Behaviour = (query, send) => {
    const bytes = answerOf(query);
    bytes.writeUInt16BE(0xc00c, 12);
    send(bytes);
  };
  const half: Behaviour = (query, send) => send(answerOf(query).subarray(0, -2));
  const ownQuery: Behaviour = (query, send) => send(message({ ...query, type: 'query' }));

  test.each<[string, Behaviour]>([
    ['another id', id(0x4000)],
    ['another question', question],
    ['random bytes', random],
    ['nothing', empty],
    ['a name that points to itself', loop],
    ['half a message', half],
    ['a query', ownQuery],
  ])('is counted and ignored: %s', async (_name, behaviour) => {
    await using server = await serve((query, send, udp) => {
      behaviour(query, send, udp);
      answers(query, send, udp);
    });
    for (const retry of ['glibc', 'musl']) {
      const { samples } = await lookUp(server.port, `retry=${retry}`);
      expect(samples.map(plain)).toEqual([{ ...WELL, garbage: 1 }]);
    }
  });

  test('alone is a timeout', async () => {
    await using server = await serve(random);
    const { samples } = await lookUp(server.port, 'timeout=40ms');
    const failed = { failure: 'timeout', late: 1, retried: 1, attempts: 2 };
    expect(samples.map(plain)).toEqual([{ ...WELL, ...failed, garbage: 2 }]);
  });

  test.each([
    ['glibc', 0],
    ['musl', 1],
  ])('from another port does not count, as %s', async (retry, garbage) => {
    const forger = createSocket('udp4');
    await using server = await serve((query, send) => {
      forger.send(answerOf(query), query.port, '127.0.0.1', () => {
        setTimeout(() => send(answerOf(query, NXDOMAIN)), 50);
      });
    });
    const { samples } = await lookUp(server.port, `retry=${retry}`);
    forger.close();
    expect(samples.map(plain)).toEqual([{ ...WELL, garbage }]);
    expect(samples[0]!.values.latency).toBeGreaterThan(45);
  });
});

describe('A and AAAA', () => {
  const PAIR = { ...WELL, partial: 0 };

  test('are asked for from one port', async () => {
    await using server = await serve(answers);
    const { samples } = await lookUp(server.port, 'type=A+AAAA&rate=1000', { count: 10 });
    expect(samples.map(plain)).toEqual(Array(10).fill(PAIR));
    expect(server.queries.slice(0, 2).map(({ type }) => type)).toEqual(['A', 'AAAA']);
    expect(new Set(server.queries.map(({ port }) => port)).size).toBe(10);
    expect(new Set(server.queries.map(({ id }) => id)).size).toBe(20);
  });

  test('are both needed', async () => {
    await using server = await serve((query, send) => {
      if (query.number > 1 || query.type === 'A') send(answerOf(query));
    });
    const { samples } = await lookUp(server.port, 'type=A+AAAA&timeout=200ms');
    expect(samples.map(plain)).toEqual([{ ...PAIR, late: 1, retried: 1, attempts: 2 }]);
    expect(server.queries.map(({ type }) => type)).toEqual(['A', 'AAAA', 'A', 'AAAA']);
  });

  test('are less than both in the end, as glibc sees it', async () => {
    await using server = await serve((query, send) => {
      if (query.type === 'A') send(answerOf(query));
    });
    const { samples } = await lookUp(server.port, 'type=A+AAAA&timeout=200ms');
    expect(samples.map(plain)).toEqual([{ ...PAIR, late: 1, retried: 1, attempts: 3, partial: 1 }]);
    const musl = await lookUp(server.port, 'type=A+AAAA&timeout=200ms&retry=musl');
    expect(musl.samples.map(plain)).toEqual([
      { ...PAIR, failure: 'timeout', late: 1, retried: 1, attempts: 2 },
    ]);
  });
});

describe('over TCP', () => {
  const PLAIN = { failure: null, garbage: 0 };

  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '[::1]'],
  ])('asks and is answered at %s', async (address, host) => {
    await using server = await serve(silence, undefined, address);
    const { samples } = await lookUp(server.port, 'transport=tcp&rate=500', { count: 10, host });
    expect(samples.map(plain)).toEqual(Array(10).fill(PLAIN));
    expect(samples.every(({ values }) => values.latency! > 0)).toBe(true);
    expect(new Set(server.tcpQueries.map(({ port }) => port)).size).toBe(10);
  });

  test('asks again over TCP for what is too long for UDP', async () => {
    await using server = await serve(flags(TRUNCATED));
    const { samples } = await lookUp(server.port, '');
    expect(samples.map(plain)).toEqual([{ ...WELL, truncated: 1 }]);
    expect([server.queries.length, server.tcpQueries.length]).toEqual([1, 1]);
  });

  test('asks for both over one connection', async () => {
    await using server = await serve(flags(TRUNCATED), (query, socket) =>
      socket.write(framed(answerOf(query))),
    );
    const { samples } = await lookUp(server.port, 'type=A+AAAA');
    expect(samples.map(plain)).toEqual([{ ...WELL, truncated: 1, partial: 0 }]);
    expect(server.tcpQueries.map(({ type }) => type)).toEqual(['A', 'AAAA']);
    expect(server.tcpQueries[0]!.port).toBe(server.tcpQueries[1]!.port);
  });

  test('takes an answer in pieces, behind garbage', async () => {
    await using server = await serve(silence, (query, socket) => {
      socket.setNoDelay();
      const bytes = Buffer.concat([framed(Buffer.from('garbage')), framed(answerOf(query))]);
      const feed = (at: number) => {
        socket.write(bytes.subarray(at, at + 9));
        if (at + 9 < bytes.length) setTimeout(feed, 2, at + 9);
      };
      feed(0);
    });
    const { samples } = await lookUp(server.port, 'transport=tcp');
    expect(samples.map(plain)).toEqual([{ ...PLAIN, garbage: 1 }]);
  });

  test('is answered with SERVFAIL', async () => {
    await using server = await serve(silence, (query, socket) =>
      socket.end(framed(answerOf(query, SERVFAIL))),
    );
    const { samples } = await lookUp(server.port, 'transport=tcp');
    expect(samples.map(plain)).toEqual([{ ...PLAIN, failure: 'servfail' }]);
  });

  test('meets a server that closes, resets, sends half a message, or nothing', async () => {
    await using server = await serve(silence, (query, socket) => {
      if (query.number === 0) socket.end();
      else if (query.number === 1) socket.resetAndDestroy();
      else if (query.number === 2) socket.end(framed(answerOf(query)).subarray(0, 20));
      else if (query.number === 3) socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const { samples } = await lookUp(server.port, 'transport=tcp&timeout=1s&rate=20', { count: 5 });
    expect(samples.map(({ failure }) => failure)).toEqual([
      'closed',
      'reset',
      'closed',
      'closed',
      'timeout',
    ]);
  });

  test('is refused where nobody listens', async () => {
    const server = await serve(silence);
    await server[Symbol.asyncDispose]();
    const { samples } = await lookUp(server.port, 'transport=tcp');
    expect(samples.map(plain)).toEqual([{ ...PLAIN, failure: 'refused' }]);
  });
});

describe('the end', () => {
  test.each(['transport=udp', 'transport=tcp'])(
    'comes when it is asked for, %s',
    async (transport) => {
      await using server = await serve(silence, () => {});
      const before = openSockets();
      const control = new AbortController();
      setTimeout(() => control.abort(), 100);
      const { signal } = control;
      const { samples } = await lookUp(server.port, `${transport}&rate=500`, {
        count: 10_000,
        signal,
      });
      expect(samples).toEqual([]);
      expect(
        (transport === 'transport=udp' ? server.queries : server.tcpQueries).length,
      ).toBeGreaterThan(5);
      await new Promise((resolve) => setTimeout(resolve, 50));
      // The server's side of connections is not the probe's.
      if (transport === 'transport=udp') expect(openSockets()).toBe(before);
    },
  );

  test('leaves no socket open', async () => {
    await using server = await serve(answers);
    const before = openSockets();
    const { samples } = await lookUp(server.port, 'rate=1000&timeout=1s', { count: 200 });
    expect(samples.filter(({ failure }) => failure !== null)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(openSockets()).toBe(before);
  });

  test('of a name that nobody knows comes before the first sample', async () => {
    const url = 'dns://nobody.invalid/example.test';
    const probe = makeDnsProbe(dnsRequest(url, new URL(url)));
    await expect(probe.prepare()).rejects.toMatchObject({ code: 'E_PROBE', exitCode: 3 });
  });
});

test('metrics are those that samples have, and "failed"', async () => {
  await using server = await serve(answers);
  for (const settings of ['', 'type=A+AAAA', 'retry=musl', 'transport=tcp']) {
    const url = `dns://127.0.0.1:${server.port}/example.test?${settings}`;
    const { metrics } = makeDnsProbe(dnsRequest(url, new URL(url)));
    const { samples } = await lookUp(server.port, settings);
    const names = [...Object.keys(samples[0]!.values), 'failed'];
    expect(metrics.map(({ name }) => name).sort()).toEqual(names.sort());
    expect(metrics.filter(({ main }) => main).map(({ name }) => name)).toEqual(['latency']);
  }
});

function openSockets(): number {
  return readdirSync('/proc/self/fd').length;
}
