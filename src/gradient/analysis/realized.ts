/**
 * What the steps asked for beside what happened to the packets, over all rounds of a step. Shares are counted
 * anew from the packets of all rounds; means of rounds are weighted by what they were measured from.
 */
import type { DirectionCounts, Interval, Measured, RuleStatus } from '../../control/types.js';
import { configuredLoss, configuredMeanBurst } from '../../rules/keys/loss.js';
import { Direction, type Impairments, type Loss, type Rule } from '../../rules/rule.js';
import type { Realized, SegmentRecord } from '../result.js';
import { type Pooled, pooledMean, pooledRate, pooledShare } from './pooling.js';
import type { Stepped } from './stepped.js';

/** One direction of a step. */
interface Side {
  /** Null where a schedule changes them: there is no one value to compare with. */
  readonly impairments: Impairments | null;
  /** One of each round. */
  readonly rounds: readonly Round[];
  /** How late the emulator released the segments' packets, p99 of its worst round. */
  readonly latenessNs: number;
}

interface Round {
  readonly counts: DirectionCounts;
  readonly measured: Measured;
}

/** What is realized of one impairment. */
interface Reading extends Pooled {
  readonly configured: number | null;
  /** The configured value and the interval are of the same thing. */
  readonly isComparable: boolean;
}

/** Of each direction that had packets. */
export function realizedOf(
  stepped: Stepped,
  rule: Rule,
  segments: readonly SegmentRecord[],
): Realized[] {
  const traffic = segments.flatMap((segment) => segment.traffic ?? []);
  const lateness = segments.map(({ emulator }) => emulator?.latenessNs.p99 ?? 0);
  return (['out', 'in'] as const).flatMap((direction) => {
    const rounds = traffic.map((status) => roundOf(status, direction));
    const packets = sumOf(rounds, ({ seen }) => seen);
    if (packets <= 0) return [];
    const impairments = rule.schedule === null ? rule.impairments[Direction[direction]] : null;
    const side = { impairments, rounds, latenessNs: Math.max(0, ...lateness) };
    const { configured, isComparable, ...pooled } = readingOf(stepped, side);
    const within99 =
      isComparable && configured !== null && pooled.ci99 !== null
        ? isInside(configured, pooled.ci99)
        : null;
    return [{ direction, packets, lost: lostOf(rounds), configured, ...pooled, within99 }];
  });
}

function roundOf(status: RuleStatus, direction: 'out' | 'in'): Round {
  return { counts: status[direction], measured: status.measured[direction] };
}

/** By whatever cause. */
function lostOf(rounds: readonly Round[]): number {
  return sumOf(rounds, ({ dropped }) => {
    return dropped.loss + dropped.partition + dropped.queue + dropped.overflow;
  });
}

/** Rates are quotients of measured times: equal ones differ in their last digits. */
export function isInside(value: number, [low, high]: Interval): boolean {
  const slack = 1e-9 * Math.abs(value);
  return low <= value + slack && value <= high + slack;
}

function readingOf(stepped: Stepped, side: Side): Reading {
  switch (stepped) {
    case 'loss':
      return lossReading(side);
    case 'burst':
      return burstReading(side);
    case 'corrupt':
      return chanceReading(side, ({ corrupted }) => corrupted, side.impairments?.corrupt);
    case 'duplicate':
      return chanceReading(side, ({ duplicated }) => duplicated, side.impairments?.duplicate);
    case 'reorder':
      return reorderReading(side);
    case 'rate':
      return rateReading(side);
    case 'delay':
      return delayReading(side);
    case 'jitter':
      return jitterReading(side);
    case null:
      return { configured: null, realized: null, ci95: null, ci99: null, isComparable: false };
  }
}

/** Of the packets that came to the loss stage: what a partition dropped did not. */
function lossReading({ impairments, rounds }: Side): Reading {
  const judged = sumOf(rounds, ({ seen, dropped }) => seen - dropped.partition);
  const lost = sumOf(rounds, ({ dropped }) => dropped.loss);
  const loss = impairments?.loss ?? null;
  const memory = loss?.kind === 'random' && loss.runMax === null ? 0 : lossMemory(loss, rounds);
  // By ordinals nothing is left to chance; flows of their own begin their chains anew; a mark is no loss.
  const isByOrdinal = loss !== null && ['nth', 'first', 'every', 'map'].includes(loss.kind);
  const isByFlow = impairments?.perFlow === true && loss !== null && loss.kind !== 'random';
  const isMarked = sumOf(rounds, ({ marked }) => marked) > 0;
  return {
    configured: impairments === null ? null : configuredLoss(loss),
    ...pooledShare(lost, judged, memory),
    isComparable: !isByOrdinal && !isByFlow && !isMarked,
  };
}

/**
 * Lag-1 autocorrelation of the losses: as it is configured, or as it was measured where that is more, since
 * a few losses alone cannot tell that bursts were to be expected.
 */
function lossMemory(loss: Loss | null, rounds: readonly Round[]): number {
  const judged = sumOf(rounds, ({ seen, dropped }) => seen - dropped.partition);
  const lost = sumOf(rounds, ({ dropped }) => dropped.loss);
  const runs = rounds.reduce((sum, round) => sum + runsOf(round), 0);
  const measured = runs === 0 || lost >= judged ? 0 : memoryOf(lost / judged, lost / runs);
  const share = configuredLoss(loss);
  const burst = configuredMeanBurst(loss);
  return Math.max(0, measured, share === null || burst === null ? 0 : memoryOf(share, burst));
}

/** A lost packet is followed by another one with probability 1 − 1/burst. */
function memoryOf(share: number, burst: number): number {
  return share < 1 ? Math.min(1, (1 - 1 / burst - share) / (1 - share)) : 0;
}

/** How many runs of lost packets there were. */
function runsOf({ counts, measured }: Round): number {
  const { realized } = measured.lossBurst;
  return realized === null || realized <= 0 ? 0 : counts.dropped.loss / realized;
}

/** From so many runs on, their mean is nearly normal. */
const RUNS_MIN = 30;

function burstReading({ impairments, rounds }: Side): Reading {
  const weighted = rounds.map((round) => ({
    measure: round.measured.lossBurst,
    weight: runsOf(round),
  }));
  const runs = weighted.reduce((sum, { weight }) => sum + weight, 0);
  return {
    configured: impairments === null ? null : configuredMeanBurst(impairments.loss),
    ...pooledMean(weighted),
    isComparable: runs >= RUNS_MIN && impairments?.perFlow !== true,
  };
}

/** Of the packets that were not lost before. */
function chanceReading(
  { impairments, rounds }: Side,
  count: (counts: DirectionCounts) => number,
  chance: { readonly probability: number; readonly correlation: number } | null | undefined,
): Reading {
  const alive = sumOf(rounds, ({ seen, dropped }) => seen - dropped.partition - dropped.loss);
  return {
    configured: impairments === null ? null : (chance?.probability ?? 0),
    ...pooledShare(sumOf(rounds, count), alive, chance?.correlation ?? 0),
    isComparable: true,
  };
}

/** Flows of a packet or two have nothing to be reordered with, so the share asked for is an upper bound. */
function reorderReading({ impairments, rounds }: Side): Reading {
  const passed = sumOf(rounds, (counts) => counts.passed);
  const reordered = sumOf(rounds, (counts) => counts.reordered);
  const reorder = impairments?.reorder ?? null;
  const configured = reorder?.kind === 'by' ? reorder.probability : reorder === null ? 0 : null;
  return {
    configured: impairments === null ? null : configured,
    ...pooledShare(reordered, passed, reorder?.correlation ?? 0),
    isComparable: false,
  };
}

function rateReading({ impairments, rounds }: Side): Reading {
  return {
    configured: impairments?.rate?.bitsPerSecond ?? null,
    ...pooledRate(
      rounds.map(({ counts, measured }) => ({ measure: measured.rate, weight: counts.bytes })),
    ),
    isComparable: true,
  };
}

/**
 * Time from arrival to release, by packets that passed. What the emulator was late is in it, so the delay
 * behind it may be that much less. With jitter, packets that keep their order wait for those before them,
 * and nobody can tell how long they should.
 */
function delayReading({ impairments, rounds, latenessNs }: Side): Reading {
  const { realized, ci95, ci99 } = pooledMean(
    rounds.map(({ counts, measured }) => ({
      measure: measured.delay?.meanNs ?? NOT_MEASURED,
      weight: counts.passed,
    })),
  );
  const withLateness = (ci: Pooled['ci95']) =>
    ci && ([Math.max(0, ci[0] - latenessNs), ci[1]] as const);
  const jitter = impairments?.jitter ?? null;
  return {
    configured: impairments === null ? null : configuredIn(rounds, 'meanNs', impairments.delayNs),
    realized,
    ci95: withLateness(ci95),
    ci99: withLateness(ci99),
    isComparable: jitter === null || (jitter.unordered && jitter.correlation === 0),
  };
}

/** The standard deviation of the delays, which is what jitter makes of them. */
function jitterReading({ impairments, rounds }: Side): Reading {
  const weighted = rounds.map(({ counts, measured }) => ({
    measure: measured.delay?.sdNs ?? NOT_MEASURED,
    weight: counts.passed,
  }));
  return {
    configured: impairments === null ? null : configuredIn(rounds, 'sdNs', 0),
    ...pooledMean(weighted),
    isComparable: false,
  };
}

const NOT_MEASURED = { configured: null, realized: null, ci95: null } as const;

/** As the emulator says it; without delayed packets it says nothing. */
function configuredIn(
  rounds: readonly Round[],
  figure: 'meanNs' | 'sdNs',
  otherwise: number,
): number | null {
  const delay = rounds.find(({ measured }) => measured.delay !== null)?.measured.delay;
  return delay === undefined || delay === null ? otherwise : delay[figure].configured;
}

function sumOf(rounds: readonly Round[], count: (counts: DirectionCounts) => number): number {
  return rounds.reduce((sum, { counts }) => sum + count(counts), 0);
}
