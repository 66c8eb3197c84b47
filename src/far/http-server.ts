/**
 * A small web server for tests without a network: downloads and uploads of any size, the client's
 * address, and answers that take their time. Nothing is kept: bodies are made and read as fast as the
 * connection carries them. Its timeouts are off, because a bad link is the point.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { NetemuError } from '../errors.js';
import { parseSize } from '../rules/units.js';
import { steadyBytes } from './steady-bytes.js';

const DOWNLOAD_BYTES_MAX = 10e9;
const DELAY_MS_MAX = 60_000;

/** Longer than an outage that a test may put between two requests. */
const KEEP_ALIVE_MS = 120_000;

const HELP = `This is the far end of an emulated link (netemu run --private).

GET  /            this text
GET  /bytes/SIZE  that many bytes, as in /bytes/1000, /bytes/64kb or /bytes/1mib; always the same
POST /upload      reads the body and answers its length and SHA-256 (also PUT)
GET  /ip          your address
GET  /delay/MS    answers after so many milliseconds, at most ${DELAY_MS_MAX}

UDP and TCP echo on port 7, DNS on port 53: every name but those below .invalid is here.
TCP discard on port 9 reads all that is sent, chargen on port 19 sends without end.
`;

type Handler = (request: IncomingMessage, response: ServerResponse, argument: string) => void;

const ROUTES: readonly (readonly [methods: string, path: RegExp, handler: Handler])[] = [
  ['GET HEAD', /^\/$/, (_, response) => say(response, 200, HELP)],
  ['GET HEAD', /^\/bytes\/([^/]+)$/, sendBytes],
  ['POST PUT', /^\/upload$/, digest],
  ['GET HEAD', /^\/ip$/, (request, response) => say(response, 200, `${addressOf(request)}\n`)],
  ['GET HEAD', /^\/delay\/(\d{1,9})$/, sayLater],
];

export function createHttpServer(): Server {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, handle);
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  return server;
}

function handle(request: IncomingMessage, response: ServerResponse): void {
  // A connection that breaks ends its request; nobody is left to be told.
  request.on('error', () => {});
  response.on('error', () => {});
  const path = pathOf(request.url ?? '');
  for (const [methods, pattern, handler] of ROUTES) {
    const match = pattern.exec(path);
    if (match === null || !methods.split(' ').includes(request.method ?? '')) continue;
    handler(request, response, match[1] ?? '');
    return;
  }
  say(response, 404, `There is no ${request.method} ${path} here.\n\n${HELP}`);
}

function sendBytes(request: IncomingMessage, response: ServerResponse, size: string): void {
  let count: number;
  try {
    count = /^\d+$/.test(size) ? Number(size) : parseSize(size);
  } catch (error) {
    if (!(error instanceof NetemuError)) throw error;
    say(response, 400, `${error.message}\n`);
    return;
  }
  if (count > DOWNLOAD_BYTES_MAX) {
    say(response, 400, `${size} is more than 10gb\n`);
    return;
  }
  const type = 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-length': count });
  if (request.method === 'HEAD') response.end();
  else pipeline(steadyBytes(count), response, () => {});
}

function digest(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256');
  let bytes = 0;
  request.on('data', (piece: Buffer) => {
    hash.update(piece);
    bytes += piece.length;
  });
  request.on('end', () => {
    const body = `${JSON.stringify({ bytes, sha256: hash.digest('hex') })}\n`;
    say(response, 200, body, 'application/json');
  });
}

function sayLater(_: IncomingMessage, response: ServerResponse, digits: string): void {
  const delayMs = Number(digits);
  if (delayMs > DELAY_MS_MAX) {
    say(response, 400, `${delayMs} ms is more than ${DELAY_MS_MAX}\n`);
    return;
  }
  const timer = setTimeout(() => say(response, 200, `after ${delayMs} ms\n`), delayMs);
  response.once('close', () => clearTimeout(timer));
}

function say(response: ServerResponse, status: number, body: string, type = 'text/plain'): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'content-type': type, 'content-length': length });
  response.end(body);
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}

/** Without the query; proxies' clients send the host too (RFC 9112, 3.2.2). */
function pathOf(target: string): string {
  const path = /^(?:https?:\/\/[^/?]*)?([^?]*)/i.exec(target)?.[1] ?? '';
  return path === '' ? '/' : path;
}
