/** What was measured: a number for each way, row and round. */

export class Samples {
  readonly #rounds = new Map<string, number[]>();
  /** Set before each round. */
  round = 0;

  note(way: string, row: string, value: number): void {
    const key = `${way}: ${row}`;
    const rounds = this.#rounds.get(key) ?? [];
    rounds[this.round] = value;
    this.#rounds.set(key, rounds);
  }

  /** Null when it was not measured. */
  median(way: string, row: string): number | null {
    return median(this.#of(way, row));
  }

  /** The median of the rounds' ratios, so that a slow phase of the machine is in both. */
  ratio(way: string, reference: string, row: string): number | null {
    const references = this.#of(reference, row);
    return median(this.#of(way, row).map((value, round) => value / references[round]));
  }

  /** The same of differences. */
  difference(way: string, reference: string, row: string): number | null {
    const references = this.#of(reference, row);
    return median(this.#of(way, row).map((value, round) => value - references[round]));
  }

  #of(way: string, row: string): readonly number[] {
    return this.#rounds.get(`${way}: ${row}`) ?? [];
  }
}

/** Rounds in which something failed have no number. */
function median(values: readonly number[]): number | null {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
