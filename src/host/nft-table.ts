/**
 * The text of an instance's nft table: on each device an egress chain that forwards what the rules
 * may match into the `tx` TAP, and an ingress chain that does the same for the `rx` TAP and lets
 * pass what comes back from it.
 *
 * Instances on one device line up by their index, which is also the priority of their chains: a
 * packet passes chain 1, then chain 2 …, each of which takes only what was not judged by itself or
 * by a later one. So two instances can never hand one packet to each other forever.
 */
import { LinkType } from '../packet/packet-view.js';
import { mayRebind } from '../rules/may-rebind.js';
import { Direction, type Match, type Rule } from '../rules/rule.js';
import { watchedBy } from '../rules/watch.js';
import {
  broadcastTag,
  formatMac,
  hostTag,
  ipv4GroupTag,
  ipv6GroupTag,
} from '../tun/reentry-tags.js';
import type { Device } from './devices.js';
import { nftExpressions } from './nft-match.js';
import type { TapNames } from './taps.js';

/** "ne" in the upper half; the instance's index in the lower. */
const MARK_BASE = 0x6e650000;
const MARK_LAST = MARK_BASE + 0xff;

/** SO_MARK of the frames that an instance sends on. */
export function markOf(instanceIndex: number): number {
  return MARK_BASE + instanceIndex;
}

function hexOf(number: number): string {
  return `0x${number.toString(16)}`;
}

export function tableName(instance: string): string {
  return `netemu-${instance}`;
}

export interface SteeredDevice extends Device {
  readonly taps: TapNames;
}

/** A TCP connection that is never touched. */
export interface ExemptConnection {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

export interface Steering {
  readonly instance: string;
  readonly instanceIndex: number;
  readonly devices: readonly SteeredDevice[];
  readonly rules: readonly Rule[];
  readonly exempt: ExemptConnection | null;
}

/** Commands that make the table, in one transaction, in the place of the one that may be there. */
export function tableCommands(steering: Steering): string {
  const table = `netdev ${tableName(steering.instance)}`;
  const chains = steering.devices.flatMap((device, position) => [
    ...egressChain(steering, device, position),
    ...(device.loopback ? [] : ingressChain(steering, device, position)),
  ]);
  return [
    `add table ${table} { flags owner; }`,
    `delete table ${table}`,
    `table ${table} {`,
    '  flags owner;',
    ...chains.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');
}

function egressChain(steering: Steering, device: SteeredDevice, position: number): string[] {
  const { instanceIndex, rules, exempt } = steering;
  const matches = matchesFor(rules, device.loopback ? null : Direction.out);
  return [
    `chain out${position} {`,
    `  type filter hook egress device "${device.name}" priority ${instanceIndex}; policy accept;`,
    // The mark must not go along to a device below this one (VLAN, bridge), where it is new again.
    `  meta mark ${hexOf(markOf(instanceIndex))} counter meta mark set 0 accept`,
    `  meta mark ${hexOf(markOf(instanceIndex + 1))}-${hexOf(MARK_LAST)} accept`,
    ...(exempt ? [`  ${exemption(exempt, 'out')}`] : []),
    ...neighbourDiscovery(device),
    ...forwarding(matches, device.taps.tx),
    '}',
  ];
}

function ingressChain(steering: Steering, device: SteeredDevice, position: number): string[] {
  const { instanceIndex, rules, exempt } = steering;
  return [
    `chain in${position} {`,
    `  type filter hook ingress device "${device.name}" priority ${instanceIndex}; policy accept;`,
    ...restoring(instanceIndex, device),
    ...(exempt ? [`  ${exemption(exempt, 'in')}`] : []),
    ...neighbourDiscovery(device),
    ...forwarding(matchesFor(rules, Direction.in), device.taps.rx),
    '}',
  ];
}

/** Puts the destination address back that the tag replaced (reentry-tags.ts). */
function restoring(index: number, device: Device): string[] {
  const anyHostTag = hostTag(0).slice(0, 5);
  const hex = (bytes: readonly number[]) => `0x${Buffer.from(bytes).toString('hex')}`;
  if (device.linkType === LinkType.rawIp) {
    return [
      `  @ll,0,48 ${hex(hostTag(index))} counter accept`,
      `  @ll,0,40 ${hex(anyHostTag)} accept`,
    ];
  }
  const group4 = ipv4GroupTag(index);
  const group6 = ipv6GroupTag(index);
  return [
    `  ether daddr ${formatMac(hostTag(index))} counter ether daddr set ${device.mac} accept`,
    `  meta pkttype other ether daddr ${formatMac(broadcastTag(index))} ether daddr set ff:ff:ff:ff:ff:ff meta pkttype set broadcast accept`,
    `  meta pkttype other @ll,0,24 ${hex(group4)} @ll,0,24 set 0x01005e meta pkttype set multicast accept`,
    `  meta pkttype other @ll,0,16 ${hex(group6)} @ll,0,16 set 0x3333 meta pkttype set multicast accept`,
    // Another instance's frame on its way back, or a frame that is not for this host.
    '  meta pkttype other accept',
    `  @ll,0,40 ${hex(anyHostTag)} accept`,
  ];
}

/**
 * ARP is not IP and so never impaired; IPv6's counterpart must be its equal. Neighbour discovery is
 * always link-local with hop limit 255 (RFC 4861), on Ethernet only.
 */
function neighbourDiscovery(device: Device): string[] {
  if (device.linkType === LinkType.rawIp || device.loopback) return [];
  return ['  ip6 nexthdr ipv6-icmp ip6 hoplimit 255 icmpv6 type 133-137 accept'];
}

function forwarding(matches: readonly Match[], tap: string): string[] {
  const lines = new Set(matches.flatMap((match) => nftExpressions(match)));
  return [...lines].map((line) => `  ${line} counter fwd to "${tap}"`);
}

/**
 * What has to come in for the rules to do what they say; null is both directions. More than they match:
 * where a rule asks for the name of a flow, the packets that tell it, which may go the other way; and where
 * it gives flows another source, all that may come back to it, at a port and an address that no rule names.
 */
function matchesFor(rules: readonly Rule[], direction: Direction | null): Match[] {
  return rules.flatMap((rule) => {
    const { match } = rule;
    const watched = match.sni === null ? [] : watchedBy(match);
    const isMine = direction === null || match.dir === null || match.dir === direction;
    return [...(isMine ? [mayRebind(rule) ? widened(match) : match] : []), ...watched];
  });
}

function widened(match: Match): Match {
  const protocols = match.protocols?.map(({ protocol }) => ({ protocol, ports: null })) ?? null;
  return { ...match, protocols, address: null, src: null, dst: null, sport: null, dport: null };
}

function exemption(connection: ExemptConnection, way: 'out' | 'in'): string {
  const { localAddress, localPort, remoteAddress, remotePort } = connection;
  const family = localAddress.includes(':') ? 'ip6' : 'ip';
  const [local, remote] = way === 'out' ? ['s', 'd'] : ['d', 's'];
  return [
    `${family} ${local}addr ${localAddress} ${family} ${remote}addr ${remoteAddress}`,
    `tcp ${local}port ${localPort} tcp ${remote}port ${remotePort} counter accept`,
  ].join(' ');
}
