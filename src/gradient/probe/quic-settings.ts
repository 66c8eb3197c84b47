/**
 * Reads `quic://HOST:PORT[/PATH]?timeout=10s&rate=10&bytes=1mb`: handshakes only, or with a transfer of so
 * many bytes after each. ngtcp2's client can also be told the initial RTT, which decides when the first probe
 * timeout fires, and the congestion control.
 */
import { usageError } from '../../errors.js';
import type { Pairing } from './pairing.js';
import type { ProbeRequest } from './probe.js';
import { endOf, Query } from './query.js';

const PORT = 443;
const RATE_MAX = 1_000;
const TIMEOUT_MAX_MS = 600_000;
/** The client's log and qlog are about as long as what it sends. */
const BYTES_MAX = 50e6;
/** RFC 9002, 6.2.2. */
const INITIAL_RTT_MS = 333;

const CONGESTION_CONTROLS = ['cubic', 'reno', 'bbr', 'bbr2'] as const;

export interface QuicSettings {
  /** Name or address. */
  readonly host: string;
  readonly port: number;
  /** Of the transfer: posted to it, or fetched from it. */
  readonly path: string;
  /** Of the handshake. */
  readonly timeoutMs: number;
  /** Handshakes begun per second. */
  readonly rate: number;
  /** 0: no transfer. */
  readonly bytes: number;
  readonly transfer: 'upload' | 'download';
  readonly transferTimeoutMs: number;
  /** So many clients at once; further ones wait. */
  readonly concurrency: number;
  /** Three times that is the first probe timeout. */
  readonly initialRttMs: number;
  readonly congestion: (typeof CONGESTION_CONTROLS)[number];
  readonly pairing: Pairing;
}

/** Errors: E_PROBE. */
export function quicRequest(url: string, parsed: URL): ProbeRequest {
  const end = endOf(url, parsed, PORT);
  if (parsed.hash !== '') throw usageError('E_PROBE', `--probe ${url}: # has no meaning there`);
  const query = new Query(url, parsed.search.slice(1));
  const timeoutMs = query.durationMs('timeout', TIMEOUT_MAX_MS, 10_000);
  const bytes = query.bytes('bytes', BYTES_MAX);
  const hasTransfer = bytes > 0;
  const rate = query.number('rate', RATE_MAX, hasTransfer ? 1 : 10);
  const transfer = query.word('transfer', ['upload', 'download'], 'upload');
  const transferTimeoutMs = query.durationMs('transferTimeout', TIMEOUT_MAX_MS, 60_000);
  const concurrency = query.count('concurrency', 1, 1_000, hasTransfer ? 8 : 64);
  const initialRttMs = query.durationMs('initialRtt', 60_000, INITIAL_RTT_MS);
  const congestion = query.word('congestion', CONGESTION_CONTROLS, 'cubic');
  query.end();
  const settings: QuicSettings = {
    ...end,
    path: pathOf(parsed, transfer === 'download' ? bytes : 0),
    ...{ timeoutMs, rate, bytes, transfer, transferTimeoutMs },
    ...{ concurrency, initialRttMs, congestion },
    // The client cannot be told its source port, and the kernel draws: in one of three series of 120 a port
    // came twice, and two handshakes were one flow.
    pairing: 'loose',
  };
  return { kind: 'quic', text: url, settings: { ...settings }, argv: [] };
}

/** ngtcp2's server makes a body of 1000 bytes for `/1000`. */
function pathOf({ pathname }: URL, bytes: number): string {
  if (pathname !== '' && pathname !== '/') return pathname;
  return bytes > 0 ? `/${bytes}` : '/';
}
