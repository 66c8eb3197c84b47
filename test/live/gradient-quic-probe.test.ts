/**
 * The probe quic:// and the demo's QUIC server with the real programs, on loopback: what a handshake and a
 * transfer measure, what is said of servers that are absent, silent, mad or die, and that nothing is left.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Sample, SeriesRecord } from '../../src/gradient/probe/probe.js';
import { makeQuicProbe } from '../../src/gradient/probe/quic-probe.js';
import { quicRequest } from '../../src/gradient/probe/quic-settings.js';
import { startQuicSite } from '../../src/gradient/quic-site.js';
import { becomes, childrenOf, isGone } from '../support/processes.js';

const HOST = '127.0.0.1';

interface Measured {
  readonly samples: Sample[];
  readonly series: SeriesRecord[];
  readonly notes: string[];
}

async function measure(
  url: string,
  count: number,
  signal = new AbortController().signal,
): Promise<Measured> {
  const probe = makeQuicProbe(quicRequest(url, new URL(url)));
  const [samples, series, notes]: [Sample[], SeriesRecord[], string[]] = [[], [], []];
  expect(await probe.prepare()).toMatch(/^gtlsclient .*\(\/.*\/gtlsclient\)$/);
  const segment = { count, durationMs: null, step: 0, label: 'baseline', round: 0 };
  const sink = {
    add: (sample: Sample) => samples.push(sample),
    series: (record: SeriesRecord) => series.push(record),
    begunLate() {},
    metric() {},
    note: (line: string) => notes.push(line),
  };
  await probe.run(segment, sink, signal);
  await probe.close();
  return { samples: samples.sort((a, b) => a.index - b.index), series, notes };
}

/** Taken for a moment, so that it is free. */
async function freePort(address = HOST): Promise<number> {
  const socket = await bound(address);
  const { port } = socket.address();
  socket.close();
  return port;
}

async function bound(address = HOST): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

async function site(address = HOST, ...further: string[]) {
  const children: ChildProcess[] = [];
  const made = await startQuicSite({
    address,
    port: await freePort(address),
    spawn: ([program, ...args]) => {
      children.push(spawn(program, [...args, ...further]));
      return children[0];
    },
  });
  onTestFinished(() => made.close());
  return { port: made.port, server: children[0] };
}

/** Between a client and the server: hands on what `passes` lets through. */
async function relay(serverPort: number, passes: (way: 'out' | 'in', count: number) => boolean) {
  const front = await bound();
  const backs = new Map<number, Socket>();
  const counts = { out: 0, in: 0 };
  onTestFinished(() => {
    for (const socket of [front, ...backs.values()]) socket.close();
  });
  front.on('message', async (datagram, { port }) => {
    if (!passes('out', counts.out++)) return;
    if (!backs.has(port)) {
      const back = createSocket('udp4');
      backs.set(port, back);
      back.on('message', (answer) => {
        if (passes('in', counts.in++)) front.send(answer, port, HOST);
      });
    }
    backs.get(port)!.send(datagram, serverPort, HOST);
  });
  return { port: front.address().port, counts };
}

const leftovers = () => readdirSync(tmpdir()).filter((name) => /^netemu-(quic|probe)-/.test(name));

test('handshakes: at once, in order, and nothing is sent when they are over', async () => {
  const { port } = await site();
  const { port: front, counts } = await relay(port, () => true);
  const { samples, notes } = await measure(`quic://${HOST}:${front}?rate=50`, 8);
  expect(samples.map(({ index, failure }) => [index, failure])).toEqual(
    Array.from({ length: 8 }, (_, i) => [i, null]),
  );
  for (const { values } of samples) {
    expect(values.handshake).toBeGreaterThanOrEqual(0);
    expect(values).toMatchObject({ late: 0 });
    expect(Object.keys(values).sort()).toEqual(['handshake', 'late', 'pto', 'rtt']);
  }
  const begun = samples.map(({ atMs }) => atMs);
  expect(begun).toEqual(begun.toSorted((a, b) => a - b));
  expect(notes).toEqual([]);
  const { out, in: inward } = counts;
  await sleep(300);
  expect(counts).toEqual({ out, in: inward });
});

test('a lost first datagram costs a probe timeout of three initial RTTs', async () => {
  const { port } = await site();
  const lossy = await relay(port, (way, count) => way === 'in' || count > 0);
  const url = `quic://${HOST}:${lossy.port}?initialRtt=100ms`;
  const { samples } = await measure(url, 1);
  expect(samples[0]).toMatchObject({ failure: null, values: { late: 1 } });
  expect(samples[0].values.pto).toBeGreaterThanOrEqual(1);
  expect(samples[0].values.handshake).toBeGreaterThanOrEqual(299);
});

test('transfers: up with window and course, down by a page that the server makes', async () => {
  const { port } = await site('::1');
  const url = `quic://[::1]:${port}`;
  const up = await measure(`${url}?bytes=300kb`, 1);
  expect(up.samples[0].failure).toBe(null);
  const { goodput, cwnd, lost } = up.samples[0].values;
  expect(goodput).toBeGreaterThan(10_000);
  expect(cwnd).toBeGreaterThan(1_200);
  expect(lost).toBeGreaterThanOrEqual(0);
  const { atMs, columns } = up.series[0];
  expect(atMs.length).toBeGreaterThan(2);
  expect(Math.max(...columns.inFlightBytes.map(Number))).toBeGreaterThan(1_200);
  const down = await measure(`${url}?bytes=300kb&transfer=download`, 1);
  expect(down.samples[0]).toMatchObject({ failure: null });
  expect(down.samples[0].values.goodput).toBeGreaterThan(10_000);
  expect(down.series).toEqual([]);
  const page = await measure(`${url}/1m?bytes=1048576&transfer=download`, 1);
  expect(page.samples[0].failure).toBe(null);
  const none = await measure(`${url}/none?bytes=1kb&transfer=download`, 1);
  expect(none.samples[0].failure).toBe('status 404');
  expect(none.notes.join()).toContain('the server ended transfers');
  const small = await measure(`${url}/index.html?bytes=1kb&transfer=download`, 1);
  expect(small.samples[0].failure).toBe('incomplete');
});

test('a server that is killed half-way: the handshake counts, the transfer is incomplete', async () => {
  const { port, server } = await site();
  const dying = await relay(port, (_, count) => {
    if (count === 60) server.kill('SIGKILL');
    return true;
  });
  const url = `quic://${HOST}:${dying.port}?bytes=2mb&transferTimeout=700ms`;
  const { samples } = await measure(url, 1);
  expect(samples[0].failure).toBe('incomplete');
  expect(samples[0].values).toMatchObject({ late: 0 });
  expect(samples[0].values).not.toHaveProperty('goodput');
  expect(dying.counts.out).toBeGreaterThan(60);
});

test('absent, silent and mad servers: failures, and a line of what is the matter', async () => {
  const settings = 'timeout=250ms&rate=50';
  const silent = await bound();
  const mad = await bound();
  mad.on('message', ({ length }, { port }) => {
    for (let i = 0; i < 4; i++) mad.send(Buffer.alloc(length, 0xc3 + i * 0x31), port, HOST);
  });
  onTestFinished(() => void silent.close());
  onTestFinished(() => void mad.close());
  const ports = [await freePort(), silent.address().port, mad.address().port];
  const all = await Promise.all(
    ports.map((port) => measure(`quic://${HOST}:${port}?${settings}`, 3)),
  );
  for (const { samples } of all) {
    expect(samples).toHaveLength(3);
    for (const { failure, values } of samples) {
      expect(failure).toBe('timeout');
      expect(values).toEqual({ late: 1, pto: 0 });
    }
  }
  const absent = [`nothing listens at ${HOST} port ${ports[0]} (ICMP port unreachable)`];
  expect(all.map(({ notes }) => notes)).toEqual([absent, [], []]);
});

test('a user who ends it: what is open is not counted, and it is over soon', async () => {
  const silent = await bound();
  onTestFinished(() => void silent.close());
  const controller = new AbortController();
  silent.once('message', () => controller.abort());
  const url = `quic://${HOST}:${silent.address().port}?timeout=60s&rate=100&concurrency=2`;
  const { samples } = await measure(url, 50, controller.signal);
  expect(samples).toEqual([]);
});

test('no more at once than asked for, which is said', async () => {
  const silent = await bound();
  onTestFinished(() => void silent.close());
  const url = `quic://${HOST}:${silent.address().port}?timeout=300ms&rate=1000&concurrency=2`;
  const { samples, notes } = await measure(url, 5);
  expect(samples).toHaveLength(5);
  expect(notes.join()).toContain('concurrency=');
  // The third waits until the first has ended, the fifth until the third has.
  expect(samples[2].atMs).toBeGreaterThanOrEqual(299);
  expect(samples[4].atMs).toBeGreaterThanOrEqual(598);
});

test('a name that leads nowhere is an error before the first sample', async () => {
  // Longer than a name can be, so that nobody is asked.
  await expect(measure(`quic://${'x'.repeat(64)}.invalid`, 1)).rejects.toThrow(
    'leads to no address',
  );
});

test('the site: says why it cannot be, and ends with its caller', async () => {
  const { port, server } = await site();
  const start = (address: string, argv0 = '') =>
    startQuicSite({
      ...{ address, port },
      spawn: ([program, ...args]) => spawn(argv0 || program, args),
    });
  // Not an address of this machine.
  await expect(start('192.0.2.1')).rejects.toMatchObject({ code: 'E_QUIC_SITE' });
  await expect(start(HOST, 'no-such-program')).rejects.toThrow(/ended at once.*ENOENT/);
  expect(server.exitCode).toBe(null);
  const [argv] = readFileSync(`/proc/${server.pid}/cmdline`, 'latin1').split('\0');
  expect(argv).toMatch(/gtlsserver$/);
});

test('the site’s files are its own, and gone with it when it is killed', async () => {
  const before = leftovers();
  const { server } = await site();
  const own = `/proc/${server.pid}/root/tmp`;
  expect(readdirSync(own).sort()).toEqual(['cert.pem', 'key.pem', 'pages']);
  expect(statSync(own).mode & 0o777).toBe(0o700);
  const device = statSync(own).dev;
  expect(device).not.toBe(statSync('/tmp').dev);
  for (const name of ['cert.pem', 'key.pem']) expect(existsSync(join('/tmp', name))).toBe(false);
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(' - tmpfs netemu ');
  server.kill('SIGKILL');
  expect(await becomes(() => isGone(server.pid!), 10_000)).toBe(true);
  expect(leftovers()).toEqual(before);
});

test('programs for samples are killed with their prober, and all that they have started', async () => {
  const child = JSON.stringify(resolve('dist/gradient/probe/child.js'));
  // One in the program's own group, one in a session of its own, and one that does not hear.
  const program = `sleep 300 & a=$!; setsid sleep 300 & b=$!;
    sh -c 'trap "" TERM HUP INT; sleep 300; sleep 300' & echo $$ $a $b $!; wait`;
  const script = `const { runChild } = await import(${child});
    const signal = new AbortController().signal;
    const onStdoutLine = (line) => console.log(line);
    const argv = ['sh', '-c', ${JSON.stringify(program)}];
    await runChild({ argv, environment: {}, timeoutMs: 60000, signal, keepBytes: 0, onStdoutLine });`;
  const prober = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(prober.stdout, 'data');
  const pids = String(line).trim().split(' ').map(Number);
  expect(pids).toHaveLength(4);
  const [deaf] = childrenOf(pids[3]);
  expect(pids.some(isGone)).toBe(false);
  prober.kill('SIGKILL');
  for (const pid of [...pids, deaf].filter((pid) => pid !== undefined)) {
    expect(await becomes(() => isGone(pid), 10_000)).toBe(true);
  }
});
