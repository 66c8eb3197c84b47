/**
 * Times of packets relative to the first one, in nanoseconds, exact where the difference is below 2^53 ns,
 * with BigInt once for each interface and doubles for each packet. An interface counts ticks since 1970 in
 * 64 bits; the base is kept in its own ticks, as two words of 32 bits, and subtracted before anything is
 * multiplied.
 */

const WORD = 2 ** 32;
const NS_PER_S = 1_000_000_000n;
const NS_DIGITS = 9;

/** Times further away than a double counts exactly are said to be this far away. */
const TIME_NS_MAX = Number.MAX_SAFE_INTEGER;

/** A divisor of two words whose remainders, shifted by a word, stay exact: 10^6 × 2^32 < 2^53. */
const DIGITS_AT_ONCE = 6;

/** 2^n seconds hold a whole number of 5^9 / 2^(n − 9) ns. */
const FIVES = 5 ** NS_DIGITS;

interface Clock {
  /** if_tsresol: the digits of a decimal fraction, or with the highest bit set those of a binary one. */
  readonly resolution: number;
  /** if_tsoffset. */
  readonly offsetNs: bigint;
}

export class Timestamps {
  /** Absolute time of the first packet, in ns since 1970; 0 before. */
  baseNs = 0n;
  hasBase = false;
  /** `[0]`: relative time of the last packet. */
  readonly timeNs = new Float64Array(1);
  readonly #clocks: Clock[] = [];
  // By interface: whole nanoseconds in a tick, or 0 where a tick has none; the base in ticks (in nanoseconds
  // where tickNs is 0), high and low word; what is to be added because the base lies between two ticks.
  #tickNs = new Float64Array(1);
  #baseHigh = new Float64Array(1);
  #baseLow = new Float64Array(1);
  #betweenNs = new Float64Array(1);
  /** The words of a time that was divided. */
  readonly #words = new Float64Array(2);

  /** The clock of the next interface. */
  add(resolution: number, offsetSeconds: bigint): void {
    const index = this.#clocks.push({ resolution, offsetNs: offsetSeconds * NS_PER_S }) - 1;
    if (index === this.#tickNs.length) this.#grow();
    this.#tickNs[index] = tickNsOf(resolution);
    if (this.hasBase) this.#subtractBase(index);
  }

  /** Sets `timeNs` from the two words, as integers of 32 bits whose sign means nothing. */
  read(index: number, high: number, low: number): void {
    if (!this.hasBase) this.begin(this.#absoluteNs(index, high, low));
    const tickNs = this.#tickNs[index];
    const words = this.#words;
    words[0] = high >>> 0;
    words[1] = low >>> 0;
    if (tickNs === 0) this.#divide(this.#clocks[index].resolution);
    const ticks = (words[0] - this.#baseHigh[index]) * WORD + (words[1] - this.#baseLow[index]);
    this.timeNs[0] = clampNs(ticks * (tickNs || 1) + this.#betweenNs[index]);
  }

  begin(baseNs: bigint): void {
    this.baseNs = baseNs;
    this.hasBase = true;
    for (let i = 0; i < this.#clocks.length; i++) this.#subtractBase(i);
  }

  #absoluteNs(index: number, high: number, low: number): bigint {
    const { resolution, offsetNs } = this.#clocks[index];
    const ticks = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    return (ticks * NS_PER_S) / ticksPerSecond(resolution) + offsetNs;
  }

  #subtractBase(index: number): void {
    const baseNs = this.baseNs - this.#clocks[index].offsetNs;
    const tickNs = BigInt(this.#tickNs[index] || 1);
    const between = ((baseNs % tickNs) + tickNs) % tickNs;
    const ticks = (baseNs - between) / tickNs;
    this.#baseHigh[index] = Number(ticks >> 32n);
    this.#baseLow[index] = Number(ticks & 0xffff_ffffn);
    this.#betweenNs[index] = Number(-between);
  }

  /** Turns ticks that are no whole nanoseconds into nanoseconds, rounded down. */
  #divide(resolution: number): void {
    if (resolution >= 0x80) this.#shift((resolution & 0x7f) - NS_DIGITS);
    else this.#dropDigits(resolution - NS_DIGITS);
  }

  #dropDigits(digits: number): void {
    const words = this.#words;
    for (let left = digits; left > 0; left -= DIGITS_AT_ONCE) {
      const divisor = 10 ** Math.min(left, DIGITS_AT_ONCE);
      const high = Math.floor(words[0] / divisor);
      words[1] = Math.floor(((words[0] - high * divisor) * WORD + words[1]) / divisor);
      words[0] = high;
    }
  }

  /** Multiplies by 5^9, which has 21 bits, and shifts right. */
  #shift(bits: number): void {
    const words = this.#words;
    const product = words[1] * FIVES;
    const carry = Math.floor(product / WORD);
    const high = words[0] * FIVES + carry;
    const low = product - carry * WORD;
    // The words of high × 2^32 + low, which has up to 85 bits, after the shift.
    const part = 2 ** bits;
    words[0] = Math.floor(high / part);
    if (bits < 32) {
      words[1] = (high - words[0] * part) * (WORD / part) + Math.floor(low / part);
    } else {
      words[1] = Math.floor((high - words[0] * part) / (part / WORD));
    }
  }

  #grow(): void {
    this.#tickNs = twice(this.#tickNs);
    this.#baseHigh = twice(this.#baseHigh);
    this.#baseLow = twice(this.#baseLow);
    this.#betweenNs = twice(this.#betweenNs);
  }
}

export function clampNs(timeNs: number): number {
  return Math.max(-TIME_NS_MAX, Math.min(TIME_NS_MAX, timeNs));
}

function tickNsOf(resolution: number): number {
  const digits = resolution & 0x7f;
  if (digits > NS_DIGITS) return 0;
  return resolution >= 0x80 ? 1e9 / 2 ** digits : 10 ** (NS_DIGITS - digits);
}

function ticksPerSecond(resolution: number): bigint {
  return (resolution >= 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
}

function twice(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const more = new Float64Array(2 * values.length);
  more.set(values);
  return more;
}
