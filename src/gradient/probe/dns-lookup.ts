/**
 * One sample of the DNS probe: a lookup from its first query until it has its answers or gives up. What is
 * done when, the resolver's machine says (`dns-resolver.ts`); here are its socket and its clock.
 */
import { type DnsQuestion, encodeQuery, readReply } from './dns-message.js';
import type { DnsPorts } from './dns-ports.js';
import { makeDnsRetry } from './dns-resolver.js';
import { type DnsNext, type DnsRetry, firstWaitMs } from './dns-retry.js';
import type { DnsSettings } from './dns-settings.js';
import { DnsTcp } from './dns-tcp.js';
import { DnsUdp } from './dns-udp.js';
import type { ServerEnd } from './server-end.js';
import type { TcpPorts } from './tcp-ports.js';

interface DnsOutcome {
  readonly failure: string | null;
  readonly values: Readonly<Record<string, number>>;
  /** It had more than one socket for UDP. */
  readonly hasMoved: boolean;
}

interface DnsLookupOptions {
  readonly index: number;
  readonly questions: readonly DnsQuestion[];
  readonly settings: DnsSettings;
  readonly end: ServerEnd;
  readonly ports: DnsPorts;
  readonly tcpPorts: TcpPorts;
  /** Unless it is cut. */
  readonly onOutcome: (outcome: DnsOutcome) => void;
  /** Once, and not before the constructor has returned: nothing of it is open any more. */
  readonly onClosed: () => void;
}

export class DnsLookup {
  readonly #options: DnsLookupOptions;
  readonly #queries: readonly Buffer[];
  readonly #retry: DnsRetry;
  readonly #startedMs: number;
  #udp: DnsUdp | null = null;
  #tcp: DnsTcp | null = null;
  /** Queries without an answer by TCP. */
  #openByTcp = new Set<number>();
  #timer: NodeJS.Timeout | undefined;
  #sockets = 0;
  #tries = 0;
  /** The first wait was in vain. */
  #hasWaited = false;
  #garbage = 0;
  #isTruncated = false;
  #isOver = false;

  constructor(options: DnsLookupOptions) {
    this.#options = options;
    const { questions, settings } = options;
    this.#queries = questions.map((question) => encodeQuery(question, settings.retry === 'dig'));
    this.#retry = makeDnsRetry(settings);
    this.#startedMs = performance.now();
    if (settings.transport === 'tcp') this.#askByTcp();
    else this.#follow(this.#retry.begin(this.#startedMs));
  }

  /** Ends it now, without an outcome if there was none. */
  cut(): void {
    if (!this.#isOver) this.#close();
  }

  #follow(next: DnsNext): void {
    if (next.kind === 'send') this.#send(next);
    else if (next.kind === 'tcp') this.#askByTcp();
    else if (next.kind === 'done') this.#finish(next.failure, next.isPartial, performance.now());
  }

  #send({ queries, isFresh, isTry, untilMs }: DnsNext & { kind: 'send' }): void {
    if (isTry) this.#tries++;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lookOnce(), untilMs - performance.now());
    if (isFresh) {
      this.#udp?.close();
      try {
        this.#udp = this.#opened();
      } catch (error) {
        this.#finish((error as Error).message, false, performance.now());
        return;
      }
    }
    for (const query of queries) this.#udp!.send(this.#queries[query]!);
  }

  /** An answer that is there by now counts, as it does to poll(2), though this process had no time for it. */
  #lookOnce(): void {
    const timer = this.#timer;
    setImmediate(() => {
      // Neither over nor asked again meanwhile.
      if (this.#isOver || timer !== this.#timer) return;
      this.#hasWaited = true;
      this.#follow(this.#retry.expired(performance.now()));
    });
  }

  #opened(): DnsUdp {
    const { index, ports, settings, end } = this.#options;
    let isFirst = this.#sockets++ === 0;
    const nextPort = () => {
      const port = isFirst ? ports.of(index) : ports.spare();
      isFirst = false;
      return port;
    };
    return new DnsUdp(end, settings.retry !== 'musl', nextPort, {
      message: (message, atMs) => this.#heard(message, atMs),
      stray: () => {
        this.#garbage++;
      },
      failed: (reason) => this.#follow(this.#retry.broken(reason, performance.now())),
    });
  }

  #heard(message: Buffer, atMs: number): void {
    const reply = readReply(message, this.#options.questions);
    if (reply === null) this.#garbage++;
    else if (reply.isTruncated) this.#follow(this.#retry.truncated());
    else {
      const next = this.#retry.answered(reply.query, reply.rejection, atMs);
      if (next.kind === 'done') this.#finish(next.failure, next.isPartial, atMs);
      else this.#follow(next);
    }
  }

  /** Instead of UDP, or after it had no room for the answer; the timeout is that of the whole exchange. */
  #askByTcp(): void {
    const { settings, end, tcpPorts } = this.#options;
    this.#isTruncated = settings.transport === 'udp';
    this.#udp?.close();
    this.#udp = null;
    clearTimeout(this.#timer);
    const failed = (reason: string) => this.#finish(reason, false, performance.now());
    this.#timer = setTimeout(failed, settings.timeoutMs, 'timeout');
    this.#openByTcp = new Set(this.#queries.keys());
    this.#tcp = new DnsTcp(end, tcpPorts, this.#queries, {
      message: (message, atMs) => this.#heardByTcp(message, atMs),
      failed,
    });
  }

  #heardByTcp(message: Buffer, atMs: number): void {
    const reply = readReply(message, this.#options.questions);
    if (reply === null || !this.#openByTcp.has(reply.query)) {
      this.#garbage++;
      return;
    }
    this.#openByTcp.delete(reply.query);
    const isDone = reply.rejection !== null || this.#openByTcp.size === 0;
    if (isDone) this.#finish(reply.rejection, false, atMs);
  }

  #finish(failure: string | null, isPartial: boolean, atMs: number): void {
    if (this.#isOver) return;
    const { settings, onOutcome } = this.#options;
    const latency = atMs - this.#startedMs;
    const isLongByTcp = this.#isTruncated && latency > firstWaitMs(settings);
    const isLate = failure !== null || this.#hasWaited || isLongByTcp;
    const values: Record<string, number> = { garbage: this.#garbage };
    if (failure === null) values.latency = latency;
    if (settings.transport === 'udp') {
      values.late = Number(isLate);
      values.retried = Number(this.#tries > 1);
      values.attempts = this.#tries;
      values.truncated = Number(this.#isTruncated);
      if (settings.pairs === 2) values.partial = Number(isPartial);
    }
    this.#close();
    onOutcome({ failure, values, hasMoved: this.#sockets > 1 });
  }

  #close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#udp?.close();
    this.#tcp?.close();
    queueMicrotask(this.#options.onClosed);
  }
}
