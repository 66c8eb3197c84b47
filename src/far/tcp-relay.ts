/**
 * DNS over TCP: each connection is joined to one of its own to the nameserver, in both directions
 * until both have ended, and what ends one with an error resets the other. Messages are not looked
 * at: their framing is the business of the two ends.
 */
import { connect, type Socket } from 'node:net';
import type { NameServer, NameServers } from './resolv-conf.js';

/** The oldest goes. */
export const CONNECTIONS_MAX = 256;

/** A client whose namespace has vanished never says goodbye. Servers wait for seconds (RFC 7766, 6.2.3). */
const IDLE_MS = 120_000;

export class TcpRelay {
  readonly #servers: NameServers;
  readonly #clients = new Set<Socket>();

  constructor(servers: NameServers) {
    this.#servers = servers;
  }

  /** Takes a connection over; it must allow that one end closes before the other. */
  accept(client: Socket): void {
    if (this.#clients.size >= CONNECTIONS_MAX) {
      const [oldest] = this.#clients;
      this.#clients.delete(oldest);
      reset(oldest);
    }
    this.#clients.add(client);
    client.on('error', () => {});
    client.once('close', () => this.#clients.delete(client));
    client.setTimeout(IDLE_MS, () => reset(client));
    join(client, this.#servers(), 0);
  }

  /** Ends the connections; the listeners are not its own. */
  close(): void {
    for (const client of this.#clients) reset(client);
  }
}

/** Joins the client to the first server from `index` on that lets it in. */
function join(client: Socket, servers: readonly NameServer[], index: number): void {
  if (client.destroyed) return;
  if (index === servers.length) {
    reset(client);
    return;
  }
  const { address, port } = servers[index];
  const server = connect({ host: address, port, allowHalfOpen: true });
  let isConnected = false;
  server.once('connect', () => {
    isConnected = true;
    client.pipe(server);
    server.pipe(client);
  });
  server.on('error', () => {});
  server.once('close', (hadError) => {
    client.off('close', onClientClose);
    if (!isConnected) join(client, servers, index + 1);
    else if (hadError) reset(client);
  });
  const onClientClose = (hadError: boolean) => {
    if (hadError && isConnected) reset(server);
    else server.destroy();
  };
  client.once('close', onClientClose);
}

function reset(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}
