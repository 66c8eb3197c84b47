/**
 * One sample of the TCP probe: a connection, and what is transferred over it, within the time allowed.
 *
 * A connection that has served its purpose is ended by a reset unless the peer ends it too: no
 * acknowledgement or repeated FIN of it meets the next segment, where the emulator would number it as a
 * flow, and its port does not wait for a minute (TIME-WAIT). Health checks of load balancers do the same.
 * The price: a reset is sent once, and where it is lost the server keeps the connection until it tires of it.
 */
import type { OnReadOpts, Socket } from 'node:net';
import type { TcpInfo } from '../../tun/tcp-info.js';
import type { SeriesRecord } from './probe.js';
import { TcpDial, type TcpEnd } from './tcp-dial.js';
import type { TcpPorts } from './tcp-ports.js';
import { TcpSeries } from './tcp-series.js';
import type { TcpSettings } from './tcp-settings.js';
import { TcpTransfer } from './tcp-transfer.js';

/** So long a peer that has everything may take to end the connection. */
const GRACE_MS = 1_000;

/** Where all that comes is put, and never looked at. */
const SINK = Buffer.alloc(262_144);

export interface TcpOutcome {
  readonly failure: string | null;
  readonly values: Readonly<Record<string, number>>;
  readonly series: Omit<SeriesRecord, 'index'> | null;
}

interface TcpSampleOptions {
  readonly settings: TcpSettings;
  readonly isWatched: boolean;
  /** Unless it is cut. */
  readonly onOutcome: (outcome: TcpOutcome) => void;
  /** Once, after the outcome: nothing of it is open any more. */
  readonly onClosed: () => void;
}

export class TcpSample {
  readonly #options: TcpSampleOptions;
  readonly #dial: TcpDial;
  readonly #values: Record<string, number> = {};
  #timer: NodeJS.Timeout;
  #connectedMs: number | null = null;
  #transfer: TcpTransfer | null = null;
  #series: TcpSeries | null = null;
  #isOver = false;
  #isClosed = false;

  constructor(end: TcpEnd, ports: TcpPorts, options: TcpSampleOptions) {
    this.#options = options;
    const { settings } = options;
    const onread: OnReadOpts = {
      buffer: SINK,
      callback: (bytes) => {
        this.#transfer?.receive(bytes);
        return true;
      },
    };
    this.#timer = setTimeout(() => this.#timeOut(), settings.timeoutMs);
    this.#dial = new TcpDial(end, ports, settings.bytes > 0 ? onread : null, {
      connected: (socket, ms) => this.#connected(socket, ms),
      failed: (reason) => this.#finish(reason),
    });
  }

  /** Ends it now, without an outcome if there was none. */
  cut(): void {
    this.#isOver = true;
    this.#close();
  }

  #connected(socket: Socket, ms: number): void {
    // Also after the end: without a listener an error would end the process.
    socket.on('error', () => {});
    socket.once('close', () => this.#closed());
    if (this.#isOver) return;
    this.#connectedMs = this.#dial.startedMs + ms;
    this.#values.connect = ms;
    this.#values.late = Number(this.#dial.isLate());
    const { bytes, sendBytes, receiveBytes, sampleMs } = this.#options.settings;
    if (bytes === 0) {
      this.#finish(null);
      return;
    }
    if (this.#options.isWatched) {
      this.#series = new TcpSeries(this.#dial.startedMs, sampleMs, () => this.#look());
      this.#series.take();
    }
    this.#transfer = new TcpTransfer(socket, sendBytes, receiveBytes, {
      info: () => this.#dial.info(),
      over: (failure, atMs) => this.#transferred(failure, atMs),
    });
  }

  #transferred(failure: string | null, atMs: number): void {
    if (failure === null) {
      const { sendBytes, receiveBytes } = this.#options.settings;
      // A transfer of a few bytes may be over when the first look is taken; the rate stays finite.
      const ms = Math.max(atMs - this.#connectedMs!, 1e-3);
      this.#values.transfer = ms;
      this.#values.goodput = ((sendBytes + receiveBytes) * 8e3) / ms;
    }
    this.#finish(failure);
  }

  #timeOut(): void {
    if (this.#connectedMs === null) this.#values.late = Number(this.#dial.isLate());
    this.#finish('timeout');
  }

  #finish(failure: string | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#series?.take();
    const info = this.#connectedMs === null ? null : this.#dial.info();
    if (info !== null) this.#addLast(info);
    const series = this.#series?.stop() ?? null;
    this.#options.onOutcome({ failure, values: this.#values, series });
    const isPeerEnding = failure === null && this.#options.settings.sendBytes > 0;
    if (isPeerEnding && !this.#isClosed) this.#timer = setTimeout(() => this.#close(), GRACE_MS);
    else this.#close();
  }

  /** What is known at the end of a transfer. */
  #addLast(info: TcpInfo): void {
    const { sendBytes, receiveBytes } = this.#options.settings;
    if (sendBytes > 0) {
      this.#values.retransmitted = info.retransmittedTotal;
      this.#values.rtt = info.rttMs;
      this.#values.cwnd = info.cwndBytes;
    }
    if (receiveBytes > 0 && info.outOfOrder !== null) this.#values.outOfOrder = info.outOfOrder;
  }

  #look(): Record<string, number | null> | null {
    const info = this.#dial.info();
    if (info === null) return null;
    const { rttMs, cwndBytes, retransmittedTotal: retransmitted, outOfOrder } = info;
    const { sendBytes, receiveBytes } = this.#options.settings;
    return {
      ...(sendBytes > 0 && { cwndBytes, rttMs, retransmitted }),
      ...(receiveBytes > 0 && { receivedBytes: this.#transfer?.received ?? 0, outOfOrder }),
    };
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#series?.stop();
    this.#transfer?.stop();
    this.#dial.abandon();
    // Before it was connected nobody waits for its end.
    if (this.#connectedMs === null) this.#closed();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#options.onClosed();
  }
}
