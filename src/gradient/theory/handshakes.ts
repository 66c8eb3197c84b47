/**
 * TCP connects and QUIC handshakes under loss. Either needs one packet each way, and a lost one costs a
 * timeout of about a second, of which the ends begin with the same: late with 1 − (1 − out)(1 − in).
 */
import type { ProbeKind, ProbeSettings } from '../probe/probe.js';
import type { Channel } from './channel.js';
import type { Baseline, Expectation } from './expectation.js';
import { handshakeRungs } from './handshake-ladder.js';
import type { RoundTrip } from './round-trip.js';
import { answeredBefore, lossesOf, meanOfAnswered, shareOf, totalOf } from './waits.js';

interface Handshake {
  /** What the probe calls its duration. */
  readonly metric: string;
  /** The first timeout, as it is in practice. */
  readonly unitMs: number;
  /** When the client sends, in that unit. */
  readonly clientAt: readonly number[];
  /** Both ends begin with the same timeout. */
  readonly isUsual: boolean;
  readonly says: string;
}

/**
 * Linux' 1 s is 1.022 s on the median: its timers are rounded up to a thirtieth of a second (HZ=250, over
 * 4000 connects). 12,000 connects at 30 % each way, Linux 6.18 with tcp_syn_linear_timeouts at 4: 48.9 % at
 * once, 33.0 % after 1 s, 11.4 % after 2 s, 4.2 % after 3 s; this model says 49.0, 32.5, 11.3 and 4.5 %.
 */
const TCP_UNIT_MS = 1_022;
/** net.ipv4.tcp_syn_retries; those at even intervals come on top. */
const SYN_RETRIES = 6;

/**
 * Three times RFC 9002's initial RTT of 333 ms. ngtcp2 0.12, whose server's first flight is one datagram with
 * an ECDSA certificate of its own making; a PTO sends one, with all that is needed, at either end. 900
 * handshakes at 30 % each way: 49.0 % at once, 30.3 % after 1 s, 4.8 % after 2 s, 7.6 % after 3 s; this
 * model says 49.0, 32.5, 4.4 and 8.1 %. A flight of more datagrams is late more often. Where half of the
 * server's are lost, ngtcp2 takes longer than this: a client that has got no more than the ACK of its
 * Initial sends pings, which draw ACKs (500 handshakes: 2 % failed within 40 s).
 */
const QUIC_UNIT_MS = 999;
const QUIC_INITIAL_RTT_MS = 333;
const QUIC_SENDS = 7;

/** In first timeouts. */
const ROUND_TRIP_MAX = 0.98;

export function handshakeExpectations(
  kind: ProbeKind,
  channel: Channel,
  roundTrip: RoundTrip,
  settings: ProbeSettings,
  baseline: Baseline | null,
): Record<string, Expectation | null> {
  const { timeoutMs } = settings;
  const { metric, unitMs, clientAt, isUsual, says } = handshakeOf(kind, settings);
  // Longer round trips make timers fire for nothing, which is another chain.
  if (typeof timeoutMs !== 'number' || roundTrip.mostMs >= unitMs * ROUND_TRIP_MAX) return {};
  const model = `${lossesOf(channel)}; ${says}`;
  const first = [{ waitMs: 0, probability: channel.bothArrive }];
  const inTime = answeredBefore(first, roundTrip, timeoutMs);
  const late = inTime && shareOf(1 - totalOf(inTime), model);
  if (!isUsual) return { late };
  const until = Math.ceil(timeoutMs / unitMs);
  const rungs = handshakeRungs(channel.out.loss, channel.in.loss, clientAt, until);
  const waits = rungs.map(({ at, probability }) => ({ waitMs: at * unitMs, probability }));
  const answered = answeredBefore(waits, roundTrip, timeoutMs);
  // What else can fail is of a transfer, which has ladders of its own.
  const isAll = kind !== 'http' && !(Number(settings.bytes) > 0);
  return {
    late,
    failed: isAll ? answered && shareOf(1 - totalOf(answered), model) : null,
    [metric]: answered && meanOfAnswered(answered, roundTrip, baseline, model),
  };
}

function handshakeOf(kind: ProbeKind, { synLinear, initialRttMs }: ProbeSettings): Handshake {
  if (kind === 'quic') return quicHandshake(Number(initialRttMs ?? QUIC_INITIAL_RTT_MS));
  const linear = Number(synLinear ?? 0);
  const clientAt = ladder(1 + SYN_RETRIES + linear, 1 + linear);
  const says = `SYN sent again after ${clientAt.slice(1, 7).join(', ')} s …, the SYN-ACK as well`;
  return { metric: 'connect', unitMs: TCP_UNIT_MS, clientAt, isUsual: true, says };
}

function quicHandshake(initialRttMs: number): Handshake {
  const isUsual = initialRttMs === QUIC_INITIAL_RTT_MS;
  const unitMs = (QUIC_UNIT_MS / QUIC_INITIAL_RTT_MS) * initialRttMs;
  const says = 'one datagram each way, PTOs of 1, 2, 4 s … at both ends (RFC 9002)';
  return { metric: 'handshake', unitMs, clientAt: ladder(QUIC_SENDS, 1), isUsual, says };
}

/** So many times from 0 on: `even` intervals of 1, then 2, 4, 8 … */
function ladder(sends: number, even: number): number[] {
  const times = [0];
  for (let i = 1; i < sends; i++) times.push(times[i - 1] + 2 ** Math.max(0, i - even));
  return times;
}
