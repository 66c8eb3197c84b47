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
import { ConnectionSample } from './connection-sample.js';
import type { SeriesRecord } from './probe.js';
import type { ServerEnd } from './server-end.js';
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
  readonly end: ServerEnd;
  readonly ports: TcpPorts;
  readonly settings: TcpSettings;
  readonly isWatched: boolean;
  /** Unless it is cut. */
  readonly onOutcome: (outcome: TcpOutcome) => void;
  readonly onClosed: () => void;
}

export class TcpSample extends ConnectionSample {
  readonly #options: TcpSampleOptions;
  #connectedMs = 0;
  #transfer: TcpTransfer | null = null;
  #series: TcpSeries | null = null;

  constructor(options: TcpSampleOptions) {
    const { end, ports, settings, onClosed } = options;
    const onread: OnReadOpts = {
      buffer: SINK,
      callback: (bytes) => {
        this.#transfer?.receive(bytes);
        return true;
      },
    };
    const { timeoutMs, bytes } = settings;
    super({ end, ports, timeoutMs, onread: bytes > 0 ? onread : null, onClosed });
    this.#options = options;
  }

  protected begin(socket: Socket): void {
    this.#connectedMs = this.dial.startedMs + this.values.connect!;
    const { bytes, sendBytes, receiveBytes, sampleMs } = this.#options.settings;
    if (bytes === 0) {
      this.finish(null);
      return;
    }
    if (this.#options.isWatched) {
      this.#series = new TcpSeries(this.dial.startedMs, sampleMs, () => this.#look());
      this.#series.take();
    }
    this.#transfer = new TcpTransfer(socket, sendBytes, receiveBytes, {
      info: () => this.dial.info(),
      over: (failure, atMs) => this.#transferred(failure, atMs),
    });
  }

  protected ended(failure: string | null): number {
    this.#series?.take();
    const info = this.isConnected ? this.dial.info() : null;
    if (info !== null) this.#addLast(info);
    const series = this.#series?.stop() ?? null;
    this.#options.onOutcome({ failure, values: this.values, series });
    return failure === null && this.#options.settings.sendBytes > 0 ? GRACE_MS : 0;
  }

  protected override stop(): void {
    this.#series?.stop();
    this.#transfer?.stop();
  }

  #transferred(failure: string | null, atMs: number): void {
    if (failure === null) {
      const { sendBytes, receiveBytes } = this.#options.settings;
      // A transfer of a few bytes may be over when the first look is taken; the rate stays finite.
      const ms = Math.max(atMs - this.#connectedMs, 1e-3);
      this.values.transfer = ms;
      this.values.goodput = ((sendBytes + receiveBytes) * 8e3) / ms;
    }
    this.finish(failure);
  }

  /** What is known at the end of a transfer. */
  #addLast(info: TcpInfo): void {
    const { sendBytes, receiveBytes } = this.#options.settings;
    if (sendBytes > 0) {
      this.values.retransmitted = info.retransmittedTotal;
      this.values.rtt = info.rttMs;
      this.values.cwnd = info.cwndBytes;
    }
    if (receiveBytes > 0 && info.outOfOrder !== null) this.values.outOfOrder = info.outOfOrder;
  }

  #look(): Record<string, number | null> | null {
    const info = this.dial.info();
    if (info === null) return null;
    const { rttMs, cwndBytes, retransmittedTotal: retransmitted, outOfOrder } = info;
    const { sendBytes, receiveBytes } = this.#options.settings;
    return {
      ...(sendBytes > 0 && { cwndBytes, rttMs, retransmitted }),
      ...(receiveBytes > 0 && { receivedBytes: this.#transfer?.received ?? 0, outOfOrder }),
    };
  }
}
