/**
 * How dig 9.18 asks again: one try after the other, each from a new socket; whatever a server says is the
 * answer, SERVFAIL too. Where nobody listens it tries again at once. With one attempt it is `retry=single`.
 */
import { type DnsNext, type DnsRetry, type DnsRetrySettings, done, WAIT } from './dns-retry.js';

export class DigRetry implements DnsRetry {
  readonly #timeoutMs: number;
  readonly #attempts: number;
  readonly #open: Set<number>;
  #tries = 0;

  constructor({ timeoutMs, attempts, pairs }: DnsRetrySettings) {
    this.#timeoutMs = timeoutMs;
    this.#attempts = attempts;
    this.#open = new Set(Array.from({ length: pairs }, (_, query) => query));
  }

  begin(atMs: number): DnsNext {
    this.#tries++;
    const untilMs = atMs + this.#timeoutMs;
    return { kind: 'send', queries: [...this.#open], isFresh: true, isTry: true, untilMs };
  }

  answered(query: number, rejection: string | null): DnsNext {
    if (rejection !== null) return done(rejection);
    this.#open.delete(query);
    return this.#open.size === 0 ? done(null) : WAIT;
  }

  truncated(): DnsNext {
    return { kind: 'tcp' };
  }

  broken(reason: string, atMs: number): DnsNext {
    return this.#tries < this.#attempts ? this.begin(atMs) : done(reason);
  }

  expired(atMs: number): DnsNext {
    return this.broken('timeout', atMs);
  }
}
