/**
 * The UDP socket of a lookup. Everything up to the first query happens in one go, without a turn of the event
 * loop in between, so that queries leave in the order of their samples.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { ServerEnd } from './server-end.js';
import { socketFailureOf } from './socket-failure.js';

interface DnsUdpEvents {
  message(message: Buffer, atMs: number): void;
  /** From another end than was asked; a connected socket never hears of those. */
  stray(): void;
  failed(reason: string): void;
}

/** Ports may be taken by others, but not so many of them. */
const PORTS_TRIED_MAX = 64;

/** Addresses are given, and nothing has to be looked up: node would leave it for later. */
const asIs = (
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
) => callback(null, address, isIPv6(address) ? 6 : 4);

export class DnsUdp {
  readonly #end: ServerEnd;
  readonly #isConnected: boolean;
  readonly #events: DnsUdpEvents;
  readonly #socket: Socket;
  #isClosed = false;

  /**
   * Opens it; a failure of that is thrown as an Error whose message is the reason. Errors of the network are
   * heard, and other senders are not, when it is connected.
   */
  constructor(end: ServerEnd, isConnected: boolean, nextPort: () => number, events: DnsUdpEvents) {
    this.#end = end;
    this.#isConnected = isConnected;
    this.#events = events;
    this.#socket = this.#bound(nextPort);
    this.#socket.on('message', (message, { address, port }) => {
      const atMs = performance.now();
      if (this.#isClosed) return;
      const isAsked = isConnected || (address === end.address && port === end.port);
      if (isAsked) events.message(message, atMs);
      else events.stray();
    });
    this.#socket.on('error', (error) => this.#failed(error));
    if (isConnected) this.#socket.connect(end.port, end.address);
  }

  send(message: Buffer): void {
    const sent = (error: Error | null) => {
      if (error !== null) this.#failed(error);
    };
    if (!this.#isConnected) {
      this.#socket.send(message, this.#end.port, this.#end.address, sent);
      return;
    }
    try {
      this.#socket.send(message, sent);
    } catch {
      // It could not be connected (there is no route), and is about to say so.
    }
  }

  /** No event follows. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  #failed(error: Error): void {
    if (!this.#isClosed) this.#events.failed(socketFailureOf(error));
  }

  #bound(nextPort: () => number): Socket {
    for (let tried = 1; ; tried++) {
      const isV6 = isIPv6(this.#end.address);
      const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', lookup: asIs });
      let error: NodeJS.ErrnoException | null = null as NodeJS.ErrnoException | null;
      const failed = (reason: Error) => {
        error = reason;
      };
      socket.once('error', failed);
      socket.bind({ address: isV6 ? '::' : '0.0.0.0', port: nextPort(), exclusive: true });
      socket.off('error', failed);
      if (error === null) return socket;
      socket.close();
      if (error.code !== 'EADDRINUSE' || tried === PORTS_TRIED_MAX) {
        throw new Error(socketFailureOf(error));
      }
    }
  }
}
