/**
 * Reads the qlog of ngtcp2's client (JSON-SEQ, qlog 0.3), line by line: the last congestion window and RTT,
 * how many packets it took for lost, and the course of these. A line that is cut, since the client was
 * killed, or that is something else is skipped. ngtcp2 writes times and RTTs in whole milliseconds, rounded
 * down.
 */
import type { SeriesRecord } from './probe.js';

/** Then every second one goes. */
const POINTS_MAX = 400;

/** Each record begins with it (RFC 7464). */
const SEPARATOR = 0x1e;

interface Point {
  readonly atMs: number;
  readonly cwndBytes: number | null;
  readonly rttMs: number | null;
  readonly inFlightBytes: number | null;
}

const COLUMNS = ['cwndBytes', 'rttMs', 'inFlightBytes'] as const;

export class QuicQlog {
  #points: Point[] = [];
  #everyMs = 1;
  #last: Point | null = null;
  #lost = 0;

  /** Packets that the client took for lost, and sent again what was in them. */
  get lost(): number {
    return this.#lost;
  }

  /** The last one, in bytes; null when the qlog has none. */
  get cwndBytes(): number | null {
    return this.#last?.cwndBytes ?? null;
  }

  /** Smoothed, the last one. Null while nothing was acknowledged: what is there then is a guess. */
  get rttMs(): number | null {
    return this.#last?.rttMs ?? null;
  }

  add(line: string): void {
    const event = parse(line.charCodeAt(0) === SEPARATOR ? line.slice(1) : line);
    if (event === null) return;
    if (event.name === 'recovery:packet_lost') this.#lost++;
    else if (event.name === 'recovery:metrics_updated') this.#addMetrics(event);
  }

  /** Null when there is nothing to draw. */
  series(index: number): SeriesRecord | null {
    const points = this.#points;
    if (points.length < 2) return null;
    const columns = COLUMNS.map((name) => [name, points.map((point) => point[name])]);
    return { index, atMs: points.map(({ atMs }) => atMs), columns: Object.fromEntries(columns) };
  }

  #addMetrics({ time, data }: Event): void {
    const isMeasured = data.min_rtt !== undefined;
    const point = {
      atMs: time,
      cwndBytes: numberOf(data.congestion_window),
      rttMs: isMeasured ? numberOf(data.smoothed_rtt) : null,
      inFlightBytes: numberOf(data.bytes_in_flight),
    };
    this.#last = point;
    const points = this.#points;
    // There are several in one ms: how that ends is what counts.
    const latest = points.at(-1);
    if (latest !== undefined && time < latest.atMs + this.#everyMs) {
      points[points.length - 1] = { ...point, atMs: latest.atMs };
      return;
    }
    points.push(point);
    if (points.length < POINTS_MAX) return;
    this.#points = points.filter((_, i) => i % 2 === 0);
    this.#everyMs = Math.max(this.#everyMs * 2, spanMs(points) / POINTS_MAX);
  }
}

interface Event {
  readonly name: string;
  readonly time: number;
  readonly data: Readonly<Record<string, unknown>>;
}

function parse(line: string): Event | null {
  // Most are of no interest, and long.
  if (!line.startsWith('{"time"')) return null;
  let event: Partial<Event> | null;
  try {
    event = JSON.parse(line);
  } catch {
    return null;
  }
  const { name, time, data } = event ?? {};
  if (typeof name !== 'string' || typeof time !== 'number') return null;
  if (typeof data !== 'object' || data === null) return null;
  return { name, time, data };
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function spanMs(points: readonly Point[]): number {
  return points[points.length - 1].atMs - points[0].atMs;
}
