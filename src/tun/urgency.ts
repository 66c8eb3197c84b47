/**
 * How much the loop presses for the processor: its nice value, from −10 to 0.
 *
 * With −10, packets are punctual and few are lost on a busy machine: with 0, one in a hundred is 3 times as
 * late, and the queue before the loop was seen to overflow at 8,000 packets/s each way. But a loop that is
 * woken at once for each packet also takes the processor from their sender before there are more to read:
 * TCP in bulk between two TUNs, on 2 processors, has 7.1 Gbit/s with −10 and 8.1 with 0 (medians of 3). So it
 * presses, except for bulk that need not be punctual.
 */

const PRESSING = -10;
const PATIENT = 0;

/** How often bulk is looked for, and how many super-packets are bulk in that time: at 64 KB, 0.3 Gbit/s. */
const PERIOD_NS = 100e6;
const BULK_TRAINS = 64;

export class Urgency {
  /** When to call `review` next; in an array, because a double in a field is boxed. */
  readonly reviewNs = new Float64Array(1);
  readonly #setNice: (nice: number) => void;
  #mustBePunctual = false;
  #nice = PATIENT;
  #trains = 0;

  /** `setNice` may fail: in a user namespace all stays as it is. */
  constructor(setNice: (nice: number) => void) {
    this.#setNice = setNice;
    this.#choose(PRESSING);
  }

  /** Other rules are in force; `mayHold`: some have packets wait for their time. */
  configure(mayHold: boolean): void {
    this.#mustBePunctual = mayHold;
    if (mayHold) this.#choose(PRESSING);
  }

  /** `trains`: super-packets read so far. */
  review(nowNs: number, trains: number): void {
    const isBulk = trains - this.#trains >= BULK_TRAINS;
    this.#trains = trains;
    this.reviewNs[0] = nowNs + PERIOD_NS;
    this.#choose(isBulk && !this.#mustBePunctual ? PATIENT : PRESSING);
  }

  #choose(nice: number): void {
    if (nice === this.#nice) return;
    this.#nice = nice;
    this.#setNice(nice);
  }
}
