/**
 * Looks at a transfer again and again, and keeps few enough looks to draw: when there are too many, every
 * second one goes and the pace is halved, so that all of the transfer is covered, however long it takes.
 */
import type { SeriesRecord } from './probe.js';

const POINTS_MAX = 400;

type Look = Readonly<Record<string, number | null>>;

export class TcpSeries {
  readonly #look: () => Look | null;
  #intervalMs: number;
  #timer: NodeJS.Timeout;
  #points: { readonly atMs: number; readonly look: Look }[] = [];
  readonly #startedMs: number;

  /** `startedMs`, by `performance.now`, is the series' 0. `look` gives null when there is nothing to see. */
  constructor(startedMs: number, intervalMs: number, look: () => Look | null) {
    this.#startedMs = startedMs;
    this.#intervalMs = intervalMs;
    this.#look = look;
    this.#timer = setInterval(() => this.take(), intervalMs);
  }

  /** One look, now. */
  take(): void {
    const look = this.#look();
    if (look === null) return;
    this.#points.push({ atMs: performance.now() - this.#startedMs, look });
    // One more, so that the last one stays and the next has the new distance to it.
    if (this.#points.length <= POINTS_MAX) return;
    this.#points = this.#points.filter((_, i) => i % 2 === 0);
    this.#intervalMs *= 2;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.take(), this.#intervalMs);
  }

  /** Looks no more; null when nothing was seen. */
  stop(): Omit<SeriesRecord, 'index'> | null {
    clearInterval(this.#timer);
    const [first] = this.#points;
    if (first === undefined) return null;
    const column = (name: string) => this.#points.map(({ look }) => look[name] ?? null);
    const names = Object.keys(first.look);
    return {
      atMs: this.#points.map(({ atMs }) => atMs),
      columns: Object.fromEntries(names.map((name) => [name, column(name)])),
    };
  }
}
