/**
 * What was asked for beside what happened, each with the 95 % interval of what may honestly be
 * behind it, for one rule in one direction.
 */
import { configuredDelay } from '../netem/configured-delay.js';
import type { CounterValues } from '../netem/counters.js';
import { meanInterval, quantileInterval, sdInterval } from '../netem/estimates.js';
import type { Histogram } from '../netem/histogram.js';
import { clopperPearson } from '../netem/interval.js';
import { configuredLoss, configuredMeanBurst } from '../rules/keys/loss.js';
import type { Chance, Impairments } from '../rules/rule.js';
import type { Interval, Measure, Measured } from './types.js';

const CONFIDENCE = 0.95;

/**
 * `impairments` are null where a schedule changes them: there is no one value to compare with. `delays`
 * holds the times of the packets that passed.
 */
export function measure(
  impairments: Impairments | null,
  values: CounterValues,
  delays: Histogram,
): Measured {
  // What a partition dropped never came to the other stages; what overflowed did.
  const judged = values.seen - values.droppedPartition;
  const alive = judged - values.droppedLoss;
  const asked = (value: (impairments: Impairments) => number | null) =>
    impairments === null ? null : value(impairments);
  const share = (
    count: number,
    of: number,
    configured: (impairments: Impairments) => number | null,
    memory = 0,
  ) => shareOf(count, of, asked(configured), memory);
  const memoryOf = (chance: (impairments: Impairments) => Chance | null) =>
    impairments === null ? 0 : (chance(impairments)?.correlation ?? 0);
  return {
    loss: share(
      values.droppedLoss,
      judged,
      ({ loss }) => configuredLoss(loss),
      lossMemory(values, judged),
    ),
    marks: share(values.marked, judged, ({ ecn }) => (ecn ? null : 0)),
    lossBurst: burst(
      asked(({ loss }) => loss && configuredMeanBurst(loss)),
      values,
    ),
    corruption: share(
      values.corrupted,
      alive,
      ({ corrupt }) => corrupt?.probability ?? 0,
      memoryOf(({ corrupt }) => corrupt),
    ),
    duplicates: share(
      values.duplicated,
      alive,
      ({ duplicate }) => duplicate?.probability ?? 0,
      memoryOf(({ duplicate }) => duplicate),
    ),
    reordering: share(values.reordered, values.passed, configuredReordering),
    rate: rate(
      asked((each) => each.rate?.bitsPerSecond ?? null),
      values,
    ),
    delay: delay(impairments, values, delays),
  };
}

/**
 * `memory` is the lag-1 autocorrelation ρ of the events: n packets of a two-state chain tell as much as
 * n·(1−ρ)/(1+ρ) independent ones.
 */
function shareOf(count: number, of: number, configured: number | null, memory: number): Measure {
  if (of <= 0) return { configured, realized: null, ci95: null };
  const k = Math.min(count, of);
  const worth = (1 - memory) / (1 + memory);
  const ci95 =
    memory === 0
      ? clopperPearson(k, of, CONFIDENCE)
      : clopperPearson(Math.round(k * worth), Math.max(1, Math.round(of * worth)), CONFIDENCE);
  return { configured, realized: k / of, ci95 };
}

/** Lag-1 autocorrelation of the losses, from how many of them followed another one; not below 0. */
function lossMemory({ lossRuns, droppedLoss: lost }: CounterValues, judged: number): number {
  if (lost === 0 || lost >= judged) return 0;
  const share = lost / judged;
  return Math.max(0, (1 - lossRuns / lost - share) / (1 - share));
}

/** Who is `reorder`ed by skipping makes others late, so only `by` says how many are. */
function configuredReordering({ reorder, jitter }: Impairments): number | null {
  if (reorder?.kind === 'by') return reorder.probability;
  return reorder === null && jitter?.unordered !== true ? 0 : null;
}

function burst(configured: number | null, values: CounterValues): Measure {
  const { lossRuns: runs, droppedLoss: lost, lossRunSquares: squares } = values;
  if (runs === 0) return { configured, realized: null, ci95: null };
  return { configured, realized: lost / runs, ci95: meanInterval(runs, lost, squares) };
}

/**
 * Bits sent over the time in which there was something to send. The interval is the error of the
 * reading: packets are counted whole, when their transmission ends.
 */
function rate(configured: number | null, values: CounterValues): Measure {
  const { linkBits, linkBusyNs, seen, bytes } = values;
  if (linkBusyNs <= 0 || linkBits <= 0) return { configured, realized: null, ci95: null };
  const perNs = linkBits / linkBusyNs;
  const packetBits = seen === 0 ? 0 : (8 * bytes) / seen;
  const slackNs = Math.min(packetBits / perNs, linkBusyNs / 2);
  const ci95: Interval = [
    (linkBits / (linkBusyNs + slackNs)) * 1e9,
    (linkBits / (linkBusyNs - slackNs)) * 1e9,
  ];
  return { configured, realized: perNs * 1e9, ci95 };
}

/** Links and slots hold packets as long as it takes, and who is reordered by skipping has no delay at all. */
function hasNoOneDelay({ rate, trace, slot, reorder }: Impairments): boolean {
  return rate !== null || trace !== null || slot !== null || reorder !== null;
}

function delay(
  impairments: Impairments | null,
  values: CounterValues,
  delays: Histogram,
): Measured['delay'] {
  // Counters are a little older than histograms.
  const samples = delays.count;
  const { timed: count, delaySumNs: sum, delaySquaresNs: squares } = values;
  if (count === 0 || samples === 0) return null;
  const asked =
    impairments === null || hasNoOneDelay(impairments) ? null : configuredDelay(impairments);
  const mean = sum / count;
  const sd = Math.sqrt(Math.max(0, squares / count - mean * mean));
  const at = (q: number): Measure => ({
    configured: asked === null ? null : asked.quantileNs(q),
    realized: delays.quantile(q),
    ci95: quantileInterval(delays, samples, q),
  });
  return {
    meanNs: {
      configured: asked?.meanNs ?? null,
      realized: mean,
      ci95: meanInterval(count, sum, squares),
    },
    sdNs: { configured: asked?.sdNs ?? null, realized: sd, ci95: sdInterval(count, sd) },
    p50Ns: at(0.5),
    p99Ns: at(0.99),
  };
}
