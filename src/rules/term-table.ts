/**
 * The terms of matches that are about the single packet (`len dscp flags quic qname`) or the flow's
 * name (`sni`), compiled to a flat array: a row for each match that has such terms.
 */

import { asksFor, type DnsName, dnsName } from '../packet/dns.js';
import type { PacketView } from '../packet/packet-view.js';
import { Protocol } from '../packet/protocol.js';
import { quicKind } from '../packet/quic-header.js';
import { TCP_FLAGS_BYTES } from '../packet/tcp.js';
import { type NamePattern, namePattern } from './names.js';
import { type Match, QUIC_PACKETS } from './rule.js';

/** Word offsets into a row. */
const field = {
  /** Which terms about the packet there are. */
  scope: 0,
  lenMin: 1,
  lenMax: 2,
  /** −1: any, as below. */
  dscp: 3,
  flagsMask: 4,
  flagsSet: 5,
  /** A `QuicKind`. */
  quic: 6,
  /** Index into `#questions`. */
  qname: 7,
  /** Index into `names`. */
  sni: 8,
} as const;

/** A later fragment has no other header than IP's, and the length of a piece. */
const Scope = { flow: 0, ipHeader: 1, packet: 2 } as const;

/** Of a match without such terms. */
export const NO_ROW = -1;

const NONE = -1;
const NO_LIMIT = 0x7fff_ffff;

export class TermTable {
  /** The names that matches ask for with `sni=`. */
  readonly names: readonly NamePattern[];
  /** By match: where its row begins, or NO_ROW when it has none of these terms. */
  readonly rows: Int32Array;
  readonly #words: Int32Array;
  readonly #questions: readonly DnsName[];
  constructor(matches: readonly Match[]) {
    const words: number[] = [];
    const names: NamePattern[] = [];
    const questions: DnsName[] = [];
    this.rows = Int32Array.from(matches, (match) => {
      const { len, dscp, flags, qname, sni, quic } = match;
      const scope = scopeOf(match);
      if (scope === Scope.flow && sni === null) return NO_ROW;
      const begin = words.length;
      words.push(scope, len?.min ?? 0, len?.max ?? NO_LIMIT, dscp ?? NONE);
      words.push(flags === null ? 0 : flags.set | flags.clear, flags?.set ?? 0);
      words.push(quic === null ? NONE : QUIC_PACKETS.indexOf(quic));
      words.push(qname === null ? NONE : questions.push(dnsName(qname)) - 1);
      words.push(sni === null ? NONE : names.push(namePattern(sni)) - 1);
      return begin;
    });
    this.#words = Int32Array.from(words);
    this.#questions = questions;
    this.names = names;
  }

  /** The index of the row's name, or −1. */
  nameOf(row: number): number {
    return this.#words[row + field.sni];
  }

  isOfPacket(row: number): boolean {
    return this.#words[row + field.scope] !== Scope.flow;
  }

  /** Whether the packet is as the row's terms say, the cheap ones first; names are not looked at. */
  fits(row: number, view: PacketView): boolean {
    const words = this.#words;
    const dscp = words[row + field.dscp];
    if (dscp !== NONE && dscp !== view.trafficClass >> 2) return false;
    if (view.isLaterFragment) return words[row + field.scope] !== Scope.packet;
    if (view.wireLength < words[row + field.lenMin]) return false;
    if (view.wireLength > words[row + field.lenMax]) return false;
    const mask = words[row + field.flagsMask];
    if (mask !== 0) {
      if (view.protocol !== Protocol.tcp || view.l4Length < TCP_FLAGS_BYTES) return false;
      if ((view.tcpFlags & mask) !== words[row + field.flagsSet]) return false;
    }
    const quic = words[row + field.quic];
    if (quic !== NONE && quic !== quicKind(view)) return false;
    const qname = words[row + field.qname];
    return qname === NONE || asksFor(view, this.#questions[qname]);
  }
}

function scopeOf({ dscp, len, flags, qname, quic }: Match): number {
  if ([len, flags, qname, quic].some((term) => term !== null)) return Scope.packet;
  return dscp === null ? Scope.flow : Scope.ipHeader;
}
