/**
 * Whether one packet could match two rules, used to keep two instances from fighting over the same
 * packets. It asks for each transport, and for each choice of the end of the flow that has the
 * port and the address, whether the wishes for source and destination can be met together.
 */

import { Protocol, protocolHasPorts } from '../packet/protocol.js';
import { prefixMask } from './address.js';
import { namesMeet } from './names.js';
import type { Match, PortRange, Prefix, ProtocolPorts } from './rule.js';

type End = 'source' | 'destination';
type Ends = readonly [End, End];

const SAME_END: readonly Ends[] = [
  ['source', 'source'],
  ['destination', 'destination'],
];
const ANY_ENDS: readonly Ends[] = [
  ...SAME_END,
  ['source', 'destination'],
  ['destination', 'source'],
];

/** True unless there is certainly no packet that both match. */
export function rulesOverlap(a: Match, b: Match): boolean {
  return meet(a, b, ANY_ENDS);
}

/**
 * Like `rulesOverlap`, but one end of the packet must be what both ask for. A packet from port 53 to
 * port 443 matches `udp:53` by one end and `udp:443` by the other; who names the two ports apart
 * means different flows.
 */
export function rulesContend(a: Match, b: Match): boolean {
  return meet(a, b, SAME_END);
}

function meet(a: Match, b: Match, ends: readonly Ends[]): boolean {
  if (a.dir !== null && b.dir !== null && a.dir !== b.dir) return false;
  if (!packetTermsMeet(a, b)) return false;
  for (const transportA of a.protocols ?? [null]) {
    for (const transportB of b.protocols ?? [null]) {
      if (!transportsMeet(a, transportA, b, transportB)) continue;
      for (const [endA, endB] of ends) {
        const wishes = [...wishesOf(a, transportA, endA), ...wishesOf(b, transportB, endB)];
        if (canBeMet(wishes)) return true;
      }
    }
  }
  return false;
}

/**
 * Whether one packet can be as the terms about it say on both sides. Not so `sni=`: a flow has one
 * name, but two instances may have seen different ClientHellos of it.
 */
function packetTermsMeet(a: Match, b: Match): boolean {
  if (a.len !== null && b.len !== null && !rangesMeet(a.len, b.len)) return false;
  if (a.dscp !== null && b.dscp !== null && a.dscp !== b.dscp) return false;
  if (a.quic !== null && b.quic !== null && a.quic !== b.quic) return false;
  if (a.qname !== null && b.qname !== null && !namesMeet(a.qname, b.qname)) return false;
  if (a.flags === null || b.flags === null) return true;
  return ((a.flags.set & b.flags.clear) | (b.flags.set & a.flags.clear)) === 0;
}

function rangesMeet(a: PortRange, b: PortRange): boolean {
  return a.max >= b.min && b.max >= a.min;
}

/** What one end of a flow must be; null means that anything will do. */
interface Wish {
  readonly end: End;
  readonly address: Prefix | null;
  readonly ports: PortRange | null;
}

function wishesOf(match: Match, transport: ProtocolPorts | null, end: End): Wish[] {
  return [
    { end, address: match.address, ports: transport?.ports ?? null },
    { end: 'source', address: match.src, ports: match.sport },
    { end: 'destination', address: match.dst, ports: match.dport },
  ];
}

function canBeMet(wishes: readonly Wish[]): boolean {
  return wishes.every((a, i) => wishes.slice(i + 1).every((b) => areCompatible(a, b)));
}

/** Prefixes and ranges that meet in pairs also meet all together, so pairs are enough. */
function areCompatible(a: Wish, b: Wish): boolean {
  if (a.address !== null && b.address !== null && a.address.version !== b.address.version) {
    return false; // Even of different ends: a packet has one version.
  }
  if (a.end !== b.end) return true;
  if (a.ports !== null && b.ports !== null && !rangesMeet(a.ports, b.ports)) return false;
  return a.address === null || b.address === null || prefixesMeet(a.address, b.address);
}

function prefixesMeet(a: Prefix, b: Prefix): boolean {
  const bits = Math.min(a.bits, b.bits);
  return a.words.every((word, i) => ((word ^ b.words[i]) & prefixMask(bits, i)) === 0);
}

/** Whether some protocol is meant by both, and has ports where either asks for one. */
function transportsMeet(
  a: Match,
  transportA: ProtocolPorts | null,
  b: Match,
  transportB: ProtocolPorts | null,
): boolean {
  const protocolA = transportA?.protocol ?? null;
  const protocolB = transportB?.protocol ?? null;
  if (protocolA !== null && protocolB !== null && !protocolsMeet(protocolA, protocolB))
    return false;
  const common = protocolA ?? protocolB;
  const needsPorts = [a, b].some((match) => match.sport !== null || match.dport !== null);
  const namesPorts = [transportA, transportB].some((transport) => transport?.ports != null);
  return common === null || !(needsPorts || namesPorts) || protocolHasPorts(common);
}

function protocolsMeet(a: number, b: number): boolean {
  const isIcmp = (protocol: number) => protocol === Protocol.icmp || protocol === Protocol.icmpv6;
  return a === b || (isIcmp(a) && isIcmp(b));
}
