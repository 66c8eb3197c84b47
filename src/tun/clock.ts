/** The live path's clock. */
import { addressOf, readMonotonicClock } from './sys.js';

/** Code compiled for times of 32 bits, up to 4.3 s, would have to be compiled anew. */
const CLOCK_STARTS_AT_SECONDS = 8;

/**
 * CLOCK_MONOTONIC since 8 s or a little more before the clock was made, in whole nanoseconds: exact
 * for 104 days. No allocation beyond the returned number.
 */
export class MonotonicClock {
  readonly #time = new BigInt64Array(2);
  readonly #words = new Uint32Array(this.#time.buffer);
  readonly #address = addressOf(this.#time);
  readonly #startSeconds: number;

  constructor() {
    readMonotonicClock(this.#address);
    this.#startSeconds = this.#words[0]! - CLOCK_STARTS_AT_SECONDS;
  }

  nowNs(): number {
    readMonotonicClock(this.#address);
    return (this.#words[0]! - this.#startSeconds) * 1e9 + this.#words[2]!;
  }
}
