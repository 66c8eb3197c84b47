/**
 * Sockets that listen, as promises. What fails later (a datagram that could not be sent, a connection
 * that could not be accepted for want of descriptors) concerns one client and never the process.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Server } from 'node:net';

/** The kernel clamps it to net.core.rmem_max; a burst that is lost here was not lost on the link. */
const RECEIVE_BUFFER_BYTES = 4 * 1_024 * 1_024;

/** Beyond it Node would queue without limit what the kernel does not take. */
const SEND_QUEUE_BYTES_MAX = 4 * 1_024 * 1_024;

export type Listener = Socket | Server;

export interface Client {
  readonly address: string;
  readonly port: number;
}

export function bindUdp(address: string, port: number): Promise<Socket> {
  const version = address.includes(':') ? 6 : 4;
  const socket = createSocket({
    type: `udp${version}`,
    ipv6Only: version === 6,
    recvBufferSize: RECEIVE_BUFFER_BYTES,
  });
  return new Promise((resolve, reject) => {
    let isBound = false;
    socket.on('error', (error) => {
      if (isBound) return;
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      isBound = true;
      resolve(socket);
    });
  });
}

export function listenTcp<T extends Server>(server: T, address: string, port: number): Promise<T> {
  const ipv6Only = address.includes(':');
  return new Promise((resolve, reject) => {
    // Once the promise is settled this is what keeps later errors from being thrown.
    server.on('error', reject);
    server.listen({ host: address, port, ipv6Only, exclusive: true }, () => resolve(server));
  });
}

/** Resolves when the port is free again; connections that are open stay so. */
export function closeListener(listener: Listener): Promise<void> {
  return new Promise((resolve) => listener.close(() => resolve()));
}

/** Whether an answer can be sent at all: a source port of 0 is legal (RFC 768) and answers nowhere. */
export function canAnswer({ port }: Client): boolean {
  return port !== 0;
}

/** Sends, or drops as a kernel does whose buffer is full. */
export function answer(listener: Socket, message: Uint8Array, { address, port }: Client): void {
  if (listener.getSendQueueSize() > SEND_QUEUE_BYTES_MAX) return;
  listener.send(message, port, address, () => {});
}
