/** The protocol names of a match, and what each stands for. To add one, add a line. */

import { Protocol } from '../packet/protocol.js';
import type { PortRange, ProtocolPorts } from './rule.js';

export interface ProtocolName {
  readonly name: string;
  /** IANA protocol numbers; null is every protocol. */
  readonly numbers: readonly number[] | null;
  /** The port it means when none is given. */
  readonly portDefault: number | null;
}

export const PROTOCOL_NAMES: readonly ProtocolName[] = [
  { name: 'any', numbers: null, portDefault: null },
  { name: 'tcp', numbers: [Protocol.tcp], portDefault: null },
  { name: 'udp', numbers: [Protocol.udp], portDefault: null },
  { name: 'icmp', numbers: [Protocol.icmp], portDefault: null },
  { name: 'sctp', numbers: [Protocol.sctp], portDefault: null },
  { name: 'quic', numbers: [Protocol.udp], portDefault: 443 },
  { name: 'dns', numbers: [Protocol.udp, Protocol.tcp], portDefault: 53 },
  { name: 'tls', numbers: [Protocol.tcp], portDefault: 443 },
];

/** What people write instead, and what it is here. */
export const PROTOCOL_HINTS: Readonly<Record<string, string>> = {
  all: 'any',
  ip: 'any',
  ipv4: 'any@0.0.0.0/0',
  ip4: 'any@0.0.0.0/0',
  ipv6: 'any@::/0',
  ip6: 'any@::/0',
  '*': 'any',
  ping: 'icmp',
  icmp6: 'icmp',
  icmpv6: 'icmp',
  http: 'tcp:80',
  https: 'tls',
  h2: 'tls',
  http3: 'quic',
  h3: 'quic',
  ssl: 'tls',
  ssh: 'tcp:22',
  dot: 'tcp:853',
  doq: 'udp:853',
  ntp: 'udp:123',
  grpc: 'tcp:50051',
};

/** `any:53` is every protocol that has ports. */
const WITH_PORTS = [
  Protocol.tcp,
  Protocol.udp,
  Protocol.sctp,
  Protocol.dccp,
  Protocol.udpLite,
] as const;

/** What a match means with this name and, perhaps, these ports. */
export function protocolsOf(name: ProtocolName, ports: PortRange | null): ProtocolPorts[] | null {
  const { numbers, portDefault } = name;
  const meant = ports ?? (portDefault === null ? null : { min: portDefault, max: portDefault });
  if (numbers === null && meant === null) return null;
  return (numbers ?? WITH_PORTS).map((protocol) => ({ protocol, ports: meant }));
}
