/**
 * The samples of a step, those of all its rounds one after the other, as typed columns: what is missing is
 * NaN. Ladders have millions of values, so nothing here makes an object for each of them.
 */
import { FAILED, type MetricSpec } from '../probe/probe.js';
import type { GradientRecord, SegmentRecord, Step } from '../result.js';

/** Rows of two steps that belong together: `a[i]` and `b[i]`. */
export interface Pairs {
  readonly a: Int32Array;
  readonly b: Int32Array;
}

export class StepSamples {
  readonly step: Step;
  readonly segments: readonly SegmentRecord[];
  readonly count: number;
  /** 1 where the sample failed. */
  readonly failed: Float64Array;
  readonly #columns = new Map<string, Float64Array>();
  #rows: Map<number, number> | null = null;

  constructor(record: GradientRecord, step: Step) {
    this.step = step;
    this.segments = record.segments.filter((segment) => segment.step === step.index);
    this.count = this.segments.reduce((sum, { index }) => sum + index.length, 0);
    this.failed = this.#gather((segment, row) => ((segment.failure[row] ?? -1) >= 0 ? 1 : 0));
  }

  /** What is summed up of a metric: NaN where a sample has nothing to say about it. */
  column(spec: MetricSpec): Float64Array {
    if (spec.name === FAILED.name) return this.failed;
    let column = this.#columns.get(spec.name);
    if (column === undefined) {
      column = this.#gather(({ values }, row) => values[spec.name]?.[row] ?? Number.NaN);
      this.#columns.set(spec.name, column);
    }
    return column;
  }

  /** As `column`, and failed samples are worse than all others: quick or never is not quick. */
  ranked(spec: MetricSpec): Float64Array {
    const column = this.column(spec);
    const worst = worstOf(spec);
    if (worst === null) return column;
    return column.map((value, row) => (this.failed[row] === 1 ? worst : value));
  }

  /** The samples of the same round and index in both; those of cut segments may lack theirs. */
  pairsWith(other: StepSamples): Pairs {
    const own = this.#rowOf();
    const theirs = other.#rowOf();
    const a = new Int32Array(Math.min(own.size, theirs.size));
    const b = new Int32Array(a.length);
    let count = 0;
    for (const [key, row] of theirs) {
      const ownRow = own.get(key);
      if (ownRow === undefined) continue;
      a[count] = ownRow;
      b[count++] = row;
    }
    return { a: a.subarray(0, count), b: b.subarray(0, count) };
  }

  /** How many failed for which reason. */
  failures(): Record<string, number> {
    const counts = new Map<string, number>();
    for (const { index, failure, failureReasons } of this.segments) {
      for (let row = 0; row < index.length; row++) {
        const number = failure[row] ?? -1;
        if (number < 0) continue;
        const reason = failureReasons[number] ?? 'unknown';
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    }
    return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
  }

  #gather(read: (segment: SegmentRecord, row: number) => number): Float64Array {
    const column = new Float64Array(this.count);
    let at = 0;
    for (const segment of this.segments) {
      for (let row = 0; row < segment.index.length; row++) column[at++] = read(segment, row);
    }
    return column;
  }

  /** By round and index in one number: a round has fewer than 2^32 samples. */
  #rowOf(): Map<number, number> {
    if (this.#rows !== null) return this.#rows;
    this.#rows = new Map();
    let at = 0;
    for (const { round, index } of this.segments) {
      for (const number of index) this.#rows.set(round * 2 ** 32 + number, at++);
    }
    return this.#rows;
  }
}

/** Of a failed sample: it took for ever, or had no goodput at all. Null: nothing can be said for it. */
function worstOf({ kind, better }: MetricSpec): number | null {
  if (kind === 'share') return null;
  if (kind === 'time') return Number.POSITIVE_INFINITY;
  return better === 'higher' ? 0 : null;
}

/** The probe's, and `failed` in any case. */
export function metricsOf({ probe }: GradientRecord): readonly MetricSpec[] {
  const hasFailed = probe.metrics.some(({ name }) => name === FAILED.name);
  return hasFailed ? probe.metrics : [...probe.metrics, FAILED];
}

/** Without what is missing. */
export function present(column: Float64Array): Float64Array {
  return column.filter((value) => !Number.isNaN(value));
}
