/**
 * What to expect of lookups over UDP: how many are not answered within the wait of the first try, how many
 * never are, and how long those take that are.
 */
import { firstWaitMs } from '../probe/dns-retry.js';
import type { DnsSettings } from '../probe/dns-settings.js';
import type { ProbeSettings } from '../probe/probe.js';
import type { Channel } from './channel.js';
import { dnsWaits } from './dns-waits.js';
import type { Baseline, Expectation } from './expectation.js';
import type { RoundTrip } from './round-trip.js';
import { answeredBefore, lossesOf, meanOfAnswered, shareOf, totalOf } from './waits.js';

export function dnsExpectations(
  channel: Channel,
  roundTrip: RoundTrip,
  settings: ProbeSettings,
  baseline: Baseline | null,
): Record<string, Expectation | null> {
  const ways = settings as unknown as DnsSettings;
  // Over TCP what is lost is sent again by the kernel, and how quickly depends on the connection's age.
  if (ways.transport === 'tcp') return {};
  const q = channel.bothArrive;
  const model = modelOf(channel, ways);
  const first = [{ waitMs: 0, probability: q ** ways.pairs }];
  const inTime = answeredBefore(first, roundTrip, firstWaitMs(ways));
  const answered = dnsWaits(ways, q, roundTrip);
  return {
    // Lookups that fail are late, too.
    late: inTime && shareOf(1 - totalOf(inTime), model),
    failed: answered && shareOf(1 - totalOf(answered), model),
    latency: answered && meanOfAnswered(answered, roundTrip, baseline, model),
  };
}

function modelOf(channel: Channel, ways: DnsSettings): string {
  const { retry, attempts, pairs } = ways;
  const wait = `${Number((firstWaitMs(ways) / 1e3).toPrecision(4))} s`;
  const tries = attempts === 1 ? `one try of ${wait}` : `${attempts} tries of ${wait}`;
  const how = retry === 'single' ? tries : `${tries}, as ${retry}`;
  return `${lossesOf(channel)}; ${how}${pairs === 2 ? ', A and AAAA at once' : ''}`;
}
