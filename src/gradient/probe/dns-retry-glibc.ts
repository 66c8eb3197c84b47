/**
 * How glibc asks one name server again (resolv/res_send.c, send_dg, of 2.36; what it does was also observed).
 * Tries go out from one socket with one id, so that a late answer to an earlier one counts.
 *
 * With A and AAAA at once, and one answer by the end of the wait, it does not begin the next attempt but
 * suspects the server of answering one query at a time: within the same attempt it asks for A, and only
 * then for AAAA (RES_SNGLKUP); when that again brings one answer, it does so with a socket for each
 * (RES_SNGLKUPREOP). After that the one answer is the result.
 */
import { type DnsNext, type DnsRetry, type DnsRetrySettings, done, WAIT } from './dns-retry.js';

/** With these it goes on to the next attempt; all else is an answer, and may be a failure (FORMERR). */
const NEXT_ATTEMPT = ['servfail', 'rcode notimp', 'rcode refused'];

/** What has become of a query in the present round of asking. */
type Fate = 'open' | 'answered' | 'rejected';

export class GlibcRetry implements DnsRetry {
  readonly #timeoutMs: number;
  readonly #attempts: number;
  readonly #pairs: number;
  #tries = 0;
  #untilMs = 0;
  #fates: Fate[] = [];
  #isSecondSent = false;
  /** As in real life both stay so until the lookup is over. */
  #isOneByOne = false;
  #isReopening = false;
  /** The last reason to go on to another attempt. */
  #reason = 'timeout';

  constructor({ timeoutMs, attempts, pairs }: DnsRetrySettings) {
    this.#timeoutMs = timeoutMs;
    this.#attempts = attempts;
    this.#pairs = pairs;
  }

  begin(atMs: number): DnsNext {
    return this.#attempt(true, atMs);
  }

  answered(query: number, rejection: string | null, atMs: number): DnsNext {
    if (this.#fates[query] !== 'open') return WAIT;
    if (rejection !== null && !NEXT_ATTEMPT.includes(rejection)) return done(rejection);
    this.#fates[query] = rejection === null ? 'answered' : 'rejected';
    if (this.#fates.includes('open')) return rejection === null ? this.#second() : WAIT;
    if (this.#fates.includes('answered')) return done(null, this.#fates.includes('rejected'));
    // A pair's socket stays, that of a lone query does not.
    return this.#next(rejection!, this.#pairs === 1, atMs);
  }

  truncated(): DnsNext {
    return { kind: 'tcp' };
  }

  broken(reason: string, atMs: number): DnsNext {
    return this.#next(reason, true, atMs);
  }

  expired(atMs: number): DnsNext {
    if (!this.#fates.includes('answered')) return this.#next('timeout', false, atMs);
    if (!this.#isOneByOne) {
      this.#isOneByOne = true;
      return this.#ask(false, atMs);
    }
    if (this.#isReopening) return done(null, true);
    this.#isReopening = true;
    return this.#ask(true, atMs);
  }

  #next(reason: string, isFresh: boolean, atMs: number): DnsNext {
    this.#reason = reason;
    return this.#attempt(isFresh, atMs);
  }

  #attempt(isFresh: boolean, atMs: number): DnsNext {
    if (this.#tries++ === this.#attempts) return done(this.#reason);
    return this.#ask(isFresh, atMs);
  }

  /** All queries are asked anew, also those that had been answered. */
  #ask(isFresh: boolean, atMs: number): DnsNext {
    this.#fates = Array<Fate>(this.#pairs).fill('open');
    this.#untilMs = atMs + this.#timeoutMs;
    this.#isSecondSent = !this.#isOneByOne;
    const queries = this.#pairs === 1 || this.#isOneByOne ? [0] : [0, 1];
    return { kind: 'send', queries, isFresh, isTry: true, untilMs: this.#untilMs };
  }

  /** One by one, and the first is there; the wait is that of both. */
  #second(): DnsNext {
    if (this.#isSecondSent) return WAIT;
    this.#isSecondSent = true;
    const isFresh = this.#isReopening;
    return { kind: 'send', queries: [1], isFresh, isTry: false, untilMs: this.#untilMs };
  }
}
