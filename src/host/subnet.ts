/**
 * The addresses of a link between two TUNs: a /30 of 198.18.0.0/15, which RFC 2544 keeps for tests of
 * networks, and a /64 of fd00:6e65::/32. They overlap nothing that the caller's namespace has an
 * address in or a route to, so runs side by side and runs inside runs do not meet.
 */
import { BlockList, isIPv6 } from 'node:net';
import { z } from 'zod';
import { runtimeError } from '../errors.js';
import { runProgram } from './program.js';

export interface LinkAddresses {
  readonly near4: string;
  readonly far4: string;
  readonly near6: string;
  readonly far6: string;
  /** `198.19.255.0/30` */
  readonly net4: string;
}

export const PREFIX_BITS_4 = 30;
export const PREFIX_BITS_6 = 64;

/** `192.0.2.0/24`, or an address alone. */
type Prefix = string;

const SUBNETS_MAX = 512;

/**
 * A shorter prefix of somebody else, such as a VPN's 198.18.0.0/15, is put up with when nothing else is
 * left: the /30 is more specific. Halves of the whole are default routes in disguise.
 */
const BITS_TOLERATED_MAX = 24;
const BITS_IGNORED_MAX = 1;

const RouteJson = z.array(z.object({ dst: z.string() }));
const AddressJson = z.array(
  z.object({ addr_info: z.array(z.object({ local: z.string().optional() })).optional() }),
);

/** Errors: E_NO_SUBNET. */
export async function chooseAddresses(): Promise<LinkAddresses> {
  return freeAddresses(await prefixesInUse());
}

/** From the end, where fewest have thought of looking. */
export function freeAddresses(inUse: readonly Prefix[]): LinkAddresses {
  const others = inUse.map(parsePrefix).filter(({ bits }) => bits > BITS_IGNORED_MAX);
  const specific = others.filter(({ bits }) => bits >= BITS_TOLERATED_MAX);
  for (const avoided of [others, specific]) {
    const blocked = blockListOf(avoided);
    for (let number = SUBNETS_MAX - 1; number >= 0; number--) {
      const addresses = addressesOf(number);
      if (!overlaps(addresses, avoided, blocked)) return addresses;
    }
  }
  throw runtimeError(
    'E_NO_SUBNET',
    'all of 198.18.0.0/15 is in use here, or all of fd00:6e65::/32',
    'ip -4 route show table all; ip -6 route show table all',
  );
}

function addressesOf(number: number): LinkAddresses {
  const net4 = `198.${18 + (number >> 8)}.${number & 0xff}`;
  const net6 = `fd00:6e65:${(0xfe00 + number).toString(16)}:`;
  return {
    near4: `${net4}.2`,
    far4: `${net4}.1`,
    near6: `${net6}:2`,
    far6: `${net6}:1`,
    net4: `${net4}.0/${PREFIX_BITS_4}`,
  };
}

interface ParsedPrefix {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

function parsePrefix(prefix: Prefix): ParsedPrefix {
  const [address, bits] = prefix.split('/') as [string, string | undefined];
  if (address === 'default') return { address: '0.0.0.0', bits: 0, family: 'ipv4' };
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  return { address, bits: Number(bits ?? (family === 'ipv6' ? 128 : 32)), family };
}

function blockListOf(prefixes: readonly ParsedPrefix[]): BlockList {
  const list = new BlockList();
  for (const { address, bits, family } of prefixes) list.addSubnet(address, bits, family);
  return list;
}

/** One of two prefixes that overlap has the other's first address in it. */
function overlaps(
  { near4, far4, near6, far6 }: LinkAddresses,
  others: readonly ParsedPrefix[],
  blocked: BlockList,
): boolean {
  if ([near4, far4].some((address) => blocked.check(address, 'ipv4'))) return true;
  if ([near6, far6].some((address) => blocked.check(address, 'ipv6'))) return true;
  const own = new BlockList();
  own.addSubnet(near4, PREFIX_BITS_4, 'ipv4');
  own.addSubnet(near6, PREFIX_BITS_6, 'ipv6');
  return others.some(({ address, family }) => own.check(address, family));
}

async function prefixesInUse(): Promise<Prefix[]> {
  const routes = await Promise.all(
    ['-4', '-6'].map((family) => ask(RouteJson, family, 'route', 'show', 'table', 'all')),
  );
  const links = await ask(AddressJson, 'address', 'show');
  const addresses = links.flatMap((link) => link.addr_info ?? []).map(({ local }) => local);
  return [
    ...routes.flat().map(({ dst }) => dst),
    ...addresses.filter((local) => local !== undefined),
  ];
}

async function ask<T>(shape: z.ZodType<T>, ...args: string[]): Promise<T> {
  return shape.parse(JSON.parse((await runProgram('ip', ['-j', ...args])) || '[]'));
}
