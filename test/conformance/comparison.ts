/**
 * One case side by side: what netem and the engine show, in words, and whether the two could be the same
 * process. Aspect by aspect, because netemu may mean to differ in one and not in another.
 */
import type { Aspect, Case } from './cases.js';
import {
  compareDistributions,
  compareHistograms,
  compareShares,
  type Events,
  effectiveCount,
  type TestResult,
} from './hypothesis.js';
import type { Log } from './measurement.js';
import {
  bunchesOf,
  burstsOf,
  type Fates,
  fatesOf,
  lag1,
  meanAndSd,
  quantile,
  type Statistics,
  sortedDelays,
  statisticsOf,
  sum,
} from './statistics.js';

/** Some 170 tests at this level: one run in sixty shows a difference where there is none. */
export const LEVEL = 0.0001;
/** Of lag-1 correlations; the guest's timers alone make 0.01. */
export const LAG1_TOLERANCE = 0.03;
/** Of rates, relative. */
export const RATE_TOLERANCE = 0.001;
/** The guest's timers are not equally late in every case: by so much more or less than where that is measured. */
export const LATENESS_TOLERANCE_MS = 0.15;
const LATENESS_STEP_MS = 0.01;
/** Of the time from bunch to bunch, where it is even: both ends are late, and then a packet has to come. */
export const BUNCH_TOLERANCE_MS = 0.3;
const EVEN_SD_MS_MAX = 1;

export interface Sample {
  readonly log: Log;
  readonly fates: Fates;
  readonly statistics: Statistics;
}

export interface Test {
  /** `z 1.2`. */
  readonly text: string;
  readonly same: boolean;
}

export interface Comparison {
  readonly aspect: Aspect;
  readonly netem: string;
  readonly netemu: string;
  readonly tests: readonly Test[];
}

export function sampleOf(log: Log, one: Case): Sample {
  const fates = fatesOf(log);
  return { log, fates, statistics: statisticsOf(log, fates, one.link) };
}

/**
 * `noiseMs`: how late the guest's timers were, packet by packet, in the case that only delays. It is
 * added to the engine's delays, which have none, before distributions are compared.
 */
export function compare(
  one: Case,
  netem: Sample,
  netemu: Sample,
  noiseMs: Float64Array,
): Comparison[] {
  return one.aspects.map((aspect) => ({
    aspect,
    netem: describe(aspect, netem),
    netemu: describe(aspect, netemu),
    tests: TESTS[aspect](netem, netemu, noiseMs),
  }));
}

export function describe(aspect: Aspect, { statistics, fates }: Sample): string {
  const { sent, arrivals } = statistics;
  switch (aspect) {
    case 'loss':
      return `lost ${share(statistics.lost, sent)}${inRuns(fates.lost)}`;
    case 'duplicates':
      return `doubled ${share(statistics.duplicates, sent)}${inRuns(fates.duplicated)}`;
    case 'corruption': {
      const inPayload = share(statistics.corruptedPayload, statistics.corrupted);
      return `corrupted ${share(statistics.corrupted, arrivals)}, ${inPayload} of them in the payload`;
    }
    case 'delay': {
      const [p1, p5, , p25, p50, p75, , p95, p99] = statistics.delayQuantilesMs.map(ms);
      const { delayMeanMs, delaySdMs } = statistics;
      const quantiles = [p1, p5, p25, p50, p75, p95, p99].join(' ');
      return `mean ${ms(delayMeanMs)}, sd ${ms(delaySdMs)} ms; p1…p99 ${quantiles}`;
    }
    case 'delayMemory':
      return `lag-1 ${decimal(statistics.delayLag1)}`;
    case 'delayOfEach':
      return `p50 ${ms(statistics.delayQuantilesMs[4])}, p99 ${ms(statistics.delayQuantilesMs[8])} ms`;
    case 'reordering':
      return `reordered ${share(statistics.reordered, sent - statistics.lost)}`;
    case 'atOnce':
      return `at once ${share(statistics.atOnce, sent)}`;
    case 'bunches': {
      const { bunchEveryMs, bunchMean, bunchMax } = statistics;
      const every = `${ms(bunchEveryMs.mean)} ms (p5 ${ms(bunchEveryMs.p5)}, p95 ${ms(bunchEveryMs.p95)})`;
      return `bunches each ${every}, of ${bunchMean.toFixed(1)} packets, at most ${bunchMax}`;
    }
    case 'rate':
      return `${Math.round(statistics.bitsPerSecond ?? 0).toLocaleString('en')} bit/s`;
  }
}

type Tester = (netem: Sample, netemu: Sample, noiseMs: Float64Array) => Test[];

const TESTS: Readonly<Record<Aspect, Tester>> = {
  loss: (a, b) => eventTests(a.fates.lost, b.fates.lost),
  duplicates: (a, b) => eventTests(a.fates.duplicated, b.fates.duplicated),
  corruption: (a, b) => [
    ...eventTests(a.fates.corrupted, b.fates.corrupted),
    shareTest(inPayload(a), inPayload(b), 'place z'),
  ],
  delay: (a, b, noiseMs) => {
    const noisy = b.fates.delayMs.map((delay, i) => delay + noiseMs[i % noiseMs.length]);
    const [count, countNoisy] = [a, b].map(({ statistics: { sent, lost, delayLag1 } }) =>
      effectiveCount(sent - lost, delayLag1),
    );
    const late = sortedDelays({ delayMs: noisy });
    return [closestTest(sortedDelays(a.fates), late, count, countNoisy)];
  },
  delayMemory: (a, b) => {
    const difference = b.statistics.delayLag1 - a.statistics.delayLag1;
    return [{ text: `by ${decimal(difference)}`, same: Math.abs(difference) < LAG1_TOLERANCE }];
  },
  delayOfEach: (a, b, noiseMs) => {
    const differences = a.fates.delayMs.map((delay, i) => delay - b.fates.delayMs[i]);
    const sorted = sortedDelays({ delayMs: differences });
    const [p50, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.99)];
    const noise = quantile(noiseMs.slice().sort(), 0.5);
    return [
      {
        text: `each later by p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)} ms`,
        same: Math.abs(p50 - noise) <= LATENESS_TOLERANCE_MS,
      },
    ];
  },
  reordering: (a, b) => [shareTest(a.fates.reordered, b.fates.reordered)],
  atOnce: (a, b) => eventTests(a.fates.atOnce, b.fates.atOnce),
  bunches: (a, b) => {
    const [inA, inB] = [a, b].map(({ log }) => bunchesOf(log).everyMs.sort());
    if (meanAndSd(inB)[1] > EVEN_SD_MS_MAX) return [closestTest(inA, inB)];
    const difference = quantile(inA, 0.5) - quantile(inB, 0.5);
    const text = `later by p50 ${difference.toFixed(2)} ms`;
    return [{ text, same: Math.abs(difference) <= BUNCH_TOLERANCE_MS }];
  },
  rate: ({ statistics: a }, { statistics: b }) => {
    const ratio = (a.bitsPerSecond ?? 0) / (b.bitsPerSecond ?? 1);
    return [{ text: `ratio ${ratio.toFixed(5)}`, same: Math.abs(ratio - 1) <= RATE_TOLERANCE }];
  },
};

/** With the lateness, within its tolerance, that brings the two closest; both ascending. */
function closestTest(a: Float64Array, b: Float64Array, countA?: number, countB?: number): Test {
  const steps = Math.round(LATENESS_TOLERANCE_MS / LATENESS_STEP_MS);
  let closest: TestResult = { statistic: 1, p: 0 };
  for (let step = -steps; step <= steps; step++) {
    const shifted = b.map((value) => value + step * LATENESS_STEP_MS);
    const result = compareDistributions(a, shifted, countA, countB);
    if (result.statistic < closest.statistic) closest = result;
  }
  const text = `D ${closest.statistic.toFixed(4)}, p ${shortP(closest)}`;
  return { text, same: closest.p >= LEVEL };
}

/** How often, and in what runs. */
function eventTests(a: Events, b: Events): Test[] {
  const runs = compareHistograms(burstsOf(a), burstsOf(b));
  return [
    shareTest(a, b),
    { text: `χ² ${runs.statistic.toFixed(1)}, p ${shortP(runs)}`, same: runs.p >= LEVEL },
  ];
}

function shareTest(a: Events, b: Events, name = 'z'): Test {
  const { statistic, p } = compareShares(a, b);
  return { text: `${name} ${decimal(statistic, 1)}`, same: p >= LEVEL };
}

function shortP({ p }: TestResult): string {
  return p < LEVEL ? `< ${LEVEL}` : p.toFixed(4);
}

/** Of the corrupted packets, those that were hit in the payload. */
function inPayload({ log }: Sample): Events {
  return log.arrivalFlips.filter((flips) => flips !== 0).map((flips) => (flips & 2 ? 1 : 0));
}

const RUNS_SHOWN = 4;

/** ` in runs of 1.11 (1: 90.1 %, 2: 8.9 %, 3: 0.9 %, more: 0.1 %), lag-1 0.001`. */
function inRuns(events: Events): string {
  const bursts = burstsOf(events);
  const runs = sum(bursts);
  if (runs === 0) return '';
  const part = (count: number) => `${((100 * count) / runs).toFixed(1)} %`;
  const shown = bursts.slice(1, RUNS_SHOWN).map((count, i) => `${i + 1}: ${part(count)}`);
  const longer = sum(bursts.slice(RUNS_SHOWN));
  if (longer > 0) shown.push(`more: ${part(longer)}`);
  const memory = decimal(lag1(Float64Array.from(events)));
  return ` in runs of ${(sum(events) / runs).toFixed(2)} (${shown.join(', ')}), lag-1 ${memory}`;
}

/** Without a sign before zero. */
function decimal(value: number, digits = 3): string {
  return (Math.abs(value) < 0.5 / 10 ** digits ? 0 : value).toFixed(digits);
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(3)} %`;
}

function ms(value: number): string {
  return value.toFixed(2);
}
