/**
 * Lets the samples of a segment begin in their order, and not too many at once. The emulator numbers flows by
 * their first packet, and a process takes its time until it sends one: so each waits until the one before it
 * has.
 */

export class Turns {
  readonly #limit: number;
  readonly #waiting: ((onSent: () => void) => Promise<void>)[] = [];
  #running = 0;
  /** One has begun and has not sent yet. */
  #isBeginning = false;
  #onNone: (() => void) | null = null;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get running(): number {
    return this.#running;
  }

  /** `run` resolves at its end, and calls `onSent` before that, maybe several times. It must not reject. */
  add(run: (onSent: () => void) => Promise<void>): void {
    this.#waiting.push(run);
    this.#next();
  }

  /** Those that have not begun will not. */
  drop(): void {
    this.#waiting.length = 0;
  }

  /** Resolves when all are over; none may be added from then on. */
  async none(): Promise<void> {
    if (this.#running === 0 && this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => {
      this.#onNone = resolve;
    });
  }

  #next(): void {
    if (this.#isBeginning || this.#running >= this.#limit) return;
    const run = this.#waiting.shift();
    if (run === undefined) {
      if (this.#running === 0) this.#onNone?.();
      return;
    }
    this.#running++;
    this.#isBeginning = true;
    let hasSent = false;
    const onSent = () => {
      if (hasSent) return;
      hasSent = true;
      this.#isBeginning = false;
      this.#next();
    };
    void run(onSent).then(() => {
      this.#running--;
      onSent();
      this.#next();
    });
  }
}
