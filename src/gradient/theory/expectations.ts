/**
 * What should be measured in a step, where theory can tell: of lookups and handshakes under independent
 * losses and delays, and of TCP transfers. For other rules and for commands it says nothing.
 */
import type { ProbeKind } from '../probe/probe.js';
import { channelOf } from './channel.js';
import { dnsExpectations } from './dns.js';
import type { Context, Expectation, Expectations } from './expectation.js';
import { handshakeExpectations } from './handshakes.js';
import { mathisExpectations } from './mathis.js';
import { roundTripOf } from './round-trip.js';

export type { Baseline, Expectation } from './expectation.js';

/** The time that is one round trip, of each probe; a baseline is of this metric. */
export const BASELINE_METRICS: Readonly<Record<ProbeKind, string | null>> = {
  dns: 'latency',
  quic: 'handshake',
  tcp: 'connect',
  http: 'connect',
  command: null,
};

export function expectations(context: Context): Expectations {
  const { kind, settings, rule, baseline, baseRule = rule } = context;
  if (kind === 'command') return {};
  const channel = channelOf(rule, kind, settings);
  const base = channelOf(baseRule, kind, settings);
  if (channel === null || base === null) return {};
  const roundTrip = roundTripOf(channel, base, baseline);
  if (kind === 'dns') return present(dnsExpectations(channel, roundTrip, settings, baseline));
  return present({
    ...handshakeExpectations(kind, channel, roundTrip, settings, baseline),
    // The bytes of QUIC are another matter: its stacks pace, and probe for the MTU.
    ...(kind === 'quic' ? {} : mathisExpectations(channel, roundTrip, settings, baseline)),
  });
}

function present(found: Readonly<Record<string, Expectation | null>>): Expectations {
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, Expectation] => entry[1] !== null),
  );
}
