/**
 * The two TUNs of `netemu run`: the near one is the only way out of the command's namespace, the far one
 * stands in the caller's namespace, or in a second one that leads nowhere. Neither is persistent: both
 * vanish with their file descriptors, and all settings with them.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { environmentError } from '../errors.js';
import { openTun, TunKind } from '../tun/tun-device.js';
import { runProgramNow } from './program.js';
import { type LinkAddresses, PREFIX_BITS_4, PREFIX_BITS_6 } from './subnet.js';

/** In the command's namespace, where there is no other. */
export const NEAR_NAME = 'netemu0';

/** At most 15 bytes: the instance's name has 11. */
export function farName(instance: string): string {
  return `ne-${instance}`;
}

export interface LinkOptions {
  readonly addresses: LinkAddresses;
  readonly mtu: number;
  readonly offload: boolean;
}

/** Packets that wait in a TUN while the loop is busy; the kernel's default is 500. */
const QUEUE_PACKETS = 4_096;

/** RFC 8200, section 5: over links that take less there is no IPv6. */
const IPV6_MTU_MIN = 1_280;

/** There where the kernel has IPv6. */
const IPV6_LIST = '/proc/net/if_inet6';

const CONF = '/proc/sys/net';

/** Settings of the caller's namespace that a command would miss in a new one. */
const SETTINGS_KEPT = ['ipv4/ping_group_range', 'ipv4/ip_unprivileged_port_start'];

/** Whether the link has IPv6, as far as this machine and the MTU allow. */
export function hasIpv6(mtu: number): boolean {
  return mtu >= IPV6_MTU_MIN && existsSync(IPV6_LIST);
}

/** What `openNear` carries over into the namespace that it is called in. */
export function readSettings(): ReadonlyMap<string, string> {
  return new Map(SETTINGS_KEPT.map((key) => [key, readSetting(key)]));
}

/** Makes the near TUN in the namespace of the calling thread; returns its fd. */
export function openNear(
  options: LinkOptions & { readonly isPrivate: boolean },
  settings: ReadonlyMap<string, string>,
): number {
  const { near4, far4, near6, far6 } = options.addresses;
  for (const [key, value] of settings) if (value !== '') trySetting(key, value);
  const fd = openTun(NEAR_NAME, TunKind.tun, options.offload).fd;
  silence(NEAR_NAME);
  const ipv6 = hasIpv6(options.mtu);
  configure([
    'link set dev lo up',
    ...linkLines(NEAR_NAME, options),
    ...addressLines(NEAR_NAME, near4, ipv6 ? near6 : null),
    `link set dev ${NEAR_NAME} up`,
    `route add default via ${far4} dev ${NEAR_NAME}`,
    // Elsewhere the world is IPv4's alone, and programs learn at once that IPv6 leads nowhere.
    ...(options.isPrivate && ipv6 ? [`route add default via ${far6} dev ${NEAR_NAME}`] : []),
  ]);
  return fd;
}

/** Makes the far TUN in the namespace of the calling thread; returns its fd. */
export function openFar(name: string, options: LinkOptions): number {
  const { far4, far6 } = options.addresses;
  const fd = openTun(name, TunKind.tun, options.offload).fd;
  silence(name);
  configure([
    ...linkLines(name, options),
    ...addressLines(name, far4, hasIpv6(options.mtu) ? far6 : null),
    `link set dev ${name} up`,
  ]);
  return fd;
}

/** In a namespace that leads nowhere: every address there is answers. */
export function answerEverywhere(ipv6: boolean): void {
  // Not in the table `local`, where it would come before the route to the near end.
  configure([
    'link set dev lo up',
    'route add local 0.0.0.0/0 dev lo table main',
    ...(ipv6 ? ['route add local ::/0 dev lo table main'] : []),
  ]);
}

/**
 * The same for UDP services, which answer on the far end's own addresses alone: what is sent to their ports
 * elsewhere is led there, and answered from where it was sent. Without nftables it is not.
 */
export function leadDatagrams({ far4, far6 }: LinkAddresses, ports: readonly number[]): void {
  const set = `{ ${ports.join(', ')} }`;
  const commands = `table inet far {
    chain tracked-in {
      type filter hook prerouting priority raw; policy accept;
      udp dport != ${set} notrack
      meta l4proto != udp notrack
    }
    chain tracked-out {
      type filter hook output priority raw; policy accept;
      udp sport != ${set} notrack
      meta l4proto != udp notrack
    }
    chain services {
      type nat hook prerouting priority dstnat; policy accept;
      udp dport ${set} dnat ip to ${far4}
      udp dport ${set} dnat ip6 to ${far6}
    }
  }`;
  try {
    runProgramNow('nft', ['-f', '-'], commands);
  } catch {
    // A private link does without: the README says so.
  }
}

/** Lets packets that come from the device go on; ends with the device. Errors: E_FORWARDING. */
export function forwardFrom(device: string): void {
  const key = `ipv4/conf/${device}/forwarding`;
  if (readSetting(key) === '1') return;
  if (!trySetting(key, '1')) throw lackOfForwarding(device);
}

export function lackOfForwarding(device: string): Error {
  return environmentError(
    'E_FORWARDING',
    `net.ipv4.conf.${device}.forwarding cannot be set: /proc/sys is read-only here`,
    'in a container: docker run --sysctl net.ipv4.conf.all.forwarding=1\n' +
      '--private needs no forwarding',
  );
}

/**
 * What the kernel sends of its own accord (router solicitations, what makes link-local addresses) is not
 * the command's traffic, and would be counted.
 */
function silence(device: string): void {
  for (const key of ['accept_ra', 'router_solicitations', 'accept_dad', 'disable_ipv6']) {
    trySetting(`ipv6/conf/${device}/${key}`, '0');
  }
}

function linkLines(device: string, { mtu }: LinkOptions): string[] {
  // One after the other: with an MTU below that of IPv6 the device has no such mode any more.
  return [
    ...(existsSync(IPV6_LIST) ? [`link set dev ${device} addrgenmode none`] : []),
    `link set dev ${device} mtu ${mtu} txqueuelen ${QUEUE_PACKETS}`,
  ];
}

function addressLines(device: string, ipv4: string, ipv6: string | null): string[] {
  return [
    `address add ${ipv4}/${PREFIX_BITS_4} dev ${device}`,
    ...(ipv6 === null ? [] : [`address add ${ipv6}/${PREFIX_BITS_6} dev ${device} nodad`]),
  ];
}

function configure(lines: readonly string[]): void {
  runProgramNow('ip', ['-batch', '-'], `${lines.join('\n')}\n`);
}

/** '' where there is no such setting. /proc/sys/net shows the namespace of the calling thread. */
function readSetting(key: string): string {
  try {
    return readFileSync(`${CONF}/${key}`, 'latin1').trim();
  } catch {
    return '';
  }
}

function trySetting(key: string, value: string): boolean {
  try {
    writeFileSync(`${CONF}/${key}`, value);
    return true;
  } catch {
    return false;
  }
}
