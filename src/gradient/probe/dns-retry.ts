/**
 * When a lookup asks again, and when it gives up, is what resolvers differ in. For each there is a machine
 * without a clock or sockets: told what has happened and when, it says what is to be done. Here is what they
 * share.
 */
import type { DnsSettings } from './dns-settings.js';

export type DnsNext =
  | {
      readonly kind: 'send';
      /** Which of the lookup's queries. */
      readonly queries: readonly number[];
      /** From a socket of its own, after closing the one before: answers that come there are lost. */
      readonly isFresh: boolean;
      /** Not the second half of a try. */
      readonly isTry: boolean;
      /** When `expired` is to be called, unless the lookup is over or something is sent by then. */
      readonly untilMs: number;
    }
  | { readonly kind: 'wait' }
  /** All queries by TCP, once. */
  | { readonly kind: 'tcp' }
  /** `isPartial`: well, but without an answer to one of the queries. */
  | { readonly kind: 'done'; readonly failure: string | null; readonly isPartial: boolean };

export interface DnsRetry {
  begin(atMs: number): DnsNext;
  /** `rejection` null: an answer. */
  answered(query: number, rejection: string | null, atMs: number): DnsNext;
  /** The answer does not fit a datagram. */
  truncated(): DnsNext;
  /** The socket reports an error: `refused` when no server is at the port. */
  broken(reason: string, atMs: number): DnsNext;
  expired(atMs: number): DnsNext;
}

export type DnsRetrySettings = Pick<DnsSettings, 'retry' | 'timeoutMs' | 'attempts' | 'pairs'>;

export const WAIT: DnsNext = { kind: 'wait' };

/** A lookup with a result has no failure; one without has one. */
export function done(failure: string | null, isPartial = false): DnsNext {
  return { kind: 'done', failure, isPartial };
}

/** The longest that an answer may take without counting as late: the wait of the first try. */
export function firstWaitMs({ retry, timeoutMs, attempts }: DnsRetrySettings): number {
  return retry === 'musl' ? timeoutMs / attempts : timeoutMs;
}
