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

const NONE = -1;
const NO_LIMIT = 0x7fff_ffff;

export class TermTable {
  /** The names that matches ask for with `sni=`. */
  readonly names: readonly NamePattern[];
  readonly #rows: Int32Array;
  readonly #questions: readonly DnsName[];
  /** By match: where its row begins, or −1 when it has none of these terms. */
  readonly #begins: Int32Array;

  constructor(matches: readonly Match[]) {
    const rows: number[] = [];
    const names: NamePattern[] = [];
    const questions: DnsName[] = [];
    this.#begins = Int32Array.from(matches, (match) => {
      const { len, dscp, flags, qname, sni, quic } = match;
      const scope = scopeOf(match);
      if (scope === Scope.flow && sni === null) return NONE;
      const begin = rows.length;
      rows.push(scope, len?.min ?? 0, len?.max ?? NO_LIMIT, dscp ?? NONE);
      rows.push(flags === null ? 0 : flags.set | flags.clear, flags?.set ?? 0);
      rows.push(quic === null ? NONE : QUIC_PACKETS.indexOf(quic));
      rows.push(qname === null ? NONE : questions.push(dnsName(qname)) - 1);
      rows.push(sni === null ? NONE : names.push(namePattern(sni)) - 1);
      return begin;
    });
    this.#rows = Int32Array.from(rows);
    this.#questions = questions;
    this.names = names;
  }

  /** The row of a match, or −1. */
  rowOf(match: number): number {
    return this.#begins[match];
  }

  /** The index of the row's name, or −1. */
  nameOf(row: number): number {
    return this.#rows[row + field.sni];
  }

  isOfPacket(row: number): boolean {
    return this.#rows[row + field.scope] !== Scope.flow;
  }

  /** Whether the packet is as the row's terms say, the cheap ones first; names are not looked at. */
  fits(row: number, view: PacketView): boolean {
    const rows = this.#rows;
    const dscp = rows[row + field.dscp];
    if (dscp !== NONE && dscp !== view.trafficClass >> 2) return false;
    if (view.isLaterFragment) return rows[row + field.scope] !== Scope.packet;
    if (view.l3Length < rows[row + field.lenMin]) return false;
    if (view.l3Length > rows[row + field.lenMax]) return false;
    const mask = rows[row + field.flagsMask];
    if (mask !== 0) {
      if (view.protocol !== Protocol.tcp || view.l4Length < TCP_FLAGS_BYTES) return false;
      if ((view.tcpFlags & mask) !== rows[row + field.flagsSet]) return false;
    }
    const quic = rows[row + field.quic];
    if (quic !== NONE && quic !== quicKind(view)) return false;
    const qname = rows[row + field.qname];
    return qname === NONE || asksFor(view, this.#questions[qname]);
  }
}

function scopeOf({ dscp, len, flags, qname, quic }: Match): number {
  if ([len, flags, qname, quic].some((term) => term !== null)) return Scope.packet;
  return dscp === null ? Scope.flow : Scope.ipHeader;
}
