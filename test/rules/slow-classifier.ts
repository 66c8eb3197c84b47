/**
 * The match types read literally, rule by rule: what the compiled classifier is compared with. Of a
 * packet it knows what it was made from, not its bytes.
 */

import { NAME_KNOWN, NAME_PENDING } from '../../src/packet/tls-client-hello.js';
import type { FlowName } from '../../src/rules/flow-name.js';
import type { Match, PortRange, Prefix, QuicPacket, Rule } from '../../src/rules/rule.js';

const WITH_PORTS = [6, 17, 33, 132, 136];

/** What is known of a packet from how it was made. */
export interface Facts {
  readonly dscp: number;
  /** Null in a later fragment, which has no such thing; so below. */
  readonly len: number | null;
  readonly flags: number | null;
  readonly qname: string | null;
  readonly quic: QuicPacket | null;
}

/** A packet as the slow model sees it: addresses as 128-bit numbers. */
export interface Seen {
  readonly version: number;
  readonly protocol: number;
  readonly direction: number;
  readonly ends: readonly { readonly address: bigint; readonly port: number }[];
  readonly facts: Facts;
}

export function slowClassify(rules: readonly Rule[], packet: Seen, flow: FlowName): number {
  return rules.findIndex(
    ({ match }) =>
      fitsFlow(match, packet) && fitsName(match.sni, flow) && fitsPacket(match, packet.facts),
  );
}

/** Whether another packet like this could meet another rule. */
export function slowVolatile(
  rules: readonly Rule[],
  packet: Seen,
  flow: FlowName,
  found: number,
): boolean {
  const reached = rules.slice(0, found < 0 ? rules.length : found + 1);
  const dependsOnPacket = ({ match }: Rule) =>
    fitsFlow(match, packet) &&
    fitsName(match.sni, flow) &&
    [match.len, match.dscp, match.flags, match.qname, match.quic].some((term) => term !== null);
  const awaited = flow.state === NAME_PENDING && isWatched(rules, packet);
  return awaited || reached.some(dependsOnPacket);
}

/** Whether a rule with `sni=` is about the flow, seen in either direction. */
export function isWatched(rules: readonly Rule[], packet: Seen): boolean {
  const mirrored = { ...packet, ends: [packet.ends[1], packet.ends[0]] };
  return rules.some(
    ({ match }) =>
      match.sni !== null &&
      [packet, mirrored].some((each) => fitsFlow({ ...match, dir: null }, each)),
  );
}

function fitsPacket(match: Match, { dscp, len, flags, qname, quic }: Facts): boolean {
  return (
    (match.dscp === null || match.dscp === dscp) &&
    (match.len === null || (len !== null && len >= match.len.min && len <= match.len.max)) &&
    (match.flags === null ||
      (flags !== null &&
        (flags & match.flags.set) === match.flags.set &&
        (flags & match.flags.clear) === 0)) &&
    (match.qname === null || isNamed(match.qname, qname)) &&
    (match.quic === null || match.quic === quic)
  );
}

function fitsName(sni: string | null, { state, name }: FlowName): boolean {
  return sni === null || (state === NAME_KNOWN && isNamed(sni, name));
}

function isNamed(pattern: string, name: string | null): boolean {
  if (name === null) return false;
  const [wanted, given] = [pattern, name.toLowerCase()].map((text) => text.split('.'));
  if (wanted[0] !== '*') return wanted.join() === given.join();
  const tail = wanted.slice(1);
  return given.length > tail.length && given.slice(-tail.length).join() === tail.join();
}

function fitsFlow(match: Match, { version, protocol, direction, ends }: Seen): boolean {
  const [source, destination] = ends;
  const inPrefix = (prefix: Prefix | null, address: bigint) =>
    prefix === null ||
    (prefix.version === version &&
      address >> BigInt(128 - prefix.bits) === toBigInt(prefix.words) >> BigInt(128 - prefix.bits));
  const inRange = (range: PortRange | null, port: number) =>
    range === null || (WITH_PORTS.includes(protocol) && port >= range.min && port <= range.max);
  const transports = match.protocols ?? [{ protocol, ports: null }];
  return (
    (match.dir === null || match.dir === direction) &&
    inPrefix(match.src, source.address) &&
    inPrefix(match.dst, destination.address) &&
    inRange(match.sport, source.port) &&
    inRange(match.dport, destination.port) &&
    transports.some(
      (transport) =>
        (transport.protocol === protocol || (transport.protocol === 1 && protocol === 58)) &&
        ends.some(
          (end) => inRange(transport.ports, end.port) && inPrefix(match.address, end.address),
        ),
    )
  );
}

export function toBigInt(words: readonly number[]): bigint {
  return words.reduce((value, word) => (value << 32n) | BigInt(word >>> 0), 0n);
}
