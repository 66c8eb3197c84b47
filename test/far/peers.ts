/** The two ends that the relay and the responder stand between: clients and servers on loopback. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A message of DNS's shape with this id; the rest is the name of nothing. */
export function message(id: number, flags = 0, bytes = 29): Buffer {
  const query = Buffer.alloc(bytes, 0x61);
  query.writeUInt16BE(id, 0);
  query[2] = flags;
  return query;
}

export const ANSWER = 0x80;

export interface Datagram {
  readonly bytes: Buffer;
  readonly port: number;
}

/** A UDP socket that keeps what it gets. */
export class UdpPeer {
  readonly socket: UdpSocket;
  readonly got: Datagram[] = [];
  onMessage: ((datagram: Datagram) => void) | null = null;

  private constructor(socket: UdpSocket) {
    this.socket = socket;
    socket.on('message', (bytes, { port }) => {
      const datagram = { bytes, port };
      this.got.push(datagram);
      this.onMessage?.(datagram);
    });
  }

  static async at(address: string, port = 0): Promise<UdpPeer> {
    const type = address.includes(':') ? 'udp6' : 'udp4';
    const socket = createSocket({ type, recvBufferSize: 4_194_304 });
    onTestFinished(() => void socket.close());
    socket.bind(port, address);
    await once(socket, 'listening');
    return new UdpPeer(socket);
  }

  get port(): number {
    return this.socket.address().port;
  }

  get address(): string {
    return this.socket.address().address;
  }

  send(bytes: Uint8Array, port: number, address = this.address): void {
    this.socket.send(bytes, port, address);
  }
}

/** The real one, also where a test turns the clock itself. */
const later = setTimeout;

/** Until it is true; the test's own time limit says when to give up. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => later(resolve, 2));
}

/** A TCP server that hands each connection over. */
export async function tcpServer(
  accept: (client: Socket) => void,
  address = '127.0.0.1',
): Promise<number> {
  return listening(createServer({ allowHalfOpen: true }, accept), address);
}

/** The port of the server, which ends with the test. */
export async function listening(server: Server, address = '127.0.0.1'): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (client: Socket) => {
    client.on('error', () => {});
    open.add(client);
  });
  server.listen(0, address);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of open) client.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

export class TcpClient {
  readonly socket: Socket;
  /** `end` of the other end, `close`, and the code of an error. */
  readonly events: string[] = [];
  #got: Buffer[] = [];

  constructor(port: number, host = '127.0.0.1') {
    this.socket = connect({ port, host, allowHalfOpen: true });
    this.socket.on('data', (bytes) => this.#got.push(bytes));
    this.socket.on('end', () => this.events.push('end'));
    this.socket.on('close', () => this.events.push('close'));
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.events.push(`${error.code}`));
    onTestFinished(() => void this.socket.destroy());
  }

  get got(): Buffer {
    const all = Buffer.concat(this.#got);
    this.#got = [all];
    return all;
  }

  async gets(bytes: number): Promise<Buffer> {
    await until(() => this.got.length >= bytes);
    return this.got;
  }
}

/** A port of 127.0.0.1 at which nobody listens, for UDP and TCP. */
export async function closedPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
