/** The samples of a segment that are not over yet: waited for at its end, cut when the user ends it. */

export interface Cuttable {
  /** Ends it now; it still says when it is closed. */
  cut(): void;
}

export class OpenSamples {
  readonly #open = new Set<Cuttable>();
  readonly #signal: AbortSignal;
  readonly #cut = () => {
    for (const sample of this.#open) sample.cut();
  };
  #onNone: (() => void) | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#cut);
  }

  /** `begin` makes a sample that calls `onClosed` once, some time after. */
  add(begin: (onClosed: () => void) => Cuttable): void {
    const sample = begin(() => {
      this.#open.delete(sample);
      if (this.#open.size === 0) this.#onNone?.();
    });
    this.#open.add(sample);
  }

  /** Resolves when all are closed; none may be added from then on. */
  async none(): Promise<void> {
    if (this.#signal.aborted) this.#cut();
    if (this.#open.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onNone = resolve;
      });
    }
    this.#signal.removeEventListener('abort', this.#cut);
  }
}
