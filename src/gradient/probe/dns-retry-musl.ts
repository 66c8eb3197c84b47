/**
 * How musl asks again (src/network/res_msend.c): the timeout is that of the whole lookup, and what is not
 * answered is sent again from the same socket each time that another timeout/attempts has passed. SERVFAIL
 * makes it ask again at once, but not forever; other errors it does not hear, nor that nobody listens, since
 * its socket is not connected.
 */
import { type DnsNext, type DnsRetry, type DnsRetrySettings, done, WAIT } from './dns-retry.js';

export class MuslRetry implements DnsRetry {
  readonly #open: Set<number>;
  readonly #attempts: number;
  readonly #intervalMs: number;
  readonly #quickMax: number;
  #startedMs = 0;
  #tries = 0;
  #quick = 0;
  #reason = 'timeout';

  constructor({ timeoutMs, attempts, pairs }: DnsRetrySettings) {
    this.#open = new Set(Array.from({ length: pairs }, (_, query) => query));
    this.#attempts = attempts;
    this.#intervalMs = timeoutMs / attempts;
    this.#quickMax = 2 * pairs;
  }

  begin(atMs: number): DnsNext {
    this.#startedMs = atMs;
    return this.#ask();
  }

  answered(query: number, rejection: string | null): DnsNext {
    if (!this.#open.has(query)) return WAIT;
    if (rejection !== null) {
      this.#reason = rejection;
      if (rejection !== 'servfail' || this.#quick === this.#quickMax) return WAIT;
      this.#quick++;
      return this.#send([query], false);
    }
    this.#open.delete(query);
    return this.#open.size === 0 ? done(null) : WAIT;
  }

  truncated(): DnsNext {
    return { kind: 'tcp' };
  }

  broken(reason: string): DnsNext {
    this.#reason = reason;
    return WAIT;
  }

  expired(): DnsNext {
    return this.#tries < this.#attempts ? this.#ask() : done(this.#reason);
  }

  #ask(): DnsNext {
    const isFresh = this.#tries++ === 0;
    this.#quick = 0;
    this.#reason = 'timeout';
    return this.#send([...this.#open], isFresh);
  }

  #send(queries: readonly number[], isFresh: boolean): DnsNext {
    const untilMs = this.#startedMs + this.#tries * this.#intervalMs;
    return { kind: 'send', queries, isFresh, isTry: true, untilMs };
  }
}
