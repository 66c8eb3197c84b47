/**
 * Streams that go one way: `discard` (RFC 863) reads all there is and ends when its client has, the
 * character generator (RFC 864) sends until its client has had enough. TCP only: over UDP the second would
 * answer a forged source with more than it was sent.
 */
import { createServer, type Server } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { steadyBytes } from './steady-bytes.js';

export function createDiscardServer(): Server {
  // Not half open: the end of the client's bytes is the end of the connection.
  return createServer((client) => {
    client.on('error', () => {});
    client.resume();
  });
}

/** Its characters do not compress, and are the same for everyone; what its client sends goes nowhere. */
export function createChargenServer(): Server {
  return createServer({ noDelay: true }, (client) => {
    client.resume();
    pipeline(Readable.from(steadyBytes(Number.POSITIVE_INFINITY)), client, () => {});
  });
}
