/**
 * Counters of the kernel that explain failures which no rule has caused, in words. What is usual under loss
 * (retransmissions, timeouts, answers to closed sockets) is none of them; the report shows all counters.
 */
import { formatCount } from '../report/format.js';

/** How the session names counters of the namespace at the far end. */
const FAR = /^far /;

/** `Udp6.RcvbufErrors` says the same as `Udp.RcvbufErrors`. */
const SIX = /^(Udp|Ip)6\./;

const BUFFERS = "socket buffers overflowed, which is this host's doing and not the network's";

const EXPLAINED: Readonly<Record<string, string>> = {
  'Udp.RcvbufErrors': BUFFERS,
  'Udp.SndbufErrors': BUFFERS,
  'Udp.MemErrors': 'no memory was left for UDP',
  'Udp.InCsumErrors': 'datagrams had wrong checksums',
  'Tcp.InCsumErrors': 'segments had wrong checksums',
  'TcpExt.ListenOverflows': "the server's queue of new connections was full",
  'TcpExt.ListenDrops': 'the server did not take new connections',
  'TcpExt.TCPReqQFullDrop': "the server's queue of handshakes was full",
  'TcpExt.TCPReqQFullDoCookies': "the server's queue of handshakes was full, it sent SYN cookies",
  'TcpExt.TCPBacklogDrop': BUFFERS,
  'TcpExt.TCPRcvQDrop': BUFFERS,
  'TcpExt.RcvPruned': BUFFERS,
  'TcpExt.TCPAbortOnMemory': 'no memory was left for TCP',
  'TcpExt.TCPTimeWaitOverflow': 'too many connections were in TIME-WAIT',
  'Ip.InDiscards': 'the kernel dropped packets that came',
  'Ip.OutDiscards': 'the kernel dropped packets that left',
  'Ip.OutNoRoutes': 'packets had no route',
};

/** Corruption is meant to give wrong checksums. */
const MEANT: Readonly<Record<string, RegExp>> = { corrupt: /\.InCsumErrors$/ };

/** One line for each that grew. */
export function systemWarnings(
  system: Readonly<Record<string, number>>,
  steppedKey: string,
): string[] {
  return Object.entries(system).flatMap(([counter, by]) => {
    const name = counter.replace(FAR, '').replace(SIX, '$1.');
    if (!(by > 0) || !Object.hasOwn(EXPLAINED, name)) return [];
    if (Object.hasOwn(MEANT, steppedKey) && MEANT[steppedKey]!.test(name)) return [];
    return [`${counter} grew by ${formatCount(by)}: ${EXPLAINED[name]}`];
  });
}
