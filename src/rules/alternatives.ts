/**
 * Matches compiled to flat integer arrays: protocol, direction, ports and addresses, which a packet
 * is compared with without allocating. There is one list of alternatives for each protocol and
 * direction, so that a packet only meets matches that can be meant.
 */

import type { PacketView } from '../packet/packet-view.js';
import { Protocol, protocolHasPorts } from '../packet/protocol.js';
import { prefixMask } from './address.js';
import type { Match, PortRange, Prefix, ProtocolPorts } from './rule.js';

/** One alternative of one match: word offsets into `#alternatives`. */
const field = {
  match: 0,
  /** Either end must have a port from here … */
  portMin: 1,
  /** … to here; 0 to 65535 when the match names none. */
  portMax: 2,
  sportMin: 3,
  sportMax: 4,
  dportMin: 5,
  dportMax: 6,
  /** Offsets into `#prefixes`, or −1. */
  address: 7,
  src: 8,
  dst: 9,
  /** What the user of the match keeps with it. */
  tag: 10,
} as const;

/** No alternative. */
export const NOT_FOUND = -1;

const PROTOCOLS = 256;
const ANY_PORT: PortRange = { min: 0, max: 65_535 };

export class Alternatives {
  readonly #alternatives: Int32Array;
  readonly #prefixes: Int32Array;
  /** Offsets of alternatives, list after list. */
  readonly #lists: Int32Array;
  /** Where the list of direction × 256 + protocol begins; the next list's begin is its end. */
  readonly #listBegins: Int32Array;

  /** Behind the alternative that was found last: where to go on. */
  next = 0;

  /** `tags`: a number for each match. */
  constructor(matches: readonly Match[], tags: Int32Array) {
    const alternatives: number[] = [];
    const prefixes: number[] = [];
    const lists: number[][] = Array.from({ length: 2 * PROTOCOLS }, () => []);
    matches.forEach((match, index) => {
      const address = addPrefix(prefixes, match.address);
      const src = addPrefix(prefixes, match.src);
      const dst = addPrefix(prefixes, match.dst);
      const sport = match.sport ?? ANY_PORT;
      const dport = match.dport ?? ANY_PORT;
      for (const transport of match.protocols ?? [null]) {
        const at = alternatives.length;
        const ports = transport?.ports ?? ANY_PORT;
        alternatives.push(index, ports.min, ports.max);
        alternatives.push(sport.min, sport.max, dport.min, dport.max);
        alternatives.push(address, src, dst, tags[index]);
        for (let list = 0; list < lists.length; list++) {
          if (canMatch(match, transport, list >> 8, list & 0xff)) lists[list].push(at);
        }
      }
    });
    this.#alternatives = Int32Array.from(alternatives);
    this.#prefixes = Int32Array.from(prefixes);
    this.#lists = Int32Array.from(lists.flat());
    this.#listBegins = new Int32Array(lists.length + 1);
    lists.forEach((list, i) => {
      this.#listBegins[i + 1] = this.#listBegins[i] + list.length;
    });
  }

  /** The position of the first alternative for a packet's direction and protocol, for `find`. */
  begin(direction: number, protocol: number): number {
    return this.#listBegins[(direction << 8) | protocol];
  }

  /** Behind the last one. */
  end(direction: number, protocol: number): number {
    return this.#listBegins[((direction << 8) | protocol) + 1];
  }

  /** The index of the match that an alternative belongs to. */
  matchOf(alternative: number): number {
    return this.#alternatives[alternative + field.match];
  }

  /** The match's tag. */
  tagOf(alternative: number): number {
    return this.#alternatives[alternative + field.tag];
  }

  /** The first alternative from `position` on that the packet fits, or NOT_FOUND. */
  find(
    view: PacketView,
    sourcePort: number,
    destinationPort: number,
    position: number,
    end: number,
  ): number {
    const alternatives = this.#alternatives;
    for (let i = position; i < end; i++) {
      const at = this.#lists[i];
      if (sourcePort < alternatives[at + field.sportMin]) continue;
      if (sourcePort > alternatives[at + field.sportMax]) continue;
      if (destinationPort < alternatives[at + field.dportMin]) continue;
      if (destinationPort > alternatives[at + field.dportMax]) continue;
      const min = alternatives[at + field.portMin];
      const max = alternatives[at + field.portMax];
      const sourceFits = sourcePort >= min && sourcePort <= max;
      const destinationFits = destinationPort >= min && destinationPort <= max;
      if (!sourceFits && !destinationFits) continue;
      const address = alternatives[at + field.address];
      if (address >= 0) {
        // The same end has the port and the address.
        const found =
          (sourceFits && this.#hasSource(view, address)) ||
          (destinationFits && this.#hasDestination(view, address));
        if (!found) continue;
      }
      const src = alternatives[at + field.src];
      if (src >= 0 && !this.#hasSource(view, src)) continue;
      const dst = alternatives[at + field.dst];
      if (dst >= 0 && !this.#hasDestination(view, dst)) continue;
      this.next = i + 1;
      return at;
    }
    return NOT_FOUND;
  }

  #hasSource(view: PacketView, prefix: number): boolean {
    const prefixes = this.#prefixes;
    return (
      view.version === prefixes[prefix] &&
      (((view.src0 ^ prefixes[prefix + 1]) & prefixes[prefix + 5]) |
        ((view.src1 ^ prefixes[prefix + 2]) & prefixes[prefix + 6]) |
        ((view.src2 ^ prefixes[prefix + 3]) & prefixes[prefix + 7]) |
        ((view.src3 ^ prefixes[prefix + 4]) & prefixes[prefix + 8])) ===
        0
    );
  }

  #hasDestination(view: PacketView, prefix: number): boolean {
    const prefixes = this.#prefixes;
    return (
      view.version === prefixes[prefix] &&
      (((view.dst0 ^ prefixes[prefix + 1]) & prefixes[prefix + 5]) |
        ((view.dst1 ^ prefixes[prefix + 2]) & prefixes[prefix + 6]) |
        ((view.dst2 ^ prefixes[prefix + 3]) & prefixes[prefix + 7]) |
        ((view.dst3 ^ prefixes[prefix + 4]) & prefixes[prefix + 8])) ===
        0
    );
  }
}

/** What can be said about a match's alternative before any packet is seen. */
function canMatch(
  match: Match,
  transport: ProtocolPorts | null,
  direction: number,
  protocol: number,
): boolean {
  if (match.dir !== null && match.dir !== direction) return false;
  if (transport !== null && !protocolFits(transport.protocol, protocol)) return false;
  const needsPorts =
    (transport !== null && transport.ports !== null) ||
    match.sport !== null ||
    match.dport !== null;
  return !needsPorts || protocolHasPorts(protocol);
}

/** Whether a rule that says `named` means packets of `protocol`: ICMP stands for ICMPv6 too. */
function protocolFits(named: number, protocol: number): boolean {
  return named === protocol || (named === Protocol.icmp && protocol === Protocol.icmpv6);
}

/** IP version, four words of value, four words of mask. */
function addPrefix(prefixes: number[], prefix: Prefix | null): number {
  if (prefix === null) return -1;
  const at = prefixes.length;
  prefixes.push(prefix.version, ...prefix.words);
  for (let word = 0; word < 4; word++) prefixes.push(prefixMask(prefix.bits, word));
  return at;
}
