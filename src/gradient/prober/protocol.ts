/** What netemu and its prober's process say to each other, over node's channel. */
import type { PlainError } from '../../errors.js';
import type { MetricSpec, ProbeRequest, SegmentRequest } from '../probe/probe.js';
import type { SegmentRecord } from '../result.js';

/** What a prober knows of a segment; the rest of the record is the emulator's. */
export type ProbedSegment = Omit<
  SegmentRecord,
  'step' | 'round' | 'startedAt' | 'traffic' | 'emulator'
>;

/** netemu → prober. */
export type ProberOrder =
  /** First of all. */
  | { readonly kind: 'prepare'; readonly request: ProbeRequest }
  /** One at a time. */
  | { readonly kind: 'segment'; readonly segment: SegmentRequest }
  /** No new samples; the segment ends within a second or two, and says what there is. */
  | { readonly kind: 'cut' };

/** Prober → netemu. */
export type ProberReport =
  | {
      readonly kind: 'ready';
      readonly metrics: readonly MetricSpec[];
      readonly program: string | null;
    }
  /** It cannot be prepared; the prober ends. */
  | { readonly kind: 'failed'; readonly error: PlainError }
  /** Now and then. */
  | { readonly kind: 'progress'; readonly samples: number; readonly failed: number }
  | {
      readonly kind: 'segment';
      readonly probed: ProbedSegment;
      /** All that are known by now: a command's are found in its output. */
      readonly metrics: readonly MetricSpec[];
    };
