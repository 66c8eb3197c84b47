/**
 * The services of the responder, on their sockets.
 *
 * TCP answers on every address that leads here. UDP answers on the responder's own two only: a socket
 * for all addresses would answer from the first of them, whichever was asked, and Node can neither learn
 * the destination of a datagram nor choose the source of an answer (IP_PKTINFO). A `redirect` or
 * `dnat` of nftables to the own addresses makes UDP answer on all of them as well.
 */
import { Server as HttpServer } from 'node:http';
import { addressesOf } from './dns-answer.js';
import { answerDatagrams, createDnsServer } from './dns-server.js';
import { createEchoServer, echoDatagrams } from './echo.js';
import { createHttpServer } from './http-server.js';
import { bindUdp, closeListener, type Listener, listenTcp } from './listen.js';
import { createChargenServer, createDiscardServer } from './one-way.js';

export interface ServicePlaces {
  /** Its own addresses, which it must have by now. */
  readonly ipv4: string;
  readonly ipv6: string | null;
  /** Where TCP is listened for: usually the wildcard addresses. */
  readonly any4: string;
  readonly any6: string;
  readonly ports: Readonly<Record<'echo' | 'discard' | 'chargen' | 'dns' | 'http', number>>;
}

export async function openServices(places: ServicePlaces): Promise<{ close(): Promise<void> }> {
  const { ipv4, ipv6, any4, any6, ports } = places;
  const addresses = addressesOf(ipv4, ipv6);
  const listeners: Listener[] = [];
  const close = async () => {
    for (const listener of listeners) {
      if (listener instanceof HttpServer) listener.closeAllConnections();
    }
    await Promise.all(listeners.map(closeListener));
  };
  try {
    for (const own of ipv6 === null ? [ipv4] : [ipv4, ipv6]) {
      const echo = await bindUdp(own, ports.echo);
      listeners.push(echo);
      echoDatagrams(echo);
      const dns = await bindUdp(own, ports.dns);
      listeners.push(dns);
      answerDatagrams(dns, addresses);
    }
    for (const any of ipv6 === null ? [any4] : [any4, any6]) {
      listeners.push(await listenTcp(createEchoServer(), any, ports.echo));
      listeners.push(await listenTcp(createDiscardServer(), any, ports.discard));
      listeners.push(await listenTcp(createChargenServer(), any, ports.chargen));
      listeners.push(await listenTcp(createDnsServer(addresses), any, ports.dns));
      listeners.push(await listenTcp(createHttpServer(), any, ports.http));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}
