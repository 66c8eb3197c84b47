/**
 * How long a handshake of one packet each way takes when both ends repeat what is lost: a Markov chain over
 * what the server knows. Time is counted in the timeout that both begin with, about a second in TCP
 * (RFC 6298, 2.1) as in QUIC (RFC 9002, 6.2.2).
 *
 * - The client sends at given times until it is answered.
 * - The server, once it has heard of it, answers each packet that arrives, and by a timer of its own,
 *   which doubles when it fires and begins anew with each answer.
 * - Where both fire at once the server's comes first: each end's began half a round trip after the other's
 *   packet left, so one answer goes out by the timer, and another when the client's packet arrives.
 */

/** One instant at which handshakes end, and how probably. */
export interface Rung {
  readonly at: number;
  readonly probability: number;
}

/** The server's timer: when it fires next, and what it waits for after that. */
interface Waiting {
  readonly due: number;
  readonly interval: number;
  probability: number;
}

/** Less does not show in any number of samples. */
const PROBABILITY_MIN = 1e-15;

/** All rungs up to the time `until`; what is missing to 1 takes longer. */
export function handshakeRungs(
  lossOut: number,
  lossIn: number,
  clientAt: readonly number[],
  until: number,
): Rung[] {
  const rungs: Rung[] = [];
  let unheard = 1;
  let heard: Waiting[] = [];
  for (let at = 0; at <= until; at++) {
    const isClientSending = clientAt.includes(at);
    const next = new Map<string, Waiting>();
    const keep = ({ due, interval, probability }: Waiting) => {
      if (probability < PROBABILITY_MIN) return;
      const key = `${due} ${interval}`;
      const same = next.get(key);
      if (same === undefined) next.set(key, { due, interval, probability });
      else same.probability += probability;
    };
    let done = 0;
    for (const { due, interval, probability } of heard) {
      const isFiring = due === at;
      const left = isFiring ? probability * lossIn : probability;
      const nextInterval = isFiring ? 2 * interval : interval;
      const nextDue = isFiring ? at + nextInterval : due;
      const arrived = isClientSending ? left * (1 - lossOut) : 0;
      done += probability - left + arrived * (1 - lossIn);
      keep({ due: nextDue, interval: nextInterval, probability: left - arrived });
      keep({ due: at + nextInterval, interval: nextInterval, probability: arrived * lossIn });
    }
    if (isClientSending) {
      const arrived = unheard * (1 - lossOut);
      done += arrived * (1 - lossIn);
      keep({ due: at + 1, interval: 1, probability: arrived * lossIn });
      unheard -= arrived;
    }
    heard = [...next.values()];
    if (done > 0) rungs.push({ at, probability: done });
  }
  return rungs;
}
