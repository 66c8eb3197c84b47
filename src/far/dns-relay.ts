/**
 * A resolver for a namespace that cannot reach the host's own: it listens on addresses that the
 * namespace can reach and passes every message on, unread, to the nameservers that this host uses,
 * be they systemd-resolved on 127.0.0.53. It adds nothing to what the network does: no cache, no
 * retries, no answers of its own.
 *
 * The sockets are made in the network namespace that the calling thread is in during the following
 * turns of the event loop.
 */
import { createServer } from 'node:net';
import { runtimeError } from '../errors.js';
import { bindUdp, closeListener, type Listener, listenTcp } from './listen.js';
import { hostNameServers, type NameServers } from './resolv-conf.js';
import { TcpRelay } from './tcp-relay.js';
import { UdpRelay } from './udp-relay.js';

export interface DnsRelayOptions {
  /** Where it listens. */
  readonly ipv4: string;
  readonly ipv6: string | null;
  /** Those of /etc/resolv.conf unless a test has its own. */
  readonly servers?: NameServers;
}

export interface DnsRelay {
  /** Of UDP and TCP, on both addresses. */
  readonly port: number;
  close(): Promise<void>;
}

/** Below it are the ports of services, should ip_local_port_range reach so far down. */
const PORT_MIN = 1_024;

/** Ports that the kernel calls free for UDP over IPv4 and that are not so elsewhere. */
const ATTEMPTS_MAX = 50;

export async function startDnsRelay(options: DnsRelayOptions): Promise<DnsRelay> {
  const { ipv4, ipv6, servers = hostNameServers() } = options;
  const udp = new UdpRelay(servers);
  const tcp = new TcpRelay(servers);
  const { port, listeners } = await listen(ipv6 === null ? [ipv4] : [ipv4, ipv6], udp, tcp);
  return {
    port,
    async close() {
      udp.close();
      tcp.close();
      await Promise.all(listeners.map(closeListener));
    },
  };
}

interface Listening {
  readonly port: number;
  readonly listeners: readonly Listener[];
}

/** On a port that is free everywhere, which only trying shows. */
async function listen(
  addresses: readonly string[],
  udp: UdpRelay,
  tcp: TcpRelay,
): Promise<Listening> {
  const where = addresses.join(' and ');
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const listeners: Listener[] = [];
    let port = 0;
    try {
      for (const address of addresses) {
        const listener = await bindUdp(address, port);
        listeners.push(listener);
        udp.serve(listener);
        port = listener.address().port;
        const server = createServer({ allowHalfOpen: true }, (client) => tcp.accept(client));
        listeners.push(await listenTcp(server, address, port));
      }
      if (port >= PORT_MIN) return { port, listeners };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE') {
        await Promise.all(listeners.map(closeListener));
        throw runtimeError('E_DNS_RELAY', `cannot listen for DNS queries on ${where}: ${message}`);
      }
    }
    await Promise.all(listeners.map(closeListener));
  }
  throw runtimeError('E_DNS_RELAY', `no port is free for UDP and TCP on ${where}`);
}
