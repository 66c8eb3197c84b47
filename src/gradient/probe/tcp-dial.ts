/**
 * Opens one TCP connection from a port of its own, and tells whether its SYN had to be sent again. What a
 * sample does with the connection is its probe's business.
 */
import { connect, type OnReadOpts, type Socket } from 'node:net';
import { type TcpInfo, tcpInfo } from '../../tun/tcp-info.js';
import { destroyByReset } from '../../tun/tcp-reset.js';
import type { ServerEnd } from './server-end.js';
import { socketFailureOf } from './socket-failure.js';
import type { TcpPorts } from './tcp-ports.js';

interface DialEvents {
  /** Established, `ms` after the first SYN. */
  connected(socket: Socket, ms: number): void;
  /** There will be no connection. Not called once there was one: errors are the socket's from then on. */
  failed(reason: string): void;
}

/** Ports that are in use, by a server or after a connection that has just ended, are passed over. */
const PORTS_TRIED_MAX = 256;

/**
 * Without TCP_INFO: the first SYN is sent again after 1 s (RFC 6298, 2.1), in ticks of up to 10 ms. A path
 * that needs as long by itself looks the same.
 */
const SENT_AGAIN_MS = 990;

export class TcpDial {
  readonly #end: ServerEnd;
  readonly #ports: TcpPorts;
  readonly #onread: OnReadOpts | null;
  readonly #events: DialEvents;
  #socket: Socket;
  #startedMs = 0;
  #tried = 0;
  #isAbandoned = false;

  /** `onread` takes what comes; without it the socket does not read before somebody asks it to. */
  constructor(end: ServerEnd, ports: TcpPorts, onread: OnReadOpts | null, events: DialEvents) {
    this.#end = end;
    this.#ports = ports;
    this.#onread = onread;
    this.#events = events;
    this.#socket = this.#connect();
  }

  /** When the SYN was sent, by `performance.now`. */
  get startedMs(): number {
    return this.#startedMs;
  }

  /** What the kernel knows of the connection now; null once it is closed. */
  info(): TcpInfo | null {
    return tcpInfo(this.#socket);
  }

  /**
   * The SYN was sent more than once by now: it or its answer was lost, or more than 1 s under way. A server
   * that repeats its answer before that, as Linux does not, would hide the loss of it.
   */
  isLate(): boolean {
    const info = this.info();
    if (info !== null) return info.retransmittedTotal > 0;
    return performance.now() - this.#startedMs >= SENT_AGAIN_MS;
  }

  /** Nothing is sent from here on but at most a reset, which ends it at the server too. */
  abandon(): void {
    this.#isAbandoned = true;
    destroyByReset(this.#socket);
  }

  #connect(): Socket {
    const { address, port } = this.#end;
    const socket = connect({
      host: address,
      port,
      localPort: this.#ports.next(),
      allowHalfOpen: true,
      noDelay: true,
      ...(this.#onread !== null && { onread: this.#onread }),
    });
    // Nothing has been sent from a port that cannot be had, so that the clock starts anew.
    this.#startedMs = performance.now();
    const failed = (error: NodeJS.ErrnoException) => {
      if (this.#isAbandoned) return;
      const isTaken = error.code === 'EADDRINUSE' || error.code === 'EADDRNOTAVAIL';
      if (isTaken && ++this.#tried < Math.min(PORTS_TRIED_MAX, this.#ports.count)) {
        this.#socket = this.#connect();
      } else this.#events.failed(socketFailureOf(error));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      const ms = performance.now() - this.#startedMs;
      socket.off('error', failed);
      this.#events.connected(socket, ms);
    });
    return socket;
  }
}
