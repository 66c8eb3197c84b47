/**
 * What the report's charts are drawn from: the data that `html-charts.ts` puts into the page and the page's
 * own script reads. Everything is ready to be drawn, so that the browser computes pixels and nothing else.
 * Types only, and no imports, because the two sides are compiled for different worlds.
 */

/** How an axis writes its numbers. Shares are 0..1, times ms, rates bit/s. */
export type Unit = 'share' | 'time' | 'bitrate' | 'bytes' | 'number';

export interface PageData {
  /** In the order of the page's `data-chart` attributes. */
  readonly charts: readonly Chart[];
}

export type Chart = StepsChart | CurvesChart;

/** A metric over the steps: points with their intervals, and what theory expects. */
export interface StepsChart {
  readonly kind: 'steps';
  readonly x: {
    readonly label: string;
    /** Where the steps stand, ascending, 0..1. */
    readonly at: readonly number[];
    readonly labels: readonly string[];
    /** The baseline has a place of its own: the axis is broken between it and the first step. */
    readonly broken: boolean;
  };
  readonly y: { readonly label: string; readonly unit: Unit; readonly log: boolean };
  readonly lines: readonly StepsLine[];
  readonly prediction: StepsPrediction | null;
  readonly knees: readonly { readonly at: number; readonly text: string }[];
}

/** Columns with one entry for each step of the axis. */
export interface StepsLine {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Of the 95 % interval; a null `high` beside a `low` is beyond every number. */
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  /** The value itself is beyond every number, because the sample in question failed. */
  readonly beyond: readonly boolean[];
  /** For the tooltip. */
  readonly texts: readonly string[];
}

export interface StepsPrediction {
  readonly name: string;
  readonly values: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly texts: readonly string[];
}

/** Curves over a common grid, such as distributions or what happened over time. */
export interface CurvesChart {
  readonly kind: 'curves';
  readonly x: { readonly label: string; readonly unit: Unit; readonly log: boolean };
  readonly y: {
    readonly label: string;
    readonly unit: Unit;
    /**
     * Not null: shares are drawn stretched towards 100 %, as 90, 99 and 99.9 % stand at equal distances, up
     * to this many nines; what happens to few is what is looked for.
     */
    readonly nines: number | null;
  };
  readonly grid: readonly number[];
  /** One for each step, from the baseline on. */
  readonly curves: readonly {
    readonly name: string;
    readonly values: readonly (number | null)[];
  }[];
}
