/**
 * Distribution of durations in fixed memory: log-linear buckets, 128 to the octave, so a quantile is
 * at most 1/128 (0.8 %) above the true one. Works over shared memory: one thread records, any
 * other makes a Histogram over the same buffer and reads.
 *
 * Values below 128 ns have a bucket each. Above, the bucket is read off the value's IEEE-754 bits:
 * the exponent and the first 7 bits of the mantissa, side by side, count buckets.
 */

const SUB_BUCKET_BITS = 7;
const SUB_BUCKETS = 2 ** SUB_BUCKET_BITS;
/** Values are integers that a double holds exactly: below 2^53. */
const VALUE_BITS = 53;
const BUCKETS = SUB_BUCKETS * (VALUE_BITS - SUB_BUCKET_BITS + 1);
const EXPONENT_BIAS = 1023;
/** What the high word's upper bits say for the value 128, less that value's bucket number. */
const BUCKET_BIAS = ((EXPONENT_BIAS + SUB_BUCKET_BITS) << SUB_BUCKET_BITS) - SUB_BUCKETS;
const MANTISSA_BITS_HIGH_WORD = 20;

/** Index of the maximum, after the buckets. */
const MAX = BUCKETS;

export const HISTOGRAM_BYTES = (BUCKETS + 1) * 8;

export class Histogram {
  readonly buffer: SharedArrayBuffer;
  readonly #counts: Float64Array;
  readonly #value = new Float64Array(1);
  /** The same 8 bytes; the high word is the second (all platforms of Node are little-endian). */
  readonly #valueWords = new Int32Array(this.#value.buffer);

  /** `buffer` has HISTOGRAM_BYTES bytes from `offset`; all zero is the empty histogram. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(HISTOGRAM_BYTES), offset = 0) {
    this.buffer = buffer;
    this.#counts = new Float64Array(buffer, offset, BUCKETS + 1);
  }

  /** As it is now, while another thread goes on recording: its quantiles are those of one moment. */
  copy(): Histogram {
    const copy = new Histogram();
    copy.#counts.set(this.#counts);
    return copy;
  }

  clear(): void {
    this.#counts.fill(0);
  }

  /** Adds a value in nanoseconds, from 0 to 2^53 − 1; negative ones count as 0. */
  record(valueNs: number): void {
    this.#value[0] = valueNs;
    this.recordFrom(this.#value, 0, 1);
  }

  /** Adds `values[at]`, so many times: a double that crosses a call would be boxed. */
  recordFrom(values: Float64Array, at: number, times: number): void {
    const counts = this.#counts;
    const valueNs = values[at];
    if (valueNs < SUB_BUCKETS) {
      counts[valueNs > 0 ? valueNs | 0 : 0] += times;
    } else {
      this.#value[0] = valueNs;
      const bits = this.#valueWords[1] >> (MANTISSA_BITS_HIGH_WORD - SUB_BUCKET_BITS);
      counts[bits - BUCKET_BIAS] += times;
    }
    if (valueNs > counts[MAX]) counts[MAX] = valueNs;
  }

  get count(): number {
    let count = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) count += this.#counts[bucket];
    return count;
  }

  /** The largest value recorded, exactly; 0 when empty. */
  get max(): number {
    return this.#counts[MAX];
  }

  /** The value in nanoseconds that the share `q` (0..1) of all values does not exceed; 0 when empty. */
  quantile(q: number): number {
    const rank = Math.max(1, Math.ceil(q * this.count));
    let count = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      count += this.#counts[bucket];
      if (count >= rank) return Math.min(bucketMax(bucket), this.max);
    }
    return this.max;
  }
}

/** The largest integer that falls into the bucket. */
function bucketMax(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const octave = (bucket >> SUB_BUCKET_BITS) - 1;
  const width = 2 ** octave;
  return (SUB_BUCKETS + (bucket & (SUB_BUCKETS - 1)) + 1) * width - 1;
}
