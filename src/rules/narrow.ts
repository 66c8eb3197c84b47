/**
 * What a match's terms say about its protocol: `flags=` is of TCP only, `quic=` of UDP. A head that
 * names no protocol is narrowed to those (`any flags=syn` is TCP, though it stays `any` in its
 * text); one that names others is refused, since no packet could match.
 */

import { Protocol } from '../packet/protocol.js';
import type { ProtocolPorts } from './rule.js';
import { type Word, wrong } from './words.js';

interface Need {
  readonly protocols: readonly number[];
  readonly shown: string;
  readonly instead: string;
}

/** By term; all others are of every protocol. */
const NEEDS: Readonly<Record<string, Need>> = {
  flags: { protocols: [Protocol.tcp], shown: 'TCP', instead: 'tcp or tls' },
  qname: {
    protocols: [Protocol.tcp, Protocol.udp],
    shown: 'DNS over UDP and TCP',
    instead: 'dns, udp or tcp',
  },
  sni: {
    protocols: [Protocol.tcp, Protocol.udp],
    shown: 'TLS over TCP and of QUIC',
    instead: 'tls, quic, tcp or udp',
  },
  quic: { protocols: [Protocol.udp], shown: 'UDP', instead: 'quic or udp' },
};

/** `headText` is the head as the user gave it; the terms are by name, in the order given. */
export function narrowProtocols(
  protocols: readonly ProtocolPorts[] | null,
  headText: string,
  terms: ReadonlyMap<string, Word>,
): readonly ProtocolPorts[] | null {
  let left = protocols;
  let narrowedBy: string | null = null;
  for (const [name, word] of terms) {
    if (!Object.hasOwn(NEEDS, name)) continue;
    const { protocols: needed, shown, instead } = NEEDS[name];
    const before = left ?? needed.map((protocol): ProtocolPorts => ({ protocol, ports: null }));
    left = before.filter(({ protocol }) => needed.includes(protocol));
    if (left.length > 0) {
      if (left.length < before.length || protocols === null) narrowedBy = name;
      continue;
    }
    if (narrowedBy !== null) {
      const other = `${narrowedBy}= of ${NEEDS[narrowedBy].shown}`;
      throw wrong(word, 'E_RULE_MATCH', `${name}= is of ${shown}, ${other}, no packet is both`);
    }
    throw wrong(
      word,
      'E_RULE_MATCH',
      `${name}= is of ${shown}, so ${headText} never matches`,
      `write ${instead} instead of ${headText}`,
    );
  }
  return left;
}
