/**
 * The way of a run's packets into the world: an nft table that gives them the host's address, and leads
 * DNS queries for the far end to netemu's relay. The netlink socket of this very process owns it, so the
 * kernel removes it whatever ends the process.
 */
import { NetemuError } from '../errors.js';
import { keepFdsFromChildren } from '../tun/sys-process.js';
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
  /** Where the relay listens on the far end's addresses. */
  readonly dnsPort: number;
}

export class Masquerade {
  readonly #nftables: Nftables;
  readonly #table: string;

  /** Errors: E_NFT, E_KERNEL_NAT. */
  constructor(way: WayOut) {
    this.#table = tableName(way.instance);
    this.#nftables = new Nftables();
    // A command that inherited the socket would keep the table when netemu is gone.
    keepFdsFromChildren();
    try {
      this.#nftables.run(wayOutCommands(way));
    } catch (error) {
      throw isLackOfNat(error) ? lackOfNat((error as Error).message.split('\n')[0]!) : error;
    }
  }

  close(): void {
    try {
      this.#nftables.run(`delete table inet ${this.#table}\n`);
    } catch {
      // Whatever it was, the kernel removes the table when this process ends.
    }
  }
}

/** Commands that make the table, in one transaction. */
export function wayOutCommands({ instance, device, addresses, ipv6, dnsPort }: WayOut): string {
  const { net4, far4, far6 } = addresses;
  const resolvers = [`ip daddr ${far4}`, ...(ipv6 ? [`ip6 daddr ${far6}`] : [])];
  const redirects = resolvers.flatMap((daddr) =>
    ['udp', 'tcp'].map(
      (protocol) => `    iifname "${device}" ${daddr} ${protocol} dport 53 redirect to :${dnsPort}`,
    ),
  );
  return [
    `table inet ${tableName(instance)} {`,
    '  flags owner;',
    '  chain resolver {',
    '    type nat hook prerouting priority dstnat; policy accept;',
    ...redirects,
    '  }',
    '  chain forward {',
    '    type filter hook forward priority filter; policy accept;',
    // What belongs to no connection is not translated, and would leave with an address of nobody.
    `    iifname "${device}" ct state invalid drop`,
    '  }',
    '  chain world {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    `    ip saddr ${net4} oifname != "${device}" masquerade`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Of a missing module nftables says "No such file or directory". */
function isLackOfNat(error: unknown): boolean {
  if (!(error instanceof NetemuError)) return false;
  return error.code === 'E_KERNEL_EGRESS' || /No such file or directory/.test(error.message);
}
