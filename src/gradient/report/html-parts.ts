/** What several of the page's parts share: figures, units, and the summary of a metric. */
import type { MetricKind } from '../probe/probe.js';
import type { MetricSummary, StepSummary } from '../result.js';
import type { Chart, Unit } from './html-page-data.js';

export interface Figure {
  readonly chart: Chart;
  readonly title: string;
  readonly says: string;
  /** For those who cannot see the chart. */
  readonly words: string;
  /** As wide as the page. */
  readonly isWide: boolean;
}

/** Null where the step knows nothing of the metric, whose name may be anything. */
export function summaryOf({ metrics }: StepSummary, name: string): MetricSummary | null {
  return Object.hasOwn(metrics, name) ? metrics[name]! : null;
}

export function unitOf(kind: MetricKind): Unit {
  return kind === 'count' ? 'number' : kind;
}
