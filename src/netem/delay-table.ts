/**
 * How long the packets of each counter row took, as distributions in shared memory: the engine records,
 * any other thread reads. Rows that record nothing cost no memory.
 */
import { HISTOGRAM_BYTES, Histogram } from './histogram.js';
import { COUNTER_ROWS_MAX } from './limits.js';

export const DELAY_TABLE_BYTES = COUNTER_ROWS_MAX * HISTOGRAM_BYTES;

export class DelayTable {
  readonly #buffer: SharedArrayBuffer | null;
  readonly #rows: (Histogram | undefined)[] = [];

  /** `buffer` has DELAY_TABLE_BYTES bytes, all zero; without one, only its maker reads the table. */
  constructor(buffer: SharedArrayBuffer | null = null) {
    this.#buffer = buffer;
  }

  row(row: number): Histogram {
    let histogram = this.#rows[row];
    if (histogram === undefined) {
      histogram =
        this.#buffer === null
          ? new Histogram()
          : new Histogram(this.#buffer, row * HISTOGRAM_BYTES);
      this.#rows[row] = histogram;
    }
    return histogram;
  }

  /** The row begins anew. */
  clear(row: number): void {
    this.#rows[row]?.clear();
  }
}
