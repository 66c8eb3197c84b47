/**
 * One sample of `quic://`: a process of ngtcp2's client, a connection, maybe a transfer. When all is done it
 * waits until the server has fallen silent and then closes the connection: what the server does not know to
 * have arrived it would send again and again, into the samples that follow.
 */
import { closeSync, createReadStream } from 'node:fs';
import { isIPv6 } from 'node:net';
import { type ChildEnd, runChild } from './child.js';
import { LineReader } from './child-text.js';
import type { SeriesRecord } from './probe.js';
import { namelessFile } from './quic-files.js';
import { QuicLog } from './quic-log.js';
import { QuicQlog } from './quic-qlog.js';
import type { QuicSettings } from './quic-settings.js';

/** For names, and for a machine with too much to do; the client ends by itself before. */
const SPARE_MS = 15_000;
/** Without a transfer: until both ends know that they have shaken hands. */
const CONFIRM_MS = 3_000;
/**
 * A server that has not heard of the last acknowledgement sends again after its own probe timeout: with one
 * RTT known 3 RTT and the 25 ms that acknowledgements may take (RFC 9002, 6.2.1), and half an RTT on the way.
 * Acknowledgements that are late have it wait twice that long: gtlsserver was seen to take 55 ms on a path of
 * 1 ms. Of 200 connections with 20 % loss each way 13 went on in the server after 50 ms of silence, and 4
 * after these 150.
 */
const quietMs = (rttMs: number) => 150 + 4 * rttMs;
/** Some servers go on looking for a larger MTU, however quiet the connection is. */
const QUIETS_MAX = 3;

interface QuicRequest {
  readonly settings: QuicSettings;
  readonly index: number;
  readonly isWatched: boolean;
  readonly signal: AbortSignal;
  /** The first datagram has left, or none will. */
  readonly onSent: () => void;
}

interface QuicOutcome {
  readonly failure: string | null;
  readonly values: Readonly<Record<string, number>>;
  readonly series: SeriesRecord | null;
  /** Datagrams came from the server. */
  readonly isAnswered: boolean;
  /** The server ended the transfer before it was complete. */
  readonly isDeclined: boolean;
}

/** Null when it was aborted. Never rejects. */
export async function runQuicSample(request: QuicRequest): Promise<QuicOutcome | null> {
  const { settings, index, isWatched, signal, onSent } = request;
  const { bytes, transfer, timeoutMs, transferTimeoutMs } = settings;
  const files: number[] = [];
  try {
    files.push(namelessFile());
    if (bytes > 0 && transfer === 'upload') files.push(namelessFile(bytes));
    const log = new QuicLog();
    const conductor = new Conductor(log, settings);
    const end = await runChild({
      argv: ['gtlsclient', ...argumentsOf(settings)],
      environment: {},
      timeoutMs: timeoutMs + (bytes > 0 ? transferTimeoutMs : CONFIRM_MS) + SPARE_MS,
      ...{ signal, files, keepBytes: 0, endBy: 'SIGINT' },
      onStart: (end) => conductor.start(end),
      onStderrLine: (line) => {
        log.add(line, performance.now());
        if (log.hasSent) onSent();
        conductor.look();
      },
    });
    conductor.stop();
    onSent();
    if (end.aborted) return null;
    const qlog = await readQlog(files[0]);
    const failure = failureOf(settings, log, end);
    const values = valuesOf(settings, log, qlog, failure);
    const series = isWatched ? qlog.series(index) : null;
    const isDeclined = failure !== null && log.isClosed;
    return { failure, values, series, isAnswered: log.received > 0, isDeclined };
  } catch (error) {
    // No file could be made or read: too many are open, or the disk is full.
    onSent();
    const { code = 'E_FILE' } = error as NodeJS.ErrnoException;
    const failure = `cannot start: ${code}`;
    return { failure, values: {}, series: null, isAnswered: false, isDeclined: false };
  } finally {
    for (const file of files) closeSync(file);
  }
}

function argumentsOf(settings: QuicSettings): string[] {
  const { host, port, path, timeoutMs, bytes, transfer } = settings;
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const upload = transfer === 'upload' ? ['--http-method=POST', '--data=/dev/fd/4'] : [];
  return [
    ...['--no-quic-dump', '--no-http-dump', '--qlog-file=/dev/fd/3'],
    `--handshake-timeout=${Math.ceil(timeoutMs)}ms`,
    // The idle timeout would end a handshake as well.
    `--timeout=${Math.ceil(Math.max(30_000, 2 * timeoutMs))}ms`,
    `--initial-rtt=${Math.round(settings.initialRttMs * 1e3)}us`,
    `--cc=${settings.congestion}`,
    // Looking for the largest datagram serves a transfer, and is noise after a handshake.
    ...(bytes > 0 ? upload : ['--no-pmtud']),
    ...[host, String(port), ...(bytes > 0 ? [`https://${authority}${path}`] : [])],
  ];
}

/** Decides when the client is to end. */
class Conductor {
  readonly #log: QuicLog;
  readonly #settings: QuicSettings;
  #end = () => {};
  #deadline: NodeJS.Timeout | null = null;
  #quiet: NodeJS.Timeout | null = null;
  #last: NodeJS.Timeout | null = null;
  #received = 0;

  constructor(log: QuicLog, settings: QuicSettings) {
    this.#log = log;
    this.#settings = settings;
  }

  start(end: () => void): void {
    this.#end = end;
  }

  /** After each line of the log. */
  look(): void {
    const log = this.#log;
    if (log.handshakeMs === null) return;
    const { bytes, transferTimeoutMs } = this.#settings;
    this.#deadline ??= setTimeout(this.#end, bytes > 0 ? transferTimeoutMs : CONFIRM_MS);
    const isDone = log.isConfirmed && (bytes === 0 || log.isClosed);
    if (!isDone) return;
    const waitMs = quietMs(log.smoothedRttMs);
    this.#last ??= setTimeout(this.#end, QUIETS_MAX * waitMs);
    if (this.#quiet !== null && log.received === this.#received) return;
    this.#received = log.received;
    clearTimeout(this.#quiet ?? undefined);
    this.#quiet = setTimeout(this.#end, waitMs);
  }

  stop(): void {
    for (const timer of [this.#deadline, this.#quiet, this.#last]) clearTimeout(timer ?? undefined);
  }
}

async function readQlog(file: number): Promise<QuicQlog> {
  const qlog = new QuicQlog();
  const lines = new LineReader((line) => qlog.add(line));
  const options = { fd: file, start: 0, autoClose: false, encoding: 'utf8' } as const;
  for await (const text of createReadStream('', options)) lines.add(text);
  lines.end();
  return qlog;
}

/** Null: it went well. */
function failureOf(settings: QuicSettings, log: QuicLog, end: ChildEnd): string | null {
  if (end.error !== null) return `cannot start: ${end.error.code}`;
  if (log.handshakeMs === null) {
    if (log.reason !== null) return log.reason;
    if (end.timedOut) return 'timeout';
    return end.signal === null ? 'no handshake' : `signal ${end.signal}`;
  }
  const { bytes, transfer } = settings;
  if (bytes === 0) return null;
  const { status } = log;
  if (status !== null && (status < 200 || status > 299)) return `status ${status}`;
  if (transfer === 'upload' ? log.hasUploaded(bytes) : (log.downloaded ?? 0) >= bytes) return null;
  return log.reason?.startsWith('error') ? log.reason : 'incomplete';
}

function valuesOf(
  { bytes, transfer }: QuicSettings,
  log: QuicLog,
  qlog: QuicQlog,
  failure: string | null,
): Record<string, number> {
  const { handshakeMs, transferMs } = log;
  const isLate = handshakeMs === null ? failure === 'timeout' : log.handshakePtos > 0;
  const hasTime = handshakeMs !== null || failure === 'timeout';
  const isComplete = bytes > 0 && failure === null && transferMs !== null && transferMs > 0;
  const ofUpload = bytes > 0 && transfer === 'upload' && handshakeMs !== null;
  const values = {
    handshake: handshakeMs,
    late: hasTime ? Number(isLate) : null,
    pto: hasTime ? log.ptos : null,
    rtt: qlog.rttMs,
    goodput: isComplete ? (8e3 * bytes) / transferMs : null,
    cwnd: ofUpload ? qlog.cwndBytes : null,
    lost: ofUpload ? qlog.lost : null,
  };
  const known = Object.entries(values).filter(([, value]) => value !== null);
  return Object.fromEntries(known) as Record<string, number>;
}
