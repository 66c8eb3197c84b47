/** The link that impairments ask for, and whether it can go on with other values. */
import type { Impairments, Trace } from '../../rules/rule.js';
import type { PacketMemory } from '../packet-memory.js';
import type { Stream } from '../random.js';
import { type Link, NOW_NS } from './link.js';
import { QueuedLink } from './queued-link.js';
import { RateServer } from './rate-server.js';
import { EVENT_NS, LINK_REGISTERS, type Server } from './server.js';
import { TraceServer } from './trace-server.js';

/** A link that begins at `startNs`; null without rate and trace. The stream is for what drops at random. */
export function makeLink(
  impairments: Impairments,
  memory: PacketMemory,
  startNs: number,
  stream: Stream,
): Link | null {
  const values = new Float64Array(LINK_REGISTERS);
  values[NOW_NS] = startNs;
  values[EVENT_NS] = startNs;
  const server = makeServer(impairments, memory, values);
  return server === null ? null : new QueuedLink(impairments, server, memory, stream, values);
}

/** Whether a link (or none) for `a` can be tuned to `b`: else it has to be flushed and made anew. */
export function sameKind(a: Impairments, b: Impairments): boolean {
  const [traceA, traceB] = [traceOf(a), traceOf(b)];
  if (traceA !== null || traceB !== null) {
    return traceA !== null && traceB !== null && isSameTrace(traceA, traceB);
  }
  return (rateOf(a) === null) === (rateOf(b) === null);
}

/** tc-netem has no link: its `rate` is a kind of delay. */
function rateOf({ compat, rate }: Impairments): Impairments['rate'] {
  return compat === null ? rate : null;
}

function traceOf({ compat, trace }: Impairments): Trace | null {
  return compat === null ? trace : null;
}

function makeServer(
  impairments: Impairments,
  memory: PacketMemory,
  values: Float64Array,
): Server | null {
  const trace = traceOf(impairments);
  const rate = rateOf(impairments);
  if (trace !== null) return new TraceServer(trace, values);
  return rate === null ? null : new RateServer(rate, memory, values);
}

/** The file may have changed under the same name. */
function isSameTrace(a: Trace, b: Trace): boolean {
  const [mine, other] = [a.opportunitiesMs, b.opportunitiesMs];
  if (a.once !== b.once || mine.length !== other.length) return false;
  return mine === other || mine.every((ms, i) => ms === other[i]);
}
