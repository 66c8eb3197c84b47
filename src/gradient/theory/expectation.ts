/** What theory can say of a metric, and what it begins with. */
import type { Rule } from '../../rules/rule.js';
import type { ProbeKind, ProbeSettings } from '../probe/probe.js';

export type Expectation =
  | { readonly kind: 'share'; readonly probability: number; readonly model: string }
  | {
      readonly kind: 'mean';
      readonly mean: number;
      /** Of one sample; the third moment is a central one, which few long waits make large. */
      readonly sd: number;
      readonly thirdMoment: number;
      readonly model: string;
    }
  | {
      readonly kind: 'range';
      readonly value: number;
      readonly low: number;
      readonly high: number;
      readonly model: string;
    };

/** By the metric's name. */
export type Expectations = Readonly<Record<string, Expectation>>;

/** Of one round trip as the probe sees it (`BASELINE_METRICS`), in step 0, of samples that were not late. */
export interface Baseline {
  readonly meanMs: number;
  readonly sdMs: number;
  readonly count: number;
}

export interface Context {
  readonly kind: ProbeKind;
  readonly settings: ProbeSettings;
  /** Of the step. */
  readonly rule: Rule;
  /** Null before it was measured; there are no expectations of times then. */
  readonly baseline: Baseline | null;
  /** Of step 0, whose delays the baseline has in it already. Left out: the step's are no others. */
  readonly baseRule?: Rule | undefined;
}
