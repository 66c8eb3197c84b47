/** DNS over UDP and TCP (RFC 7766): any number of queries per connection, answered in their order. */
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { type Addresses, answerQuery } from './dns-answer.js';
import { answer, canAnswer } from './listen.js';

/** Each message has its length before it (RFC 1035, 4.2.2). */
const LENGTH_BYTES = 2;

/** Clients keep connections for seconds, and a slow link is no reason to give one up. */
const IDLE_MS = 120_000;

export function answerDatagrams(listener: UdpSocket, addresses: Addresses): void {
  listener.on('message', (message, client) => {
    const reply = answerQuery(message, addresses);
    if (reply !== null && canAnswer(client)) answer(listener, reply, client);
  });
}

export function createDnsServer(addresses: Addresses): Server {
  return createServer((client) => answerStream(client, addresses));
}

function answerStream(client: Socket, addresses: Addresses): void {
  let held: Buffer = Buffer.alloc(0);
  client.on('error', () => {});
  client.setTimeout(IDLE_MS, () => client.destroy());
  client.on('data', (bytes: Buffer) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const replies: Buffer[] = [];
    for (let message = first(held); message !== null; message = first(held)) {
      held = held.subarray(LENGTH_BYTES + message.length);
      const reply = answerQuery(message, addresses);
      // Whoever sends something else here is out of step and stays so.
      if (reply === null) {
        client.destroy();
        return;
      }
      replies.push(Buffer.of(reply.length >> 8, reply.length & 0xff), reply);
    }
    if (replies.length === 0 || client.write(Buffer.concat(replies))) return;
    client.pause();
    client.once('drain', () => client.resume());
  });
}

/** The message that the bytes begin with, or null while it is not all there. */
function first(bytes: Buffer): Buffer | null {
  if (bytes.length < LENGTH_BYTES) return null;
  const end = LENGTH_BYTES + bytes.readUInt16BE(0);
  return bytes.length < end ? null : bytes.subarray(LENGTH_BYTES, end);
}
