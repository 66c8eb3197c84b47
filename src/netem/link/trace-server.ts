/**
 * A link that can send at certain moments only (`trace`), with mahimahi's accounting (link_queue.cc):
 * each opportunity carries 1,504 bytes, a packet takes its IP length and 4 more (the header that a TUN
 * device puts in front). Several packets share an opportunity, one packet may need several, and what
 * is not used at once is lost. Opportunities lie at milliseconds after the start and are repeated
 * with the last one's time as period; with `once`, nothing leaves after the last one.
 *
 * An opportunity serves what came up to and including its time. (In mahimahi too, whose clock has
 * milliseconds, what comes within the millisecond after it is late.) A packet leaves the queue at
 * the opportunity that carries its first byte, and leaves the link at the one that carries its last.
 */
import assert from 'node:assert';
import type { Trace } from '../../rules/rule.js';
import { EVENT_NS, FINISH_NS, READY_NS, type Server, TIME_LIMIT_NS } from './server.js';

/** mahimahi's PACKET_SIZE: an Ethernet payload and the TUN header. */
const OPPORTUNITY_BYTES = 1504;
const TUN_HEADER_BYTES = 4;

const NS_PER_MS = 1e6;

/** Registers of `#times`. */
/** When the present repetition began. */
const CYCLE_NS = 0;
const PERIOD_NS = 1;
/** When the opportunity was of which `#leftBytes` are not used. */
const LEFT_AT_NS = 2;
/** What `#findTime` found. */
const FOUND_NS = 3;
/** What `#firstAtOrAfter` looks for, in a repetition. */
const SOUGHT_MS = 4;
const REGISTERS = 5;

export class TraceServer implements Server {
  /** The link's registers. */
  readonly #values: Float64Array;
  readonly #times = new Float64Array(REGISTERS);
  readonly #opportunitiesMs: readonly number[];
  readonly #once: boolean;
  /** The first opportunity of the present repetition that no packet has used; their number: none is left. */
  #next = 0;
  #leftBytes = 0;

  constructor(trace: Trace, values: Float64Array) {
    const { opportunitiesMs, once } = trace;
    this.#values = values;
    this.#opportunitiesMs = opportunitiesMs;
    this.#once = once;
    const times = this.#times;
    times[CYCLE_NS] = values[EVENT_NS];
    times[PERIOD_NS] = opportunitiesMs[opportunitiesMs.length - 1] * NS_PER_MS;
    assert(times[PERIOD_NS] > 0, 'a trace lasts for a time');
  }

  costOf(l3Length: number): number {
    return l3Length + TUN_HEADER_BYTES;
  }

  findReady(): void {
    const values = this.#values;
    const times = this.#times;
    if (this.#leftBytes > 0 && times[LEFT_AT_NS] === values[EVENT_NS]) {
      values[READY_NS] = values[EVENT_NS];
      return;
    }
    this.#leftBytes = 0;
    this.#skipPast();
    this.#findTime(0);
    values[READY_NS] = times[FOUND_NS];
  }

  serve(_slot: number, cost: number): void {
    const values = this.#values;
    const times = this.#times;
    if (cost <= this.#leftBytes) {
      this.#leftBytes -= cost;
      values[FINISH_NS] = values[EVENT_NS];
      return;
    }
    const needed = cost - this.#leftBytes;
    const used = Math.ceil(needed / OPPORTUNITY_BYTES);
    this.#findTime(used - 1);
    values[FINISH_NS] = times[FOUND_NS];
    times[LEFT_AT_NS] = times[FOUND_NS];
    this.#leftBytes = used * OPPORTUNITY_BYTES - needed;
    this.#use(used);
  }

  waitsTooLong(costAhead: number): boolean {
    const values = this.#values;
    const times = this.#times;
    const isLeft = times[LEFT_AT_NS] >= values[EVENT_NS];
    const leftBytes = isLeft ? this.#leftBytes : 0;
    if (costAhead < leftBytes) {
      times[FOUND_NS] = times[LEFT_AT_NS];
    } else {
      this.#skipPast();
      this.#findTime(Math.floor((costAhead - leftBytes) / OPPORTUNITY_BYTES));
    }
    return times[FOUND_NS] - values[EVENT_NS] > values[TIME_LIMIT_NS];
  }

  /** A trace has no values of its own; another trace is another link. */
  tune(): boolean {
    return false;
  }

  /** FOUND_NS: when the opportunity is that comes so many after the next; Infinity is never. */
  #findTime(later: number): void {
    const times = this.#times;
    const { length } = this.#opportunitiesMs;
    const index = this.#next + later;
    if (index < length) {
      times[FOUND_NS] = times[CYCLE_NS] + this.#opportunitiesMs[index] * NS_PER_MS;
    } else if (this.#once) {
      times[FOUND_NS] = Number.POSITIVE_INFINITY;
    } else {
      const cycles = Math.floor(index / length);
      const ms = this.#opportunitiesMs[index - cycles * length];
      times[FOUND_NS] = times[CYCLE_NS] + cycles * times[PERIOD_NS] + ms * NS_PER_MS;
    }
  }

  /** The next opportunity is so many later. */
  #use(count: number): void {
    const { length } = this.#opportunitiesMs;
    const index = this.#next + count;
    if (index < length) {
      this.#next = index;
    } else if (this.#once) {
      this.#next = length;
    } else {
      const cycles = Math.floor(index / length);
      this.#times[CYCLE_NS] += cycles * this.#times[PERIOD_NS];
      this.#next = index - cycles * length;
    }
  }

  /** The opportunities before EVENT_NS are lost: by arithmetic, as there may be millions. */
  #skipPast(): void {
    const times = this.#times;
    const nowNs = this.#values[EVENT_NS];
    this.#findTime(0);
    if (times[FOUND_NS] >= nowNs) return;
    // The last opportunity of a repetition lies at its end, so one at or after now is in the one for
    // which cycle < now <= cycle + period.
    const cycles = Math.ceil((nowNs - times[CYCLE_NS]) / times[PERIOD_NS]) - 1;
    if (this.#once && cycles > 0) {
      this.#next = this.#opportunitiesMs.length;
      return;
    }
    times[CYCLE_NS] += cycles * times[PERIOD_NS];
    times[SOUGHT_MS] = (nowNs - times[CYCLE_NS]) / NS_PER_MS;
    this.#next = this.#firstAtOrAfter();
  }

  #firstAtOrAfter(): number {
    const soughtMs = this.#times[SOUGHT_MS];
    let low = 0;
    let high = this.#opportunitiesMs.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#opportunitiesMs[middle] < soughtMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
