/**
 * The life of an instance: it opens, is live, and ends once, because it is told to or because something
 * failed. What went wrong first is what the user hears of.
 */
import { type NetemuError, runtimeError } from '../errors.js';

export class Lifecycle {
  /** Resolves with an error when it ended by itself, and with null after `stop`. */
  readonly ended: Promise<NetemuError | null>;
  readonly #takeAway: (hasFailed: boolean) => Promise<void>;
  #resolveEnded!: (error: NetemuError | null) => void;
  #startMs = performance.now();
  #isLive = false;
  /** What went wrong beside `open`, which ends with it. */
  #openFailure: NetemuError | null = null;
  #stopping: Promise<void> | null = null;

  /** `takeAway` gives everything back; it is called once. */
  constructor(takeAway: (hasFailed: boolean) => Promise<void>) {
    this.#takeAway = takeAway;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get isEnding(): boolean {
    return this.#stopping !== null;
  }

  /** Since it is live. */
  get upSeconds(): number {
    return (performance.now() - this.#startMs) / 1000;
  }

  /** Live when `work` is done; whoever calls it calls `stop` when it fails. */
  async open(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw this.#openFailure ?? error;
    }
    if (this.#openFailure) throw this.#openFailure;
    this.#startMs = performance.now();
    this.#isLive = true;
  }

  /** Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#takeAway(false).finally(() => this.#resolveEnded(null));
    return this.#stopping;
  }

  fail(code: string, message: string): void {
    if (this.#stopping) return;
    const error = runtimeError(code, message);
    // `open` is still at work on what would be taken away.
    if (!this.#isLive) {
      this.#openFailure ??= error;
      return;
    }
    this.#stopping = this.#takeAway(true).catch(() => {});
    void this.#stopping.then(() => this.#resolveEnded(error));
  }
}
