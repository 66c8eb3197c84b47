/**
 * The other side of the socket: what `status`, `set`, `down` and `ps` ask of running instances.
 * A socket on which nobody listens is cleared and counts as no instance.
 */

import * as fs from 'node:fs';
import * as http from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromPlainError, NetemuError, runtimeError, usageError } from '../errors.js';
import type { RuleSource } from '../rules/rule-source.js';
import * as runtime from './runtime-dir.js';
import { bodyOf } from './set-body.js';
import type { InstanceStatus } from './types.js';

/** An instance answers within milliseconds; one that does not is hung or stopped. */
const ANSWER_MS = 3_000;

/** `stop` takes links and tables away, which the kernel does in up to a second each. */
const STOP_MS = 15_000;

export interface Listing {
  readonly statuses: readonly InstanceStatus[];
  /** Instances that have a socket but do not answer. */
  readonly silent: readonly NetemuError[];
}

export async function getStatus(name: string): Promise<InstanceStatus> {
  return ask(name, 'GET', '/status', undefined, ANSWER_MS);
}

/** Swaps the rules; resolves when the instance uses them. */
export async function putRules(name: string, request: RuleSource): Promise<InstanceStatus> {
  return ask(name, 'PUT', '/rules', bodyOf(request), ANSWER_MS);
}

/** Stops the instance and waits until its process is gone; resolves with its last status. */
export async function stopInstance(name: string): Promise<InstanceStatus> {
  const claim = runtime.readClaim(name);
  // One that hangs is told apart from one that takes its time to stop.
  await getStatus(name);
  const status = await ask(name, 'POST', '/stop', undefined, STOP_MS);
  const deadline = Date.now() + STOP_MS;
  while (claim !== null && isThere(name, claim)) {
    if (Date.now() > deadline) throw noAnswer(name, 'was told to stop but is still there');
    await sleep(10);
  }
  return status;
}

function isThere(name: string, claim: runtime.Claim): boolean {
  const owner = runtime.ownerOf(claim);
  if (owner !== 'unknown') return owner === 'alive';
  return runtime.readClaim(name)?.startTicks === claim.startTicks;
}

/** All instances of this user, n2 before n10. */
export async function listInstances(): Promise<Listing> {
  const answers = await Promise.allSettled(runtime.instanceNames().map(getStatus));
  const statuses: InstanceStatus[] = [];
  const silent: NetemuError[] = [];
  for (const answer of answers) {
    if (answer.status === 'fulfilled') statuses.push(answer.value);
    else if (!(answer.reason instanceof NetemuError)) throw answer.reason;
    else if (answer.reason.code !== 'E_NO_INSTANCE') silent.push(answer.reason);
  }
  return { statuses, silent };
}

/** The name given, or that of the only instance. Errors: E_NO_INSTANCE, E_WHICH. */
export function pickInstance(name: string | undefined): string {
  const names = runtime.instanceNames();
  if (name !== undefined) {
    if (names.includes(name)) return name;
    throw noInstance(name);
  }
  if (names.length === 1) return names[0]!;
  if (names.length === 0) throw noInstance(undefined);
  const message = `${names.length} instances are running: ${names.join(', ')}`;
  throw usageError('E_WHICH', message, 'say which');
}

export function noInstance(name: string | undefined): NetemuError {
  const names = runtime.instanceNames().filter((other) => other !== name);
  const note = name === undefined ? null : runtime.endNote(name);
  const ended = note === null ? '' : ` (it ended by itself: ${note})`;
  const asked = name === undefined ? '' : `there is no instance ${JSON.stringify(name)}${ended}`;
  if (names.length > 0) {
    const verb = names.length === 1 ? 'is' : 'are';
    return usageError('E_NO_INSTANCE', `${asked}; ${names.join(', ')} ${verb} running`);
  }
  const message = `${asked}${asked && '; '}no instance is running`;
  // Instances of root live in a directory that others cannot look into.
  const root = process.getuid?.() !== 0 && fs.existsSync('/run/netemu');
  return usageError(
    'E_NO_INSTANCE',
    message,
    root ? 'those of root are seen with sudo' : undefined,
  );
}

async function ask(
  name: string,
  method: string,
  path: string,
  body: string | undefined,
  timeoutMs: number,
): Promise<InstanceStatus> {
  const { code, reply } = await exchange(name, method, path, body, timeoutMs);
  const { readErrorReply, readStatus } = await import('./protocol.js');
  if (code === 200) {
    const status = readStatus(reply);
    if (status !== null) return status;
  } else {
    const failure = readErrorReply(reply);
    if (failure !== null) throw fromPlainError(failure.error);
  }
  throw runtimeError(
    'E_REPLY',
    `instance ${name} gave an answer to ${method} ${path} that this version cannot read`,
    'use the version of netemu that started it',
  );
}

async function exchange(
  name: string,
  method: string,
  path: string,
  body: string | undefined,
  timeoutMs: number,
): Promise<{ code: number; reply: unknown }> {
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const socket = runtime.socketPath(name);
      const request = http.request({ socketPath: socket, method, path, agent: false, signal });
      request.once('response', resolve).once('error', reject);
      request.end(body);
    });
    return { code: response.statusCode ?? 0, reply: JSON.parse(await text(response)) };
  } catch (error) {
    throw explain(name, error);
  }
}

function explain(name: string, error: unknown): unknown {
  if (error instanceof SyntaxError) return runtimeError('E_REPLY', `instance ${name}: no JSON`);
  const { name: kind, code } = error as NodeJS.ErrnoException;
  if (kind === 'AbortError' || kind === 'TimeoutError') return noAnswer(name, 'does not answer');
  switch (code) {
    case 'ENOENT':
      return noInstance(name);
    case 'ECONNREFUSED': {
      // Between bind and listen of a starting instance nobody listens either: it has a claim.
      const claim = runtime.readClaim(name);
      if (claim === null || runtime.ownerOf(claim) !== 'alive') runtime.clearTraces(name);
      return noInstance(name);
    }
    case 'ECONNRESET':
    case 'EPIPE':
      return runtimeError('E_GONE', `instance ${name} ended before it answered`);
    case 'EACCES':
    case 'EPERM':
      return usageError('E_ACCESS', `instance ${name} belongs to another user`);
    default:
      return error;
  }
}

function noAnswer(name: string, what: string): NetemuError {
  const pid = runtime.readClaim(name)?.pid;
  return runtimeError(
    'E_NO_ANSWER',
    `instance ${name} ${what}${pid === undefined ? '' : ` (pid ${pid})`}`,
    pid === undefined ? undefined : `kill -9 ${pid} ends it; its traffic then flows untouched`,
  );
}
