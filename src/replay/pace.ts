/** Lets virtual time pass no faster than the clock, or so many times as fast. What is judged is the same. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Timers are no finer; what is due within it counts as due. */
const TIMER_MS = 1;

export class Pace {
  readonly #factor: number;
  #startMs = 0;

  /** 1: as fast as it was, 2: twice as fast. */
  constructor(factor: number) {
    this.#factor = factor;
  }

  /**
   * How long it is until `ns` after the capture's first packet, which came with the first call; below 0:
   * late.
   */
  #leftMs(ns: number): number {
    if (this.#startMs === 0) this.#startMs = performance.now() - ns / 1e6 / this.#factor;
    return this.#startMs + ns / 1e6 / this.#factor - performance.now();
  }

  /** Whether there is something to wait for. */
  isEarly(ns: number): boolean {
    return this.#leftMs(ns) > TIMER_MS;
  }

  /** `signal` ends the wait. */
  async until(ns: number, signal?: AbortSignal): Promise<void> {
    for (let left = this.#leftMs(ns); left > TIMER_MS; left = this.#leftMs(ns)) {
      if (signal?.aborted === true) return;
      // setTimeout takes no more than 2^31 − 1 ms; an aborted wait rejects.
      await sleep(Math.min(left, 1e9), null, signal && { signal }).catch(() => {});
    }
  }
}
