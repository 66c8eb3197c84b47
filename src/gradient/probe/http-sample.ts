/**
 * One sample of the HTTP probe: a connection of its own, for https a TLS handshake, one request, and the
 * answer to its last byte. The body is counted and thrown away, and the connection is reset when the answer
 * is complete, for the reasons that `tcp-sample.ts` gives.
 */
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { ConnectionSample } from './connection-sample.js';
import { httpFailureOf, tlsFailureOf } from './http-failure.js';
import type { HttpSettings } from './http-settings.js';
import type { ServerEnd } from './server-end.js';
import type { TcpPorts } from './tcp-ports.js';

/** A smaller body says how long the way is, and not how wide. */
const GOODPUT_BYTES_MIN = 16_384;

export interface HttpOutcome {
  readonly failure: string | null;
  readonly values: Readonly<Record<string, number>>;
  /** Of an answer; null: there was none. */
  readonly status: number | null;
}

interface HttpSampleOptions {
  readonly end: ServerEnd;
  readonly ports: TcpPorts;
  readonly settings: HttpSettings;
  /** Unless it is cut. */
  readonly onOutcome: (outcome: HttpOutcome) => void;
  readonly onClosed: () => void;
}

export class HttpSample extends ConnectionSample {
  readonly #options: HttpSampleOptions;
  #askedMs = 0;
  #status: number | null = null;
  #bodyBytes = 0;

  constructor(options: HttpSampleOptions) {
    const { end, ports, settings, onClosed } = options;
    super({ end, ports, timeoutMs: settings.timeoutMs, onread: null, onClosed });
    this.#options = options;
  }

  protected begin(socket: Socket): void {
    if (this.#options.settings.isTls) this.#shakeHands(socket);
    else this.#ask(socket);
  }

  protected ended(failure: string | null): number {
    if (this.isConnected) this.#noteRetransmitted();
    this.#options.onOutcome({ failure, values: this.values, status: this.#status });
    return 0;
  }

  #shakeHands(socket: Socket): void {
    const { host, insecure } = this.#options.settings;
    const startedMs = performance.now();
    const secure = connectTls({
      socket,
      // An address is no name to ask for (RFC 6066, 3), but the certificate must be for it.
      ...(isIP(host) === 0 ? { servername: host } : { host }),
      rejectUnauthorized: !insecure,
      ALPNProtocols: ['http/1.1'],
    });
    const failed = (error: Error) => this.finish(tlsFailureOf(error));
    secure.on('error', failed);
    secure.once('secureConnect', () => {
      secure.off('error', failed);
      secure.on('error', () => {});
      this.values.tls = performance.now() - startedMs;
      if (!this.isOver) this.#ask(secure);
    });
  }

  #ask(socket: Socket | TLSSocket): void {
    const { method, target, authority } = this.#options.settings;
    this.#askedMs = performance.now();
    const asking = request({
      createConnection: () => socket,
      method,
      path: target,
      headers: { host: authority, connection: 'close', accept: '*/*', 'user-agent': 'netemu' },
    });
    asking.on('error', (error) => this.finish(httpFailureOf(error, this.#status !== null)));
    asking.once('response', (response) => this.#answered(asking, response));
    // Without answer and error: the server has changed the protocol, unasked. An answer may come to its end
    // only after this.
    asking.once('close', () => {
      if (this.#status === null) this.finish('closed early');
    });
    asking.end();
  }

  #answered(asking: ClientRequest, response: IncomingMessage): void {
    this.values.firstByte = performance.now() - this.dial.startedMs;
    this.#status = response.statusCode ?? 0;
    this.#noteRetransmitted();
    response.on('data', (piece: Buffer) => {
      this.#bodyBytes += piece.length;
      this.#noteRetransmitted();
    });
    response.on('error', (error) => {
      // Node says `aborted` of every end before its time; a reset is the socket's own error.
      const { errored } = asking.socket ?? {};
      this.finish(httpFailureOf(errored ?? error, true));
    });
    response.once('end', () => this.#answerEnded());
    response.once('close', () => this.finish('cut short'));
  }

  #answerEnded(): void {
    const nowMs = performance.now();
    const status = this.#status ?? 0;
    if (status < 400) this.values.total = nowMs - this.dial.startedMs;
    if (this.#bodyBytes >= GOODPUT_BYTES_MIN) {
      this.values.goodput = (this.#bodyBytes * 8e3) / Math.max(nowMs - this.#askedMs, 1e-3);
    }
    this.finish(status < 400 ? null : `status ${status}`);
  }

  /** While the answer comes: at its end node closes the socket before anyone hears of it. */
  #noteRetransmitted(): void {
    const info = this.dial.info();
    if (info !== null) this.values.retransmitted = info.retransmittedTotal;
  }
}
