/**
 * The coarse superset of a match as nft expressions: what it lets into the process is judged again,
 * exactly, by the classifier; what it does not match never leaves the kernel's fast path. Too wide
 * costs speed, too narrow would be wrong.
 */
import { formatPrefix } from '../rules/address.js';
import type { Match, PortRange, Prefix, ProtocolPorts } from '../rules/rule.js';

const ICMP = 1;
/** Protocols whose header starts with two ports: TCP, UDP, DCCP, SCTP, UDP-Lite. */
const WITH_PORTS = '{ tcp, udp, dccp, sctp, udplite }';

/** Alternatives, each a list of expressions that must all hold. */
export function nftExpressions(match: Match): string[] {
  const lines: string[] = [];
  for (const protocol of match.protocols ?? [null]) {
    for (const end of ends(match, protocol)) {
      const parts = [...end, ...terms(match)];
      const addresses = parts.filter((part) => part.startsWith('ip'));
      // Addresses of both families at once match nothing, and nft would refuse the line.
      if (new Set(addresses.map((part) => part.split(' ')[0])).size > 1) continue;
      const ports = parts.filter((part) => part.startsWith('th '));
      const layer4 = layer4Expression(protocol, ports.length > 0);
      lines.push([...addresses, ...layer4, ...ports].join(' ') || 'meta protocol { ip, ip6 }');
      if (ports.length > 0) lines.push(...fragments(addresses, layer4));
    }
  }
  return [...new Set(lines)];
}

/** The end of the flow that has the port and the address may be the source or the destination. */
function ends(match: Match, protocol: ProtocolPorts | null): string[][] {
  const ports = protocol?.ports ?? null;
  if (ports === null && match.address === null) return [[]];
  return (['s', 'd'] as const).map((side) => [
    ...(match.address ? [addressExpression(side, match.address)] : []),
    ...(ports ? [portExpression(side, ports)] : []),
  ]);
}

function terms(match: Match): string[] {
  return [
    ...(match.src ? [addressExpression('s', match.src)] : []),
    ...(match.dst ? [addressExpression('d', match.dst)] : []),
    ...(match.sport ? [portExpression('s', match.sport)] : []),
    ...(match.dport ? [portExpression('d', match.dport)] : []),
  ];
}

function layer4Expression(protocol: ProtocolPorts | null, withPorts: boolean): string[] {
  if (protocol === null) return withPorts ? [`meta l4proto ${WITH_PORTS}`] : [];
  if (protocol.protocol === ICMP) return ['meta l4proto { icmp, ipv6-icmp }'];
  return [`meta l4proto ${protocol.protocol}`];
}

/**
 * Later fragments carry no ports: all fragments of the protocol go along. The first ones do too, for
 * a datagram whose fragments come apart is lost at an IPv4 receiver (net.ipv4.ipfrag_max_dist: 64
 * others between two of them).
 */
function fragments(addresses: string[], layer4: string[]): string[] {
  const ipv6 = addresses.some((part) => part.startsWith('ip6 '));
  const ipv4 = addresses.some((part) => part.startsWith('ip '));
  const lines: string[] = [];
  if (!ipv6) lines.push([...addresses, ...layer4, 'ip frag-off & 0x3fff != 0'].join(' '));
  if (!ipv4) lines.push([...addresses, ...layer4, 'exthdr frag exists'].join(' '));
  return lines;
}

function portExpression(side: 's' | 'd', { min, max }: PortRange): string {
  return `th ${side}port ${min === max ? min : `${min}-${max}`}`;
}

function addressExpression(side: 's' | 'd', prefix: Prefix): string {
  return `${prefix.version === 4 ? 'ip' : 'ip6'} ${side}addr ${formatPrefix(prefix)}`;
}
