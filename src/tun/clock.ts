/** The live path's clock, and what time it was elsewhere when it was 0. */
import { addressOf, readMonotonicClock, readWallClock } from './sys.js';

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

/** More do not make it better: one of them is not interrupted. */
const OFFSET_READINGS = 16;

/**
 * Nanoseconds between 1970 and the clock's zero. Of several readings of the wall clock, each between two of
 * the other, the one with the least between those counts.
 */
export function wallClockOffsetNs(clock: MonotonicClock): bigint {
  const wall = new BigInt64Array(2);
  const address = addressOf(wall);
  let offsetNs = 0n;
  let leastNs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < OFFSET_READINGS; i++) {
    const beforeNs = clock.nowNs();
    readWallClock(address);
    const tookNs = clock.nowNs() - beforeNs;
    if (tookNs >= leastNs) continue;
    leastNs = tookNs;
    offsetNs = wall[0]! * 1_000_000_000n + wall[1]! - BigInt(beforeNs + Math.floor(tookNs / 2));
  }
  return offsetNs;
}
