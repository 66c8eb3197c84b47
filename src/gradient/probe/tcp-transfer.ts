/**
 * Bytes over one TCP connection: so many there, so many back. It has gone well when the peer has
 * acknowledged all that was sent, and all that was asked for has come. Acknowledged by its kernel: a peer's
 * program may never close, or take its time, and the network is what is being measured.
 *
 * The end of what is sent goes with its last bytes (FIN), so that services which answer at the end do, and
 * no receiver waits with its last acknowledgement for more (delayed ACK, RFC 9293, 3.8.6.3).
 */
import { randomFillSync } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TcpInfo } from '../../tun/tcp-info.js';
import { socketFailureOf } from './socket-failure.js';

/** Bytes that do not compress. */
const BLOCK = randomFillSync(Buffer.alloc(131_072));

/** Between two looks at what has been acknowledged; 0.5 µs each. */
const LOOK_MS = 5;

/** A state of connections: neither side has it any more. */
const TCP_CLOSE = 7;

export interface TransferEvents {
  info(): TcpInfo | null;
  /** Once. `atMs`, by `performance.now`: when the last byte was there. */
  over(failure: string | null, atMs: number): void;
}

export class TcpTransfer {
  readonly #socket: Socket;
  readonly #events: TransferEvents;
  readonly #sendBytes: number;
  readonly #receiveBytes: number;
  #unwritten: number;
  #received = 0;
  #sentAtMs: number | null = null;
  #receivedAtMs: number | null = null;
  #isEnded = false;
  #isOver = false;
  #looking: NodeJS.Timeout | null = null;

  /** `socket` is connected; what comes is reported to `receive`. */
  constructor(socket: Socket, sendBytes: number, receiveBytes: number, events: TransferEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#sendBytes = sendBytes;
    this.#receiveBytes = receiveBytes;
    this.#unwritten = sendBytes;
    const nowMs = performance.now();
    if (sendBytes === 0) this.#sentAtMs = nowMs;
    if (receiveBytes === 0) this.#receivedAtMs = nowMs;
    socket.on('error', (error) => {
      this.#finish(this.#isEnded ? 'closed early' : socketFailureOf(error), performance.now());
    });
    socket.once('end', () => this.#end());
    // Both ends are closed, and node has closed the descriptor: there is no more to see.
    socket.once('close', () => this.#finish('closed early', performance.now()));
    if (sendBytes > 0) this.#write();
  }

  get received(): number {
    return this.#received;
  }

  receive(bytes: number): void {
    this.#received += bytes;
    if (this.#received < this.#receiveBytes || this.#receivedAtMs !== null) return;
    this.#receivedAtMs = performance.now();
    this.#judge();
  }

  /** Is over without a word. */
  stop(): void {
    this.#isOver = true;
    if (this.#looking !== null) clearInterval(this.#looking);
  }

  #write(): void {
    while (this.#unwritten > 0) {
      if (this.#isOver) return;
      const piece = BLOCK.subarray(0, Math.min(BLOCK.length, this.#unwritten));
      this.#unwritten -= piece.length;
      if (this.#unwritten > 0 && !this.#socket.write(piece)) {
        this.#socket.once('drain', () => this.#write());
        return;
      }
      if (this.#unwritten === 0) this.#socket.end(piece);
    }
    this.#looking = setInterval(() => this.#look(LOOK_MS), LOOK_MS);
  }

  /** `sinceMs`: the last acknowledgement may have come so long ago. */
  #look(sinceMs: number): void {
    const info = this.#events.info();
    // The SYN counts as one more.
    if (info?.bytesAcked == null || info.bytesAcked <= this.#sendBytes) return;
    if (this.#sentAtMs !== null) return;
    this.#sentAtMs = performance.now() - Math.min(info.lastAckMs, sinceMs);
    this.#judge();
  }

  /** The peer sends no more. */
  #end(): void {
    this.#isEnded = true;
    if (this.#unwritten === 0) this.#look(0);
    const nowMs = performance.now();
    if (this.#receivedAtMs === null) this.#finish(this.#earlyEnd(), nowMs);
    // Without TCP_INFO this is the only sign that it has everything.
    if (this.#events.info()?.bytesAcked == null && this.#socket.writableFinished) {
      this.#sentAtMs ??= nowMs;
      this.#judge();
    }
  }

  /** Libuv takes a reset behind a few last bytes for an end; the kernel's state tells one from the other. */
  #earlyEnd(): string {
    const isHalfOpen = this.#sendBytes === 0 || this.#sentAtMs === null;
    return isHalfOpen && this.#events.info()?.state === TCP_CLOSE ? 'reset' : 'closed early';
  }

  #judge(): void {
    if (this.#sentAtMs === null || this.#receivedAtMs === null) return;
    this.#finish(null, Math.max(this.#sentAtMs, this.#receivedAtMs));
  }

  #finish(failure: string | null, atMs: number): void {
    if (this.#isOver) return;
    this.stop();
    this.#events.over(failure, atMs);
  }
}
