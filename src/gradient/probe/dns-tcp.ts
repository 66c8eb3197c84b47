/**
 * The queries of a lookup over one TCP connection, each message behind its length (RFC 1035, 4.2.2). It is
 * ended by a reset, so that nothing of it is left for the next segment.
 */
import type { Socket } from 'node:net';
import type { ServerEnd } from './server-end.js';
import { socketFailureOf } from './socket-failure.js';
import { TcpDial } from './tcp-dial.js';
import type { TcpPorts } from './tcp-ports.js';

interface DnsTcpEvents {
  message(message: Buffer, atMs: number): void;
  failed(reason: string): void;
}

const LENGTH_BYTES = 2;

export class DnsTcp {
  readonly #events: DnsTcpEvents;
  readonly #queries: readonly Buffer[];
  readonly #dial: TcpDial;
  #received = Buffer.alloc(0);
  #isClosed = false;

  constructor(end: ServerEnd, ports: TcpPorts, queries: readonly Buffer[], events: DnsTcpEvents) {
    this.#events = events;
    this.#queries = queries;
    this.#dial = new TcpDial(end, ports, null, {
      connected: (socket) => this.#connected(socket),
      failed: (reason) => this.#failed(reason),
    });
  }

  /** No event follows. */
  close(): void {
    this.#isClosed = true;
    this.#dial.abandon();
  }

  #connected(socket: Socket): void {
    // Also when it is closed: without a listener an error would end the process.
    socket.on('error', (error) => this.#failed(socketFailureOf(error)));
    if (this.#isClosed) return;
    socket.on('data', (data) => this.#read(data));
    socket.on('end', () => this.#failed('closed'));
    socket.write(Buffer.concat(this.#queries.flatMap((query) => [lengthOf(query), query])));
  }

  #read(data: Buffer): void {
    const atMs = performance.now();
    this.#received = Buffer.concat([this.#received, data]);
    while (!this.#isClosed && this.#received.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.#received.readUInt16BE(0);
      if (this.#received.length < end) return;
      const message = this.#received.subarray(LENGTH_BYTES, end);
      this.#received = this.#received.subarray(end);
      this.#events.message(message, atMs);
    }
  }

  #failed(reason: string): void {
    if (!this.#isClosed) this.#events.failed(reason);
  }
}

function lengthOf(query: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(query.length);
  return length;
}
