/**
 * What a gradient leaves behind, `results.json`: what was measured (`GradientRecord`, raw, one segment for
 * each step and round) and what follows from it (`Analysis`). Types only, so that probes, analysis and
 * reports agree without importing each other. Times are milliseconds, shares 0..1, rates bit/s.
 */
import type { InstanceStatus, RuleStatus } from '../control/types.js';
import type { PlainError } from '../errors.js';
import type { MetricSpec, ProbeKind, ProbeSettings, SeriesRecord } from './probe/probe.js';

export const RESULT_FORMAT = 'netemu-gradient';
/** Grows when older programs cannot read what newer ones write. */
export const RESULT_VERSION = 1;

/** How the segments follow one another: all rounds of a step, by chance, or each round all steps. */
export const ORDERS = ['ramp', 'random', 'interleaved'] as const;
export type Order = (typeof ORDERS)[number];

/** One rung of the ladder. */
export interface Step {
  /** 0 is the baseline, without the stepped impairment. */
  readonly index: number;
  /** `baseline`, or the value as the user wrote it, such as `0.5%`. */
  readonly label: string;
  /** The stepped number as tc reads it: a share, nanoseconds, bit/s, or as it is. 0 in the baseline. */
  readonly value: number;
  /** Canonical text of the rule in force. */
  readonly rule: string;
}

/** Measured in one step and round. Columns have one entry for each sample, in the order of `index`. */
export interface SegmentRecord {
  readonly step: number;
  /** From 0; the steps of one round share their randomness, unless they are independent. */
  readonly round: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** Which sample of the round: those of the same index in other steps are its pairs. */
  readonly index: readonly number[];
  /** When it began, since the segment did. */
  readonly atMs: readonly number[];
  /** Index into `failureReasons`, −1: none. */
  readonly failure: readonly number[];
  readonly failureReasons: readonly string[];
  /** By the metric's name; null where a sample has no such value. */
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  /** Of some samples, how something went on over time (congestion window, RTT). */
  readonly series: readonly SeriesRecord[];
  /** The rule's packets; null when the emulator could not tell. */
  readonly traffic: RuleStatus | null;
  readonly emulator: Pick<
    InstanceStatus,
    'latenessNs' | 'stallNs' | 'overflow' | 'kernelDrops' | 'malformed' | 'distortions'
  > | null;
  /** How much the namespace's own counters grew, such as `Udp.RcvbufErrors`; `far` ones are the far end's. */
  readonly system: Readonly<Record<string, number>>;
  /** How late samples were begun by the probe; null where it does not follow a clock. */
  readonly begunLateMs: { readonly p50: number; readonly p99: number; readonly max: number } | null;
  /** Ended before it was complete: by the user, or by `error`. */
  readonly cut: boolean;
  /** Why the segment could not go on; what was measured before stands. */
  readonly error: PlainError | null;
  /** What the probe has to say, such as that no number was found in a command's output. */
  readonly notes: readonly string[];
}

export interface Machine {
  readonly node: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly cpuModel: string;
  readonly memoryBytes: number;
}

/** Where the traffic is. */
export interface Place {
  readonly kind: 'up' | 'run' | 'demo';
  /** Of `up`. */
  readonly devices: readonly string[];
  readonly netns: string | null;
  /** `run` without a way out. */
  readonly isPrivate: boolean;
}

/** What was planned before the first sample. */
export interface Plan {
  readonly steps: readonly PlannedStep[];
  /** All segments with what is between them; null: nobody can tell (a command of unknown length). */
  readonly totalMs: number | null;
}

export interface PlannedStep {
  readonly step: number;
  /** Samples of all rounds; null: as many as the time allows, and nobody can tell how many. */
  readonly samples: number | null;
  /** The share that the precision is about, such as `late`; null: no theory names one. */
  readonly metric: string | null;
  /** What theory expects of it. */
  readonly expected: number | null;
  /** Half of the 95 % interval, relative to the expected share, that the samples give. */
  readonly precision: number | null;
  /** Samples that the asked precision needs (10 % unless told). */
  readonly needed: number | null;
}

/** Everything that was measured, and how. */
export interface GradientRecord {
  readonly format: typeof RESULT_FORMAT;
  readonly version: typeof RESULT_VERSION;
  readonly netemu: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** All planned segments were measured to their end. */
  readonly complete: boolean;
  readonly machine: Machine;
  readonly seed: string;
  /** Steps share the seed: what is lost at 0.5 % is lost at 1 % as well. */
  readonly paired: boolean;
  readonly order: Order;
  readonly rounds: number;
  readonly place: Place;
  /** The rule without its stepped part, and the steps as they were given: `loss 0.1%,0.5%`. */
  readonly rule: string;
  readonly ladder: string;
  /** Of the rules: `loss`, `delay`, `rate` … */
  readonly steppedKey: string;
  readonly probe: {
    readonly kind: ProbeKind;
    /** The URL, or the command as one line. */
    readonly text: string;
    readonly settings: ProbeSettings;
    readonly metrics: readonly MetricSpec[];
    /** Version and path of the program that the probe drives, where there is one. */
    readonly program: string | null;
  };
  readonly plan: Plan;
  readonly steps: readonly Step[];
  /** In the order in which they were measured. */
  readonly segments: readonly SegmentRecord[];
}

/** With its 95 % interval. */
export interface Estimate {
  /** Null is beyond every number: the sample in question failed. */
  readonly value: number | null;
  /**
   * Ends of quantiles are null where they are, or may be, beyond every number: the sample in question failed,
   * or there are too few for a bound. Of the mean of a single sample both are null: nobody knows them.
   */
  readonly low: number | null;
  readonly high: number | null;
}

/** What theory expects to be measured. */
export interface Prediction {
  readonly value: number;
  /** Where the measured value lies in 99 of 100 such measurements, if the theory holds. */
  readonly low: number;
  readonly high: number;
  /** One sentence: which theory. */
  readonly model: string;
  /** The measured one lies outside: either the service or the assumption differs. */
  readonly outside: boolean;
}

/** Against the baseline. */
export interface Change {
  /** Step less baseline: of shares in shares, of numbers of their medians; null beside failures. */
  readonly difference: number | null;
  /** Step ÷ baseline; null where the baseline is 0, or beside failures. */
  readonly ratio: number | null;
  /** Of "no change beyond what the machine does by itself", corrected for the number of steps (Holm). */
  readonly pValue: number;
  /**
   * Below 1 %: beyond chance, and for numbers beyond the larger of 1 % of the baseline's median and, of
   * times, what netemu and the probe were late.
   */
  readonly significant: boolean;
  /** Such as `McNemar, paired`; `of the tail` where the median has not moved. */
  readonly test: string;
  /** In the bad direction; null: neither is. */
  readonly worse: boolean | null;
}

export interface ShareSummary {
  readonly kind: 'share';
  readonly count: number;
  readonly of: number;
  /** Wilson's interval. Null when there are no samples. */
  readonly share: Estimate | null;
  readonly prediction: Prediction | null;
  readonly change: Change | null;
}

/**
 * Of a metric that is a number. A service that answers quickly or never is not quick: in quantiles, and where
 * samples are ranked, failed ones count as longer than all others in times, and as 0 where higher is better.
 * There `p99` is what 99 % of the samples reach; of all other metrics it is what 99 % do not exceed. Mean and
 * max are of those that have the value.
 */
export interface NumberSummary {
  readonly kind: 'number';
  readonly count: number;
  readonly mean: Estimate | null;
  readonly p50: Estimate | null;
  readonly p95: Estimate | null;
  readonly p99: Estimate | null;
  readonly max: number | null;
  /** Of the mean. */
  readonly prediction: Prediction | null;
  readonly change: Change | null;
}

export type MetricSummary = ShareSummary | NumberSummary;

/** What was asked for beside what happened on the wire, of one direction, over all rounds. */
export interface Realized {
  readonly direction: 'out' | 'in';
  /** Packets that met the rule. */
  readonly packets: number;
  readonly lost: number;
  /** What the steps step, in its own unit (as `Step.value`). */
  readonly configured: number | null;
  readonly realized: number | null;
  /** 95 % and 99 % intervals of what may be behind the realized value. */
  readonly ci95: readonly [number, number] | null;
  readonly ci99: readonly [number, number] | null;
  /** The configured value lies in ci99; null: not comparable. */
  readonly within99: boolean | null;
}

export interface StepSummary {
  readonly step: number;
  readonly label: string;
  readonly value: number;
  readonly samples: number;
  /** How many failed for which reason. */
  readonly failures: Readonly<Record<string, number>>;
  /** `failed` is in each probe's metrics. */
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  /** Of each direction that had packets. */
  readonly realized: readonly Realized[];
  readonly system: Readonly<Record<string, number>>;
  /** One line each: what may be wrong with the step. */
  readonly warnings: readonly string[];
}

/** The step from which a metric departs from the trend of the steps before. */
export interface Knee {
  readonly metric: string;
  /** Which of its figures: `share`, `p50`, `p95`, `p99`, `mean`. */
  readonly figure: string;
  readonly step: number;
  /** What the trend of the steps before would have given, and what was measured. */
  readonly expected: number;
  readonly measured: number | null;
  /** One sentence for the report. */
  readonly says: string;
}

export interface Analysis {
  readonly steps: readonly StepSummary[];
  readonly knees: readonly Knee[];
}

export interface AssertionResult {
  /** As the user wrote it. */
  readonly text: string;
  readonly passed: boolean;
  /** One line for each step at which it does not hold, or why it cannot be judged. */
  readonly reasons: readonly string[];
}

/** Exactly what `results.json` holds. */
export interface GradientResult extends GradientRecord {
  readonly analysis: Analysis;
  readonly assertions: readonly AssertionResult[];
}
