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
import type { Impairments } from '../rules/rule.js';
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
  const hasLink = impairments === null || impairments.rate !== null || impairments.trace !== null;
  return {
    loss: share(
      asked(({ loss }) => configuredLoss(loss)),
      values.droppedLoss,
      judged,
    ),
    marks: share(
      asked(({ ecn }) => (ecn ? null : 0)),
      values.marked,
      judged,
    ),
    lossBurst: burst(
      asked(({ loss }) => loss && configuredMeanBurst(loss)),
      values,
    ),
    corruption: share(
      asked(({ corrupt }) => corrupt?.probability ?? 0),
      values.corrupted,
      alive,
    ),
    duplicates: share(
      asked(({ duplicate }) => duplicate?.probability ?? 0),
      values.duplicated,
      alive,
    ),
    reordering: share(asked(configuredReordering), values.reordered, values.passed),
    rate: rate(
      asked((each) => each.rate?.bitsPerSecond ?? null),
      values,
    ),
    delay: delay(hasLink ? null : impairments, values, delays),
  };
}

function share(configured: number | null, count: number, of: number): Measure {
  if (of <= 0) return { configured, realized: null, ci95: null };
  const k = Math.min(count, of);
  return { configured, realized: k / of, ci95: clopperPearson(k, of, CONFIDENCE) };
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

function delay(
  impairments: Impairments | null,
  values: CounterValues,
  delays: Histogram,
): Measured['delay'] {
  const count = delays.count;
  if (count === 0) return null;
  const { delaySumNs: sum, delaySquaresNs: squares } = values;
  const asked = impairments === null ? null : configuredDelay(impairments);
  const mean = sum / count;
  const sd = Math.sqrt(Math.max(0, squares / count - mean * mean));
  const at = (q: number): Measure => ({
    configured: asked === null ? null : asked.quantileNs(q),
    realized: delays.quantile(q),
    ci95: quantileInterval(delays, count, q),
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
