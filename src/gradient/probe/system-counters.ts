/**
 * What the kernel itself counts in this network namespace, such as datagrams that found a full socket
 * buffer: what was lost there the emulator did not lose. Read before and after each segment.
 */
import { readFileSync } from 'node:fs';

const FILES = ['/proc/net/snmp', '/proc/net/netstat', '/proc/net/snmp6'];

/** They tell how things are, not how often something happened. */
const GAUGES = new Set([
  'Ip.Forwarding',
  'Ip.DefaultTTL',
  'Tcp.RtoAlgorithm',
  'Tcp.RtoMin',
  'Tcp.RtoMax',
  'Tcp.MaxConn',
  'Tcp.CurrEstab',
  'MPTcpExt.MPCurrEstab',
]);

/** By protocol and name: `Udp.RcvbufErrors`, `TcpExt.TCPTimeouts`, `Ip6.InDiscards`. */
export function readSystemCounters(read = readText): Map<string, number> {
  const counters = new Map<string, number>();
  for (const path of FILES) {
    const lines = linesOf(path, read);
    if (path.endsWith('6')) addSingles(lines, counters);
    else addTables(lines, counters);
  }
  for (const name of GAUGES) counters.delete(name);
  return counters;
}

/** By how much, of those that did. The kernel lists some (IcmpMsg) only once they are above 0. */
export function grown(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): Record<string, number> {
  const growth: Record<string, number> = {};
  for (const [name, value] of after) {
    const by = value - (before.get(name) ?? 0);
    if (by > 0) growth[name] = by;
  }
  return growth;
}

/** A line of names and one of numbers, both with the protocol in front: `Udp: InErrors …`, `Udp: 0 …`. */
function addTables(lines: readonly string[], counters: Map<string, number>): void {
  for (let at = 0; at + 1 < lines.length; at++) {
    const [protocol, ...names] = lines[at]!.trim().split(/\s+/);
    const [same, ...values] = lines[at + 1]!.trim().split(/\s+/);
    if (protocol !== same || !/^\w+:$/.test(protocol!)) continue;
    names.forEach((name, column) => {
      add(counters, `${protocol!.slice(0, -1)}.${name}`, values[column]);
    });
    at++;
  }
}

/** `Udp6InErrors    0`, one in each line. */
function addSingles(lines: readonly string[], counters: Map<string, number>): void {
  for (const line of lines) {
    const [, protocol, name, value] = /^([A-Z][A-Za-z]*6)(\w+)\s+(\S+)$/.exec(line.trim()) ?? [];
    if (protocol !== undefined) add(counters, `${protocol}.${name}`, value);
  }
}

function add(counters: Map<string, number>, name: string, value: string | undefined): void {
  if (value !== undefined && /^\d+$/.test(value)) counters.set(name, Number(value));
}

/** A kernel without IPv6 has no such file. */
function linesOf(path: string, read: (path: string) => string): string[] {
  try {
    return read(path).split('\n');
  } catch {
    return [];
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
