/**
 * Reads `tcp://HOST:PORT?timeout=5s&rate=10&send=1mb&receive=1mb&sample=50ms`: connections only, or with a
 * transfer in either direction, or in both, one after the other.
 */
import { readFileSync } from 'node:fs';
import type { ProbeRequest } from './probe.js';
import { endOf, Query } from './query.js';

const TIMEOUT_MAX_MS = 3_600_000;
const BYTES_MAX = 100e9;
const RATE_MAX = 10_000;

export interface TcpSettings {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
  /** For the whole of a sample. */
  readonly timeoutMs: number;
  /** Samples begun per second. */
  readonly rate: number;
  /** The larger of both transfers, and its direction; in doubt that of `send`. */
  readonly bytes: number;
  readonly upload: 'send' | 'receive' | 'none';
  readonly sendBytes: number;
  readonly receiveBytes: number;
  /** Between two looks at a transfer. */
  readonly sampleMs: number;
  /** See `synLinearTimeouts`; for the prediction. */
  readonly synLinear: number;
}

/** `synLinear` is given by tests only. */
export function tcpRequest(
  url: string,
  parsed: URL,
  synLinear = synLinearTimeouts(),
): ProbeRequest {
  const end = endOf(url, parsed, null);
  const query = new Query(url, parsed.search.slice(1));
  const timeoutMs = query.durationMs('timeout', TIMEOUT_MAX_MS, 5_000);
  const rate = query.number('rate', RATE_MAX, 10);
  const sendBytes = query.bytes('send', BYTES_MAX);
  const receiveBytes = query.bytes('receive', BYTES_MAX);
  const sampleMs = query.durationMs('sample', 60_000, 50);
  query.end();
  const bytes = Math.max(sendBytes, receiveBytes);
  const upload = bytes === 0 ? 'none' : sendBytes >= receiveBytes ? 'send' : 'receive';
  const transfer = { bytes, upload, sendBytes, receiveBytes, sampleMs } as const;
  const settings: TcpSettings = { ...end, timeoutMs, rate, ...transfer, synLinear };
  return { kind: 'tcp', text: url, settings: { ...settings }, argv: [] };
}

/**
 * How many times this kernel sends a SYN again after 1 s each, before it begins to double: the ladder is
 * 1, 2, 3, 4, 5, 7, 11 s with Linux 6.5's default of 4, and 1, 3, 7, 15 s with 0, as it was before. New
 * network namespaces begin with the default.
 */
export function synLinearTimeouts(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/tcp_syn_linear_timeouts', 'utf8'));
  } catch {
    return 0;
  }
}
