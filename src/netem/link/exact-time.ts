/**
 * A moment on a line of a given rate, exact, so that no rounding adds up however long the line is
 * busy. n bytes take 8·10⁹·n / rate nanoseconds, so with a whole number of bits a second every moment
 * at which a packet may end is a whole number of nanoseconds and a whole number of (1 / rate)ths of
 * one. Both are kept; what a moment is compared with is whole.
 *
 *     rate 3 Mbit/s, packets of 1,000 B:  2,666,666 ns + 2,000,000 / 3,000,000
 *                                         5,333,333 ns + 1,000,000 / 3,000,000
 *                                         8,000,000 ns
 */

const WHOLE_NS = 0;
/** 0 … rate − 1. */
const PART = 1;
const RATE = 2;
const REGISTERS = 3;

const PARTS_PER_BYTE = 8e9;

/**
 * Up to here 8·10⁹·n + part is below 2^53. Quotients of such whole numbers, though rounded, never reach the
 * next whole number: they lie further below it, relatively, than 2^-53.
 */
const BYTES_AT_ONCE = 1_000_000;

export class ExactTime {
  readonly #values = new Float64Array(REGISTERS);

  constructor(bitsPerSecond: number, wholeNs: number) {
    this.#values[WHOLE_NS] = wholeNs;
    this.#values[RATE] = wholeRate(bitsPerSecond);
  }

  /**
   * From `now[index]` on the rate is another. A moment to come stays, but for less than a part of the
   * new rate; a past one moves, so that as many bits fit between it and now as before.
   */
  changeRate(bitsPerSecond: number, now: Float64Array, index: number): void {
    const values = this.#values;
    const rate = wholeRate(bitsPerSecond);
    if (rate === values[RATE]) return;
    const part = values[PART] / values[RATE];
    const sinceNs = now[index] - values[WHOLE_NS] - part;
    if (sinceNs > 0) {
      values[WHOLE_NS] = now[index] - Math.floor((sinceNs * values[RATE]) / rate);
      values[PART] = 0;
    } else {
      values[PART] = Math.min(rate - 1, Math.floor(part * rate));
    }
    values[RATE] = rate;
  }

  /** The moment `to[index]` less `span`, a time counted at the same rate; stays if that is earlier. */
  advanceTo(to: Float64Array, index: number, span: ExactTime): void {
    const values = this.#values;
    const spanValues = span.#values;
    let wholeNs = to[index] - spanValues[WHOLE_NS];
    let part = 0;
    if (spanValues[PART] > 0) {
      wholeNs--;
      part = values[RATE] - spanValues[PART];
    }
    if (wholeNs < values[WHOLE_NS]) return;
    if (wholeNs === values[WHOLE_NS] && part <= values[PART]) return;
    values[WHOLE_NS] = wholeNs;
    values[PART] = part;
  }

  copy(other: ExactTime): void {
    const values = this.#values;
    const otherValues = other.#values;
    values[WHOLE_NS] = otherValues[WHOLE_NS];
    values[PART] = otherValues[PART];
    values[RATE] = otherValues[RATE];
  }

  /** Later, by the time that so many bytes take. */
  addBytes(bytes: number): void {
    if (bytes > BYTES_AT_ONCE) {
      this.#addManyBytes(bytes);
      return;
    }
    const values = this.#values;
    const parts = values[PART] + bytes * PARTS_PER_BYTE;
    const ns = Math.floor(parts / values[RATE]);
    values[WHOLE_NS] += ns;
    values[PART] = parts - ns * values[RATE];
  }

  /** The first whole nanosecond at or after the moment goes to `to[index]`. */
  storeCeiling(to: Float64Array, index: number): void {
    const values = this.#values;
    to[index] = values[PART] > 0 ? values[WHOLE_NS] + 1 : values[WHOLE_NS];
  }

  /** Long division, three decimals at a time, so that all numbers are below 2^53 up to 9 Tbit/s. */
  #addManyBytes(bytes: number): void {
    const values = this.#values;
    const rate = values[RATE];
    let rest = bytes * 8;
    let ns = Math.floor(rest / rate);
    rest -= ns * rate;
    for (let decimals = 0; decimals < 9; decimals += 3) {
      rest *= 1000;
      const digits = Math.floor(rest / rate);
      rest -= digits * rate;
      ns = ns * 1000 + digits;
    }
    values[WHOLE_NS] += ns;
    values[PART] += rest;
    if (values[PART] >= rate) {
      values[PART] -= rate;
      values[WHOLE_NS]++;
    }
  }
}

function wholeRate(bitsPerSecond: number): number {
  return Math.max(1, Math.round(bitsPerSecond));
}
