/** DNS servers that misbehave as they are told to, in the test's own process, and lookups that meet them. */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { decode, encode, type Packet } from 'dns-packet';
import { makeDnsProbe } from '../../../src/gradient/probe/dns-probe.js';
import { dnsRequest } from '../../../src/gradient/probe/dns-settings.js';
import type { Sample, SampleSink } from '../../../src/gradient/probe/probe.js';

export interface Query {
  /** From 0, of all that the server has received. */
  readonly number: number;
  readonly id: number;
  readonly name: string;
  readonly type: string;
  /** Where it came from. */
  readonly port: number;
  readonly hasEdns: boolean;
}

/** What the server sends back: as many messages as it likes. */
export type Behaviour = (query: Query, send: (message: Buffer) => void, udp: UdpSocket) => void;

export interface Lab extends AsyncDisposable {
  readonly port: number;
  readonly queries: readonly Query[];
  readonly tcpQueries: readonly Query[];
  /** As when the server's process ends: from then on its port refuses. */
  stopUdp(): void;
}

const TRUNCATED = 1 << 9;

export function answerOf({ id, name, type }: Query, flags = 0): Buffer {
  const ok = (flags & 0xf) === 0 && (flags & TRUNCATED) === 0;
  const data = type === 'AAAA' ? 'fd00::1' : '192.0.2.1';
  const answer = { type: type as 'A', name, ttl: 60, data };
  return message({
    id,
    flags,
    questions: [{ name, type: type as 'A' }],
    answers: ok ? [answer] : [],
  });
}

export function message(packet: Packet): Buffer {
  return encode({ type: 'response', ...packet });
}

/** `onTcp` gets the connection too. */
export async function serve(
  onUdp: Behaviour,
  onTcp: (query: Query, socket: Socket) => void = (query, socket) =>
    socket.end(framed(answerOf(query))),
  address = '127.0.0.1',
): Promise<Lab> {
  const tcp = createServer({ allowHalfOpen: true });
  const sockets = new Set<Socket>();
  tcp.listen(0, address);
  await once(tcp, 'listening');
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const queries: Query[] = [];
  const tcpQueries: Query[] = [];
  udp.on('message', (bytes, from) => {
    const query = queryOf(bytes, queries.length, from);
    queries.push(query);
    onUdp(query, (reply) => udp.send(reply, from.port, from.address), udp);
  });
  tcp.on('connection', (socket) => {
    sockets.add(socket);
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const from = { port: socket.remotePort! };
        const query = queryOf(received.subarray(2, end), tcpQueries.length, from);
        received = received.subarray(end);
        tcpQueries.push(query);
        onTcp(query, socket);
      }
    });
  });
  udp.bind(port, address);
  await once(udp, 'listening');
  let isUdpOpen = true;
  const stopUdp = () => {
    if (isUdpOpen) udp.close();
    isUdpOpen = false;
  };
  return {
    port,
    queries,
    tcpQueries,
    stopUdp,
    async [Symbol.asyncDispose]() {
      stopUdp();
      for (const socket of sockets) socket.destroy();
      tcp.close();
      await once(tcp, 'close');
    },
  };
}

/** A message as it goes over TCP. */
export function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export interface Looked {
  /** In the order of `index`. */
  readonly samples: readonly Sample[];
  readonly notes: readonly string[];
}

/** `settings` stands behind the URL's `?`. */
export async function lookUp(
  port: number,
  settings: string,
  {
    count = 1,
    name = 'www.example.test',
    host = '127.0.0.1',
    signal = new AbortController().signal,
  } = {},
): Promise<Looked> {
  const url = `dns://${host}:${port}/${name}?${settings}`;
  const probe = makeDnsProbe(dnsRequest(url, new URL(url), () => 'tag'));
  await probe.prepare();
  const segment = { count, durationMs: null, step: 0, label: 'baseline', round: 0 };
  const collected = collect();
  await probe.run(segment, collected.sink, signal);
  await probe.close();
  return collected;
}

export function collect(): Looked & { readonly sink: SampleSink } {
  const samples: Sample[] = [];
  const notes: string[] = [];
  const sink: SampleSink = {
    add: (sample) => {
      const at = samples.findLastIndex(({ index }) => index < sample.index);
      samples.splice(at + 1, 0, sample);
    },
    series: () => {},
    begunLate: () => {},
    metric: () => {},
    note: (line) => notes.push(line),
  };
  return { samples, notes, sink };
}

function queryOf(bytes: Buffer, number: number, { port }: Pick<RemoteInfo, 'port'>): Query {
  const { id, questions, additionals } = decode(bytes);
  const [{ name, type }] = questions!;
  return { number, id: id!, name, type, port, hasEdns: additionals!.length > 0 };
}
