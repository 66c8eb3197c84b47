/**
 * When a lookup over UDP is answered, by the way its resolver asks again. A try is answered if the query and
 * its answer both arrive, with the probability q = (1 − out)(1 − in); tries are independent, so that of k
 * all are lost with (1 − q)^k.
 */
import type { DnsSettings } from '../probe/dns-settings.js';
import type { RoundTrip } from './round-trip.js';
import { answeredBefore, type Wait } from './waits.js';

export type DnsWays = Pick<DnsSettings, 'retry' | 'timeoutMs' | 'attempts' | 'pairs'>;

/** Null where jitter decides, or answers that cross with the next try. */
export function dnsWaits(ways: DnsWays, q: number, roundTrip: RoundTrip): readonly Wait[] | null {
  const { retry, timeoutMs, attempts, pairs } = ways;
  if (retry === 'glibc' && pairs === 2) {
    // One by one, two round trips must fit into the wait.
    return 2 * roundTrip.mostMs < timeoutMs ? glibcPairs(ways, q, roundTrip.meanMs) : null;
  }
  const everyMs = retry === 'musl' ? timeoutMs / attempts : timeoutMs;
  if (retry === 'dig' && roundTrip.mostMs >= everyMs) {
    // Each try has a socket of its own, and hears nothing of what is answered later.
    return roundTrip.leastMs >= everyMs ? [] : null;
  }
  // By its first k tries a pair is answered with 1 − (1 − q)^k, all pairs with the power of that.
  const answeredBy = (tries: number) => (1 - (1 - q) ** tries) ** pairs;
  const waits = Array.from({ length: attempts }, (_, i) => ({
    waitMs: i * everyMs,
    probability: answeredBy(i + 1) - answeredBy(i),
  }));
  return answeredBefore(waits, roundTrip, attempts * everyMs);
}

/** How glibc asks for A and AAAA; each once it has had half an answer, and for good. */
const BOTH_AT_ONCE = 0;
const ONE_BY_ONE = 1;
const FROM_TWO_SOCKETS = 2;

/**
 * With one of two answers at the end of the wait glibc repeats the attempt, first one by one, then from two
 * sockets, and then takes what it has; only without any answer an attempt is over (resolv/res_send.c).
 */
function glibcPairs({ timeoutMs, attempts }: DnsWays, q: number, roundTripMs: number): Wait[] {
  const waits: Wait[] = [];
  const none = () =>
    [BOTH_AT_ONCE, ONE_BY_ONE, FROM_TWO_SOCKETS].map(() => Array(attempts).fill(0));
  let asking: number[][] = none();
  asking[BOTH_AT_ONCE][0] = 1;
  // Each time something is asked one more attempt is used, or the next mode begins.
  for (let asked = 0; asked < attempts + FROM_TWO_SOCKETS; asked++) {
    const next: number[][] = none();
    const beganMs = asked * timeoutMs;
    for (const mode of [BOTH_AT_ONCE, ONE_BY_ONE, FROM_TWO_SOCKETS]) {
      const isBoth = mode === BOTH_AT_ONCE;
      const half = isBoth ? 2 * q * (1 - q) : q * (1 - q);
      for (let attempt = 0; attempt < attempts; attempt++) {
        const probability = asking[mode][attempt];
        const waitMs = beganMs + (isBoth ? 0 : roundTripMs);
        waits.push({ waitMs, probability: probability * q * q });
        if (mode < FROM_TWO_SOCKETS) next[mode + 1][attempt] += probability * half;
        else
          waits.push({
            waitMs: beganMs + timeoutMs - roundTripMs,
            probability: probability * half,
          });
        if (attempt + 1 < attempts) next[mode][attempt + 1] += probability * (1 - q * q - half);
      }
    }
    asking = next;
  }
  return waits;
}
