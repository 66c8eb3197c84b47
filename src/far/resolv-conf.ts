/**
 * The nameservers that this host asks, read as glibc does (resolv.conf(5), resolv/res_init.c): lines
 * that begin with `nameserver`, the first three of them, and 127.0.0.1 when there are none. The file
 * is looked at again while it is in use, because a laptop changes networks and a VPN comes up.
 */
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

export interface NameServer {
  /** May have a zone: `fe80::1%eth0`. */
  readonly address: string;
  readonly port: number;
}

/** In the order in which they are to be tried. */
export type NameServers = () => readonly NameServer[];

const DNS_PORT = 53;

/** MAXNS of glibc's resolv.h. */
const SERVERS_MAX = 3;

const LOOKED_AT_EVERY_MS = 1_000;

export function parseResolvConf(text: string): NameServer[] {
  const servers = [...text.matchAll(/^nameserver[ \t]+(\S+)/gm)]
    .map(([, address]) => address)
    .filter((address) => isIP(address) !== 0)
    .slice(0, SERVERS_MAX);
  if (servers.length === 0) servers.push('127.0.0.1');
  return servers.map((address) => ({ address, port: DNS_PORT }));
}

/** Always the servers of the file as it is, or as it was at most a second ago. */
export function hostNameServers(
  path = '/etc/resolv.conf',
  clockMs: () => number = () => performance.now(),
): NameServers {
  let servers: readonly NameServer[] = [];
  let version: string | null = null;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clockMs();
    if (nowMs - lookedAtMs < LOOKED_AT_EVERY_MS) return servers;
    lookedAtMs = nowMs;
    // The version is taken first: what is written in between is read once more, not missed.
    const seen = versionOf(path);
    if (seen !== version) servers = parseResolvConf(read(path));
    version = seen;
    return servers;
  };
}

/** The file is usually replaced by another, often within a clock tick and of equal length. */
function versionOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join();
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
