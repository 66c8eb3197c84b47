/** What a comparison of two results says: types only, for the report and for what computes it. */
import type { MetricKind } from '../probe/probe.js';
import type { Estimate } from '../result.js';

/**
 * `missing`: the second has no such step, metric or samples, so that nobody knows whether it got worse.
 * `incomparable`: the first has none.
 */
export type Verdict = 'worse' | 'better' | 'same' | 'missing' | 'incomparable';

/** One figure of a metric in a step of both. */
export interface ComparisonRow {
  /** The step's label, and its index in the first and in the second; null: it has no such step. */
  readonly label: string;
  readonly before: number | null;
  readonly after: number | null;
  readonly metric: string;
  readonly kind: MetricKind;
  /** `share`, `p50`, `p95`, `p99` or `mean`. */
  readonly figure: string;
  /** Null: no samples have it. */
  readonly valueBefore: Estimate | null;
  readonly valueAfter: Estimate | null;
  /** After less before, in the metric's unit; null where one is missing or beyond every number. */
  readonly difference: number | null;
  /** After ÷ before; null also where before is 0. */
  readonly ratio: number | null;
  /** Of "no change", corrected for all rows (Holm); null where nothing could be tested. */
  readonly pValue: number | null;
  /** Such as `McNemar, paired`; empty where nothing was tested. */
  readonly test: string;
  readonly verdict: Verdict;
}

export interface Comparison {
  /** In the order of the steps, then of the metrics. */
  readonly rows: readonly ComparisonRow[];
  /** Rows that are `worse`, `better`, and `missing`. */
  readonly regressions: number;
  readonly improvements: number;
  readonly missing: number;
  /** Samples of the same draws were compared with each other. */
  readonly paired: boolean;
  /** A change counts from this share of the first value on, and beyond the tool's own lateness. */
  readonly minimum: number;
  /** One line each: what differs between the two beside the service, and what could not be compared. */
  readonly notes: readonly string[];
}
