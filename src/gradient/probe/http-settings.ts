/**
 * Reads `https://HOST[:PORT]/PATH?QUERY#timeout=5s&rate=10&insecure=1&method=get`. The query is the server's;
 * the settings stand where a fragment would, which never reaches a server (RFC 9110, 4.2.5).
 */
import type { ProbeRequest } from './probe.js';
import { endOf, Query } from './query.js';
import { synLinearTimeouts } from './tcp-settings.js';

const TIMEOUT_MAX_MS = 3_600_000;
const RATE_MAX = 10_000;
const METHODS = ['get', 'head', 'post', 'put', 'delete', 'options'] as const;

export interface HttpSettings {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** As a request has them: path with query, and the field Host. */
  readonly target: string;
  readonly authority: string;
  /** In capitals. */
  readonly method: string;
  /** Any certificate will do. */
  readonly insecure: boolean;
  /** From the first SYN to the last byte. */
  readonly timeoutMs: number;
  /** Requests begun per second. */
  readonly rate: number;
  /** How much a server sends is its own decision. */
  readonly bytes: 0;
  readonly synLinear: number;
}

/** `synLinear` is given by tests only. */
export function httpRequest(
  url: string,
  parsed: URL,
  synLinear = synLinearTimeouts(),
): ProbeRequest {
  const isTls = parsed.protocol === 'https:';
  const end = endOf(url, parsed, isTls ? 443 : 80);
  const query = new Query(url, parsed.hash.slice(1));
  const timeoutMs = query.durationMs('timeout', TIMEOUT_MAX_MS, 5_000);
  const rate = query.number('rate', RATE_MAX, 10);
  const insecure = query.flag('insecure');
  const method = query.word('method', METHODS, 'get').toUpperCase();
  query.end();
  const target = parsed.pathname + parsed.search;
  const request = { isTls, target, authority: parsed.host, method, insecure } as const;
  const settings: HttpSettings = { ...end, ...request, timeoutMs, rate, bytes: 0, synLinear };
  return { kind: 'http', text: url, settings: { ...settings }, argv: [] };
}
