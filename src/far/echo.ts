/**
 * The echo protocol (RFC 862): what is sent comes back, over UDP datagram by datagram, over TCP as a
 * stream that ends when its sender ends it. There is no timeout, so that sessions may be as long and
 * as quiet as a test wants them.
 */
import type { Socket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { answer, canAnswer } from './listen.js';

export function echoDatagrams(listener: Socket): void {
  const { port } = listener.address();
  listener.on('message', (message, client) => {
    // Two echoes that are told of each other by a forged source would never stop.
    if (client.port !== port && canAnswer(client)) answer(listener, message, client);
  });
}

export function createEchoServer(): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', () => {});
    client.pipe(client);
  });
}
