/**
 * What a rule does to the probe's packets, as far as formulae can follow it: independent losses and delays
 * each way. For all else (bursts, queues, reordering, schedules, rules about some of the packets only)
 * there is no expectation, rather than a wrong one.
 */
import { configuredDelay } from '../../netem/configured-delay.js';
import { Protocol } from '../../packet/protocol.js';
import { parsePrefix, prefixMask } from '../../rules/address.js';
import { namesMeet } from '../../rules/names.js';
import {
  Direction,
  type Impairments,
  type Match,
  type Prefix,
  type Rule,
} from '../../rules/rule.js';
import type { ProbeKind, ProbeSettings } from '../probe/probe.js';

/** One direction. */
export interface Way {
  readonly loss: number;
  readonly delayMs: number;
  readonly delaySdMs: number;
  /** Nearly no packet takes less or more. */
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface Channel {
  readonly out: Way;
  readonly in: Way;
  /** That a packet and its answer both arrive. */
  readonly bothArrive: number;
}

/** One packet in ten thousand has a longer delay than "nearly all". */
const NEARLY = 1e-4;

const UNIMPAIRED: Way = { loss: 0, delayMs: 0, delaySdMs: 0, leastMs: 0, mostMs: 0 };

/** Null where formulae end, or the rule is not about what the probe sends. */
export function channelOf(rule: Rule, kind: ProbeKind, settings: ProbeSettings): Channel | null {
  const { match, impairments, schedule } = rule;
  if (schedule !== null || !isAboutAll(match, kind, settings)) return null;
  const [out, back] = [Direction.out, Direction.in].map((direction) =>
    match.dir === null || match.dir === direction ? wayOf(impairments[direction]) : UNIMPAIRED,
  );
  if (out === null || back === null) return null;
  return { out, in: back, bothArrive: (1 - out.loss) * (1 - back.loss) };
}

function wayOf(impairments: Impairments): Way | null {
  const { loss } = impairments;
  if (hasMemoryOrQueue(impairments) || changesPackets(impairments)) return null;
  if (loss !== null && (loss.kind !== 'random' || loss.runMax !== null)) return null;
  // A mark is no loss, and which packets can be marked is the endpoints' affair.
  if (loss !== null && impairments.ecn) return null;
  const delay = configuredDelay(impairments);
  return {
    loss: loss?.probability ?? 0,
    delayMs: delay.meanNs / 1e6,
    delaySdMs: delay.sdNs / 1e6,
    leastMs: delay.quantileNs(NEARLY) / 1e6,
    mostMs: delay.quantileNs(1 - NEARLY) / 1e6,
  };
}

function hasMemoryOrQueue({ outage, rate, trace, reorder, slot }: Impairments): boolean {
  return [outage, rate, trace, reorder, slot].some((value) => value !== null);
}

/** A packet with a flipped bit is lost or not, by its checksum; a copy is a second chance. */
function changesPackets({ partition, corrupt, duplicate, rebind }: Impairments): boolean {
  return [partition, corrupt, duplicate, rebind].some((value) => value !== null);
}

/** Whether all packets of the probe meet the rule. What a setting does not tell is taken as meant. */
function isAboutAll(match: Match, kind: ProbeKind, settings: ProbeSettings): boolean {
  const { src, dst, sport, dport, len, dscp, flags, sni, quic } = match;
  if ([src, dst, sport, dport, len, dscp, flags, sni, quic].some((term) => term !== null)) {
    return false;
  }
  const protocol = protocolOf(kind, settings);
  const { port } = settings;
  const fits = match.protocols?.some(
    ({ protocol: meant, ports }) =>
      meant === protocol &&
      (ports === null || typeof port !== 'number' || (port >= ports.min && port <= ports.max)),
  );
  return fits !== false && asks(match.qname, settings) && hasAddress(match.address, settings);
}

function protocolOf(kind: ProbeKind, { transport }: ProbeSettings): number | null {
  switch (kind) {
    case 'dns':
      return transport === 'tcp' ? Protocol.tcp : Protocol.udp;
    case 'quic':
      return Protocol.udp;
    case 'tcp':
    case 'http':
      return Protocol.tcp;
    case 'command':
      return null;
  }
}

function asks(qname: string | null, { name }: ProbeSettings): boolean {
  if (qname === null) return true;
  return typeof name === 'string' && namesMeet(qname, name.toLowerCase().replace(/\.$/, ''));
}

/** Names are not resolved here: whoever gave a rule with an address for a server by its name meant it. */
function hasAddress(prefix: Prefix | null, { host, server }: ProbeSettings): boolean {
  const text = host ?? server;
  if (prefix === null || typeof text !== 'string') return true;
  const isAddress = text.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(text);
  if (!isAddress) return true;
  const { words } = parsePrefix(text.replace(/%.*$/, ''));
  return words.every((word, i) => (word & prefixMask(prefix.bits, i)) === prefix.words[i]);
}
