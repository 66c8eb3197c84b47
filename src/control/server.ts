/**
 * The instance's side of its socket: HTTP with JSON bodies on a Unix socket of mode 0600.
 *
 *     GET  /status                                → InstanceStatus
 *     PUT  /rules   {"rules": ["udp:53 loss 1%"]} → InstanceStatus
 *     PUT  /rules   {"rules": [], "scenario": {"name": "a.yaml", "text": "rules: …"}, "files": {…}}
 *     POST /stop                                  → the last InstanceStatus, when all is taken away
 *
 * An error is {"error": {code, message, mend, exitCode}} with status 400 (usage) or 500.
 */

import * as fs from 'node:fs';
import * as http from 'node:http';
import { ExitCode, NetemuError, runtimeError, toPlainError, usageError } from '../errors.js';
import { chooseName, isClaimed, releaseName, socketPath } from './runtime-dir.js';
import { BODY_BYTES_MAX } from './set-body.js';
import type { RunningInstance } from './types.js';

/** How long `close` lets replies that are under way be read by the other side. */
const CLOSE_GRACE_MS = 1_000;

export interface ControlServer {
  /** Resolves when the socket and the claim are gone; idempotent. */
  close(): Promise<void>;
}

/** Opens the instance's socket. Errors: E_NAME_TAKEN, E_SOCKET. */
export async function serve(instance: RunningInstance): Promise<ControlServer> {
  if (!isClaimed(instance.name)) chooseName(instance.name);
  const file = socketPath(instance.name);
  fs.rmSync(file, { force: true });
  const server = http.createServer((request, response) => {
    void answer(instance, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(runtimeError('E_SOCKET', `cannot listen on ${file}: ${error.message}`));
    });
    server.listen(file, resolve);
  });
  fs.chmodSync(file, 0o600);
  let closed: Promise<void> | null = null;
  return {
    close() {
      closed ??= closeServer(server).finally(() => releaseName(instance.name));
      return closed;
    },
  };
}

async function closeServer(server: http.Server): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(timer);
}

async function answer(
  instance: RunningInstance,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  let status = 200;
  let body: unknown;
  try {
    body = await route(instance, request);
  } catch (error) {
    status = error instanceof NetemuError && error.exitCode === ExitCode.usage ? 400 : 500;
    body = { error: toPlainError(error) };
  }
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(`${JSON.stringify(body)}\n`);
}

async function route(instance: RunningInstance, request: http.IncomingMessage): Promise<unknown> {
  switch (`${request.method} ${request.url}`) {
    case 'GET /status':
      break;
    case 'PUT /rules':
      await setRules(instance, request);
      break;
    case 'POST /stop':
      await instance.stop();
      break;
    default:
      throw usageError('E_REQUEST', `there is no ${request.method} ${request.url} here`);
  }
  return instance.status();
}

async function setRules(instance: RunningInstance, request: http.IncomingMessage): Promise<void> {
  // Before anything is read, where the length is said.
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw tooLong();
  const body = parseJson(await readBody(request));
  const { readSetRequest } = await import('./protocol.js');
  const parsed = readSetRequest(body);
  if (parsed === null) {
    throw usageError('E_REQUEST', 'the request is not {"rules": ["RULE", …]} with a rule or more');
  }
  // Not before it is needed: the parsers of all spellings take 30 ms to load.
  const { rulesOf } = await import('../rules/rule-source.js');
  await instance.set(rulesOf(parsed), parsed);
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw tooLong();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLong(): NetemuError {
  return usageError('E_REQUEST', `the request is longer than ${BODY_BYTES_MAX} bytes`);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
