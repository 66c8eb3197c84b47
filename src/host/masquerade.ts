/**
 * The way of a run's packets into the world: an nft table that gives them the host's address, leads DNS
 * queries for the far end to netemu's relay, and keeps everybody else off that way. The netlink socket of
 * this very process owns it, so the kernel removes it whatever ends the process.
 */
import { NetemuError } from '../errors.js';
import { Nftables } from './libnftables.js';
import { tableName } from './nft-table.js';
import { lackOfNat } from './requirements.js';
import type { LinkAddresses } from './subnet.js';

export interface WayOut {
  readonly instance: string;
  /** The far TUN. */
  readonly device: string;
  readonly addresses: LinkAddresses;
  readonly ipv6: boolean;
  /** Indexes of the devices whose forwarding runs have switched on. */
  readonly opened: readonly number[];
}

export class Masquerade {
  readonly #nftables: Nftables;
  readonly #way: WayOut;

  /** To be made before what it protects: the forwarding and the relay. Errors: E_NFT, E_KERNEL_NAT. */
  constructor(way: WayOut) {
    this.#way = way;
    this.#nftables = new Nftables();
    this.#run(wayOutCommands(way));
  }

  /** `port` is where the relay listens on the far end's addresses. Errors: E_NFT, E_KERNEL_NAT. */
  leadQueries(port: number): void {
    this.#run(queryCommands(this.#way, port));
  }

  close(): void {
    try {
      this.#nftables.run(`delete table inet ${tableName(this.#way.instance)}\n`);
    } catch {
      // Whatever it was, the kernel removes the table when this process ends.
    }
  }

  #run(commands: string): void {
    try {
      this.#nftables.run(commands);
    } catch (error) {
      throw isLackOfNat(error) ? lackOfNat((error as Error).message.split('\n')[0]!) : error;
    }
  }
}

/**
 * Commands that make the table, in one transaction. The way leads out: whoever is on another network can
 * neither reach the far end nor the command, nor, by an uplink whose forwarding was off, anything else. What
 * other runs send (every `ne-…`) may come in; their tables say what may go to them.
 */
export function wayOutCommands(way: WayOut): string {
  const { instance, device, addresses, opened } = way;
  const uplinks = opened.join(', ');
  return [
    `table inet ${tableName(instance)} {`,
    '  flags owner;',
    '  chain resolver {',
    '    type nat hook prerouting priority dstnat; policy accept;',
    '  }',
    '  chain input {',
    '    type filter hook input priority filter; policy accept;',
    ...farEnds(way).map((daddr) => `    iifname != { "lo", "${device}" } ${daddr} drop`),
    '  }',
    '  chain forward {',
    '    type filter hook forward priority filter; policy accept;',
    // What belongs to no connection is not translated, and would leave with an address of nobody.
    `    iifname "${device}" ct state invalid drop`,
    `    iifname != "ne-*" oifname "${device}" ct state ${UNASKED} drop`,
    // By number, which stays when a device is renamed. IPv6 has a setting of its own, left alone.
    ...(opened.length === 0
      ? []
      : [`    meta nfproto ipv4 iif { ${uplinks} } oifname != "ne-*" ct state ${UNASKED} drop`]),
    '  }',
    '  chain world {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    `    ip saddr ${addresses.net4} oifname != "${device}" masquerade`,
    '  }',
    '}',
    '',
  ].join('\n');
}

export function queryCommands(way: WayOut, port: number): string {
  const chain = `inet ${tableName(way.instance)} resolver`;
  const matches = farEnds(way).flatMap((daddr) => [`${daddr} udp`, `${daddr} tcp`]);
  return matches
    .map(
      (match) =>
        `add rule ${chain} iifname "${way.device}" ${match} dport 53 redirect to :${port}\n`,
    )
    .join('');
}

/** What no connection that was begun from inside brings. */
const UNASKED = 'invalid,new,untracked';

function farEnds({ addresses, ipv6 }: WayOut): string[] {
  return [`ip daddr ${addresses.far4}`, ...(ipv6 ? [`ip6 daddr ${addresses.far6}`] : [])];
}

/** Of a missing module nftables says "No such file or directory". */
function isLackOfNat(error: unknown): boolean {
  if (!(error instanceof NetemuError)) return false;
  return error.code === 'E_KERNEL_EGRESS' || /No such file or directory/.test(error.message);
}
