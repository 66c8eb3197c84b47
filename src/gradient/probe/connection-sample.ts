/**
 * The life of a sample that is about one TCP connection: it is dialled, maybe connected, over with an outcome
 * or cut without one, and closed. What happens over the connection is for each kind of sample to say.
 */
import type { OnReadOpts, Socket } from 'node:net';
import type { ServerEnd } from './server-end.js';
import { TcpDial } from './tcp-dial.js';
import type { TcpPorts } from './tcp-ports.js';

interface ConnectionOptions {
  readonly end: ServerEnd;
  readonly ports: TcpPorts;
  /** For the whole of the sample. */
  readonly timeoutMs: number;
  /** As `TcpDial` has it. */
  readonly onread: OnReadOpts | null;
  /** Once, after the outcome: nothing of it is open any more. */
  readonly onClosed: () => void;
}

export abstract class ConnectionSample {
  protected readonly dial: TcpDial;
  protected readonly values: Record<string, number> = {};
  readonly #onClosed: () => void;
  #timer: NodeJS.Timeout;
  #isConnected = false;
  #isOver = false;
  #isClosed = false;

  constructor({ end, ports, timeoutMs, onread, onClosed }: ConnectionOptions) {
    this.#onClosed = onClosed;
    this.#timer = setTimeout(() => this.#timeOut(), timeoutMs);
    this.dial = new TcpDial(end, ports, onread, {
      connected: (socket, ms) => this.#connected(socket, ms),
      failed: (reason) => this.finish(reason),
    });
  }

  /** There is a connection, and the sample is not over. */
  protected abstract begin(socket: Socket): void;

  /** It is over, and not cut. Returns how long the peer may take to end the connection; 0: not at all. */
  protected abstract ended(failure: string | null): number;

  /** Nothing more is to be done over the connection. */
  protected stop(): void {}

  /** Ends it now, without an outcome if there was none. */
  cut(): void {
    this.#isOver = true;
    this.#close();
  }

  protected get isConnected(): boolean {
    return this.#isConnected;
  }

  protected get isOver(): boolean {
    return this.#isOver;
  }

  protected finish(failure: string | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    const graceMs = this.ended(failure);
    if (graceMs > 0 && !this.#isClosed) this.#timer = setTimeout(() => this.#close(), graceMs);
    else this.#close();
  }

  #connected(socket: Socket, ms: number): void {
    this.#isConnected = true;
    // Also after the end: without a listener an error would end the process.
    socket.on('error', () => {});
    socket.once('close', () => this.#closed());
    if (this.#isOver) return;
    this.values.connect = ms;
    this.values.late = Number(this.dial.isLate());
    this.begin(socket);
  }

  #timeOut(): void {
    if (!this.#isConnected) this.values.late = Number(this.dial.isLate());
    this.finish('timeout');
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.stop();
    this.dial.abandon();
    // Before it was connected nobody waits for its end.
    if (!this.#isConnected) this.#closed();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#onClosed();
  }
}
