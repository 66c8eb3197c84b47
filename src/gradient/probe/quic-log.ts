/**
 * Understands what ngtcp2's client writes about one connection, line by line: whether and when the handshake
 * completed, how many probe timeouts that took, what became of the request, and why it failed. The client's
 * exit code says nothing of all that: it is 0 whatever happened. Lines that say something else are skipped.
 */

/** Since the client's start, rounded down to 1 ms, as the log has it; and by the reader's clock. */
interface Moment {
  readonly logMs: number;
  readonly atMs: number;
}

/** `I00000023 0x1f…: frm tx 0 1RTT STREAM(0x0b) id=0x0 fin=1 offset=0 len=18 uni=0` behind the ids. */
const STREAM =
  /^frm ([rt]x) \d+ (?:1RTT|0RTT) STREAM\(0x\w+\) id=0x0 fin=(\d) offset=(\d+) len=(\d+)/;
const CLOSE = /CONNECTION_CLOSE\(0x\w+\) error_code=([^(]*)\(0x(\w+)\)/;
const HEADER = /^http: stream 0x0 \[(:status|content-length): (\d+)\]/;
const STREAM_CLOSED = /^HTTP stream 0 closed with error code (\d+)/;
/** H3_NO_ERROR. */
const NO_ERROR = 0x100;
const NGTCP2_ERROR = /^ngtcp2_\w+: (ERR_\w+)/;

/** Of the request: bytes of its stream that were sent (to the end), or that came. */
interface StreamEnd {
  readonly bytes: number;
}

export class QuicLog {
  #logMs = 0;
  #sent: Moment | null = null;
  #completed: Moment | null = null;
  #requested: Moment | null = null;
  #closed: Moment | null = null;
  #isConfirmed = false;
  #isHeld = false;
  #ptos = 0;
  #handshakePtos = 0;
  #received = 0;
  #smoothedRttMs = 0;
  #status: number | null = null;
  #contentLength: number | null = null;
  #hasStreamError = false;
  #end: { tx: StreamEnd | null; rx: StreamEnd | null } = { tx: null, rx: null };
  #reason: string | null = null;

  /** The first datagram has left. */
  get hasSent(): boolean {
    return this.#sent !== null;
  }

  /** Datagrams. */
  get received(): number {
    return this.#received;
  }

  /** Both ends know all of the handshake, and the client knows that they do. */
  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  get isClosed(): boolean {
    return this.#closed !== null;
  }

  get smoothedRttMs(): number {
    return this.#smoothedRttMs;
  }

  /** From the first datagram sent to "QUIC handshake has completed"; null: it has not. */
  get handshakeMs(): number | null {
    return between(this.#sent, this.#completed);
  }

  /** From the request to the end of its stream. */
  get transferMs(): number | null {
    return between(this.#requested, this.#closed);
  }

  /** Probe timeouts before the handshake completed. */
  get handshakePtos(): number {
    return this.#handshakePtos;
  }

  /**
   * Probe timeouts, without those right after the handshake: the client's pacing, which counts with the
   * initial RTT, holds its last handshake datagram back for 22 ms, while its timer runs with the measured
   * RTT. Nothing is sent when it fires then; on a path of 1 ms it does twice in each connection.
   */
  get ptos(): number {
    return this.#ptos;
  }

  /** Of the answer. */
  get status(): number | null {
    return this.#status;
  }

  /** What stopped the connection, in a word or two; null when the log names nothing. */
  get reason(): string | null {
    return this.#reason;
  }

  /** All of the request's body went out, and ngtcp2 closes a stream only when all is acknowledged. */
  hasUploaded(bytes: number): boolean {
    return this.#isAnswered() && (this.#end.tx?.bytes ?? 0) >= bytes;
  }

  /** Bytes of the answer's body, as its head says, or those of its stream; null while it is not there. */
  get downloaded(): number | null {
    if (!this.#isAnswered()) return null;
    return this.#contentLength ?? this.#end.rx?.bytes ?? null;
  }

  /** `atMs`: when it came, by a clock of the reader's. */
  add(line: string, atMs: number): void {
    if (line.startsWith('I')) this.#addLogged(line, atMs);
    else this.#addSaid(line, atMs);
  }

  /** Behind its time and the connection's id: what ngtcp2 itself logs. */
  #addLogged(line: string, atMs: number): void {
    const [, ms, rest] = /^I(\d{8,}) 0x\w+ (.*)/.exec(line) ?? [];
    if (rest === undefined) return;
    this.#logMs = Number(ms);
    if (rest.startsWith('frm ')) this.#addFrame(rest, atMs);
    else if (rest.startsWith('rcv pto_count=')) this.#addPto();
    else if (rest.startsWith('rcv latest_rtt=')) {
      this.#smoothedRttMs = Number(/ smoothed_rtt=(\d+)/.exec(rest)?.[1] ?? 0);
    }
  }

  #addFrame(rest: string, atMs: number): void {
    if (rest.includes(' Handshake CRYPTO') && rest.startsWith('frm tx')) this.#isHeld = false;
    const [, way, fin, offset, length] = STREAM.exec(rest) ?? [];
    if (way !== undefined) {
      if (way === 'tx') this.#requested ??= { logMs: this.#logMs, atMs };
      const bytes = Number(offset) + Number(length);
      if (fin === '1') this.#end[way as 'tx' | 'rx'] = { bytes };
    }
    const [, name, code] = (rest.startsWith('frm rx') && CLOSE.exec(rest)) || [];
    if (name !== undefined) {
      this.#reason ??= name === 'CONNECTION_REFUSED' ? 'refused' : `error 0x${code}`;
    }
  }

  #addPto(): void {
    if (this.#isHeld) return;
    this.#ptos++;
    if (this.#completed === null) this.#handshakePtos++;
  }

  /** What the program around ngtcp2 says. */
  #addSaid(line: string, atMs: number): void {
    const moment = { logMs: this.#logMs, atMs };
    if (line.startsWith('Sent packet:')) this.#sent ??= moment;
    else if (line.startsWith('Received packet:')) this.#received++;
    else if (line === 'QUIC handshake has completed') {
      this.#completed ??= moment;
      this.#isHeld = true;
    } else if (line === 'QUIC handshake has been confirmed') this.#isConfirmed = true;
    else if (line.startsWith('http: stream')) this.#addHeader(line);
    else if (line.startsWith('HTTP stream')) {
      const [, code] = STREAM_CLOSED.exec(line) ?? [];
      if (code === undefined) return;
      this.#closed ??= moment;
      this.#hasStreamError ||= Number(code) !== NO_ERROR;
    } else this.#reason ??= complaintOf(line);
  }

  #addHeader(line: string): void {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === ':status') this.#status = Number(value);
    else if (name !== undefined) this.#contentLength = Number(value);
  }

  #isAnswered(): boolean {
    return (
      this.#closed !== null && !this.#hasStreamError && Math.trunc((this.#status ?? 0) / 100) === 2
    );
  }
}

/** Null: it is none. */
function complaintOf(line: string): string | null {
  if (line.startsWith('getaddrinfo:')) return 'no such name';
  if (/^(?:sendmsg|netlink): .*unreachable/i.test(line)) return 'unreachable';
  const [, error] = NGTCP2_ERROR.exec(line) ?? [];
  if (error === undefined) return null;
  return error === 'ERR_HANDSHAKE_TIMEOUT' || error === 'ERR_IDLE_CLOSE' ? 'timeout' : error;
}

/**
 * By the reader's clock, as far as the log allows: its milliseconds are the client's own, and whoever reads
 * may have been late, but within one of them the reader knows more.
 */
function between(from: Moment | null, to: Moment | null): number | null {
  if (from === null || to === null) return null;
  const logged = to.logMs - from.logMs;
  return Math.max(0, logged - 1, Math.min(to.atMs - from.atMs, logged + 1));
}
