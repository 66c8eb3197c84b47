/** Gathers a segment's samples into columns, in the order of their indices, as they come in any order. */
import type { MetricSpec, Sample, SampleSink, SeriesRecord } from '../probe/probe.js';
import type { SegmentRecord } from '../result.js';

/** A segment that would have more is a mistake, or takes all memory. */
const SAMPLES_MAX = 2_000_000;
const SERIES_MAX = 20;
const NOTES_MAX = 20;

export type Collected = Pick<
  SegmentRecord,
  'index' | 'atMs' | 'failure' | 'failureReasons' | 'values' | 'series' | 'begunLateMs' | 'notes'
>;

export class Collector implements SampleSink {
  failed = 0;
  readonly #samples: Sample[] = [];
  readonly #series: SeriesRecord[] = [];
  readonly #lateMs: number[] = [];
  readonly #notes = new Set<string>();
  readonly #metrics: Map<string, MetricSpec>;

  /** `metrics` outlives the segment: what is found in one is known in the next. */
  constructor(metrics: Map<string, MetricSpec>) {
    this.#metrics = metrics;
  }

  get count(): number {
    return this.#samples.length;
  }

  add(sample: Sample): void {
    if (this.#samples.length === SAMPLES_MAX) {
      this.note(`more than ${SAMPLES_MAX} samples: the rest is not kept`);
      return;
    }
    this.#samples.push(sample);
    if (sample.failure !== null) this.failed++;
  }

  series(series: SeriesRecord): void {
    if (this.#series.length < SERIES_MAX) this.#series.push(series);
  }

  begunLate(ms: number): void {
    if (this.#lateMs.length < SAMPLES_MAX) this.#lateMs.push(ms);
  }

  metric(spec: MetricSpec): void {
    if (!this.#metrics.has(spec.name)) this.#metrics.set(spec.name, spec);
  }

  note(line: string): void {
    if (this.#notes.size < NOTES_MAX) this.#notes.add(line);
  }

  /**
   * Of a segment that was cut short only what comes before the first sample that was still open: of those
   * behind it the quick ones are there and the slow ones are not.
   */
  collected(isCut: boolean): Collected {
    const all = this.#samples.toSorted((a, b) => a.index - b.index);
    const firstOpen = all.findIndex(({ index }, at) => index !== at);
    const samples = isCut && firstOpen >= 0 ? all.slice(0, firstOpen) : all;
    const failureReasons = [...new Set(samples.map(({ failure }) => failure))].filter(
      (reason) => reason !== null,
    );
    const numberOf = new Map(failureReasons.map((reason, number) => [reason, number]));
    const names = new Set(samples.flatMap(({ values }) => Object.keys(values)));
    const column = (name: string) => samples.map(({ values }) => finite(values[name]));
    return {
      index: samples.map(({ index }) => index),
      atMs: samples.map(({ atMs }) => atMs),
      failure: samples.map(({ failure }) => (failure === null ? -1 : numberOf.get(failure)!)),
      failureReasons,
      values: Object.fromEntries([...names].sort().map((name) => [name, column(name)])),
      series: this.#series.toSorted((a, b) => a.index - b.index),
      begunLateMs: this.#begunLateMs(),
      notes: [...this.#notes],
    };
  }

  #begunLateMs(): SegmentRecord['begunLateMs'] {
    if (this.#lateMs.length === 0) return null;
    const sorted = Float64Array.from(this.#lateMs).sort();
    const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
    return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1)! };
  }
}

/** JSON knows no other numbers. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
