/**
 * A line that sends so many bits a second (`rate`). It gathers the right to send at that rate; a packet
 * leaves when there is enough for all of it. In idleness it gathers at most `burst` bytes: with none, a
 * packet of n bytes leaves 8n / rate after it could begin, as on a serial line; with some it is a token
 * bucket, full at the start. A packet larger than the bucket waits for the rest of its bytes, so none
 * starves. Departures are rounded up to whole nanoseconds, so the rate is never exceeded, but what is
 * counted from is exact (exact-time.ts): after n packets without idleness it is still one rounding.
 */
import type { Impairments, Rate } from '../../rules/rule.js';
import type { PacketMemory } from '../packet-memory.js';
import { ExactTime } from './exact-time.js';
import { EVENT_NS, FINISH_NS, READY_NS, type Server, TIME_LIMIT_NS } from './server.js';

/** Registers of `#scratch`. */
const AHEAD_NS = 0;

export class RateServer implements Server {
  readonly #memory: PacketMemory;
  /** The link's registers. */
  readonly #values: Float64Array;
  readonly #scratch = new Float64Array(1);
  /**
   * When the bucket was, or will be, empty: at time t there are rate·(t − empty) bits in it. Each packet
   * moves this on by its own time. As idleness fills no more than the bucket, a packet that comes at
   * time t finds it not before t less the time that the bucket takes to fill.
   */
  readonly #emptyAt: ExactTime;
  /** `#emptyAt` as it will be when what waits has left. */
  readonly #ahead: ExactTime;
  /** The time that the bucket takes to fill. */
  #fillTime: ExactTime;
  #rate: Rate;

  constructor(rate: Rate, memory: PacketMemory, values: Float64Array) {
    this.#memory = memory;
    this.#values = values;
    this.#rate = rate;
    this.#emptyAt = new ExactTime(rate.bitsPerSecond, Number.NEGATIVE_INFINITY);
    this.#ahead = new ExactTime(rate.bitsPerSecond, 0);
    this.#fillTime = fillTime(rate);
    this.#emptyAt.advanceTo(values, EVENT_NS, this.#fillTime);
  }

  costOf(l3Length: number): number {
    const { overheadBytes, cellBytes, cellOverheadBytes } = this.#rate;
    const bytes = Math.max(0, l3Length + overheadBytes);
    if (cellBytes === 0) return bytes;
    return Math.max(0, Math.ceil(bytes / cellBytes) * (cellBytes + cellOverheadBytes));
  }

  findReady(): void {
    this.#values[READY_NS] = this.#values[EVENT_NS];
  }

  serve(slot: number, cost: number): void {
    const values = this.#values;
    // From its arrival, not from the event: the end of the packet before is rounded up there.
    this.#emptyAt.advanceTo(this.#memory.arrivalNs, slot, this.#fillTime);
    this.#emptyAt.addBytes(cost);
    this.#emptyAt.storeCeiling(values, FINISH_NS);
    if (values[FINISH_NS] < values[EVENT_NS]) values[FINISH_NS] = values[EVENT_NS];
  }

  /** Its service begins when what is ahead has left. */
  waitsTooLong(costAhead: number): boolean {
    const values = this.#values;
    this.#ahead.copy(this.#emptyAt);
    this.#ahead.addBytes(costAhead);
    this.#ahead.storeCeiling(this.#scratch, AHEAD_NS);
    return this.#scratch[AHEAD_NS] - values[EVENT_NS] > values[TIME_LIMIT_NS];
  }

  tune({ rate }: Impairments): boolean {
    if (rate === null || rate === this.#rate) return false;
    const values = this.#values;
    this.#emptyAt.advanceTo(values, EVENT_NS, this.#fillTime);
    this.#emptyAt.changeRate(rate.bitsPerSecond, values, EVENT_NS);
    this.#fillTime = fillTime(rate);
    const before = this.#rate;
    this.#rate = rate;
    return (
      rate.overheadBytes !== before.overheadBytes ||
      rate.cellBytes !== before.cellBytes ||
      rate.cellOverheadBytes !== before.cellOverheadBytes
    );
  }
}

function fillTime({ bitsPerSecond, burstBytes }: Rate): ExactTime {
  const time = new ExactTime(bitsPerSecond, 0);
  time.addBytes(burstBytes);
  return time;
}
