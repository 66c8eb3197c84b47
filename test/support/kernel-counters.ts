/**
 * What the kernel counted in a network namespace since it was made: TCP, UDP and IP by the names of nstat(8),
 * such as TcpRetransSegs, and the frames of devices. The witness that netemu's own figures are compared with.
 */
import { ip, type NetnsLab } from './netns-lab.js';

export type KernelCounters = ReadonlyMap<string, number>;

/** For a shell in the namespace. */
export const PRINT_COUNTERS = 'cat /proc/self/net/snmp /proc/self/net/netstat /proc/self/net/snmp6';

export function readCounters(text: string): KernelCounters {
  const counters = new Map<string, number>();
  const lines = text.split('\n');
  for (const [i, line] of lines.entries()) {
    const words = line.trim().split(/\s+/);
    const values = (lines[i + 1] ?? '').trim().split(/\s+/);
    // `Tcp: RtoAlgorithm …` and below `Tcp: 1 …`; of IPv6 there is a line for each.
    if (/^[A-Z]\w+:$/.test(words[0]) && values[0] === words[0]) {
      const group = words[0].slice(0, -1);
      for (const [at, name] of words.entries()) {
        if (at > 0 && /^\d+$/.test(values[at])) counters.set(group + name, Number(values[at]));
      }
    } else if (words.length === 2 && /^\w+6\w+ \d+$/.test(words.join(' '))) {
      counters.set(words[0], Number(words[1]));
    }
  }
  return counters;
}

export function countersOf(lab: NetnsLab, namespace: string): KernelCounters {
  return readCounters(lab.run(namespace, 'sh', '-c', PRINT_COUNTERS));
}

/** The wire packets that a namespace's TCP has sent, of IPv4 and IPv6: OutSegs has those with new data. */
export function tcpSent(counters: KernelCounters): number {
  return counters.get('TcpOutSegs')! + counters.get('TcpRetransSegs')!;
}

/** Frames, each of which may be a super-packet. */
export interface Frames {
  /** That the kernel has sent into the device: of a TUN or TAP, those that were read from it. */
  readonly read: number;
  /** That have come in by it: those that were written to it. */
  readonly written: number;
}

export function framesOf(lab: NetnsLab, namespace: string, device: string): Frames {
  const folder = '/proc/self/net/dev';
  const line = lab.run(namespace, 'grep', `^ *${device}:`, folder);
  return readFrames(line);
}

/** A line of /proc/net/dev: eight columns of what came in, then of what went out. */
export function readFrames(line: string): Frames {
  const columns = line.trim().split(/[:\s]+/);
  return { written: Number(columns[2]), read: Number(columns[10]) };
}

/**
 * Counts what far sends to near from now on, by IPv4 and without ARP; returns a reader. A queueing discipline
 * counts a super-packet of the kernel's own as the packets that it becomes on the wire.
 */
export function countSentByFar(lab: NetnsLab): () => number {
  // Its routers and groups are not the traffic's; and with fixed neighbours nobody asks for an address.
  lab.sysctl(lab.far, 'net.ipv6.conf.v1.disable_ipv6', 1);
  const macs = [lab.near, lab.far].map((namespace, i) => {
    const [link] = JSON.parse(ip('-n', namespace, '-j', 'link', 'show', 'dev', `v${i}`));
    return link.address as string;
  });
  const known = [
    [lab.far, lab.near4, macs[0], 'v1'],
    [lab.near, lab.far4, macs[1], 'v0'],
  ] as const;
  for (const [namespace, address, mac, device] of known) {
    const neighbour = [address, 'lladdr', mac, 'dev', device, 'nud', 'permanent'];
    ip('-n', namespace, 'neighbour', 'replace', ...neighbour);
  }
  lab.run(lab.far, 'tc', 'qdisc', 'add', 'dev', 'v1', 'root', 'pfifo');
  return () => {
    const shown = lab.run(lab.far, 'tc', '-s', '-j', 'qdisc', 'show', 'dev', 'v1', 'root');
    return JSON.parse(shown)[0].packets;
  };
}
