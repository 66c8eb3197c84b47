/** What became of a packet, as programs read it: in a line of the verdict log, or from the library. */
import { Counter } from '../netem/counters.js';
import { COPY_LEFT_NS, FATE_ORDINAL, type Fate, LEFT_NS, TIME_NS } from '../netem/fates.js';
import { DECIDER_NAMES, NO_RULE } from '../netem/ruling.js';
import { Effect } from '../netem/stages/stage.js';
import { DIRECTION_NAMES, type DirectionName } from '../rules/rule.js';

/** Whether a packet came through. `held`: when everything ended, its time had not come. */
export type Outcome = 'passed' | 'dropped' | 'held';

/**
 * What settled when a packet left, or that it did not. `queue`: the link's queue or its AQM. `memory`: there
 * was no room to hold it. `order`: only the packets before it, which it must not overtake. The others are
 * impairments.
 */
export type StageName =
  | 'partition'
  | 'outage'
  | 'rebind'
  | 'loss'
  | 'queue'
  | 'memory'
  | 'reorder'
  | 'rate'
  | 'trace'
  | 'slot'
  | 'jitter'
  | 'delay'
  | 'order';

/**
 * What befell a packet beside its verdict. `corrupted`: a bit of it was flipped. `marked`: CE instead of a
 * drop. `rebound`: it left with another source, or came to one that is another now. `duplicated`: there was a
 * copy. `answered`: it was rejected, and its sender was told.
 */
export type EffectName = 'corrupted' | 'marked' | 'rebound' | 'duplicated' | 'answered';

/**
 * What became of one packet, as a line of `netemu replay --log` says it. Times are nanoseconds after the
 * first packet's.
 */
export interface PacketVerdict {
  /** Which packet it is, from 1. */
  readonly packet: number;
  /** When it came. */
  readonly timeNs: number;
  /** From whom to whom: `udp 192.0.2.1:5353 > 192.0.2.2:53`. Null where it is no IP packet. */
  readonly flow: string | null;
  /** Null where it is no IP packet. */
  readonly direction: DirectionName | null;
  /** Name of the rule that it met: its match, or what a scenario calls it. Null: none. */
  readonly rule: string | null;
  /** The number of its flow under the rule, from 0; null without a rule. */
  readonly flowNumber: number | null;
  /** Which packet of this flow and direction it is, from 1; null without a rule. */
  readonly ordinal: number | null;
  /** Whether it came through. */
  readonly verdict: Outcome;
  /** What dropped it, or held it up; null where it passed at once. */
  readonly stage: StageName | null;
  /** When it left; null unless it passed. */
  readonly releaseNs: number | null;
  /** What else befell it. */
  readonly effects: readonly EffectName[];
  /** Where there was a copy: whether that came through. */
  readonly copyVerdict?: Outcome;
  /** Where there was a copy: when that left; null unless it passed. */
  readonly copyReleaseNs?: number | null;
}

/** Of the packet that has `serial`, from 0, where the first one came at `zeroNs` of the engine's time. */
export function verdictOf(
  fate: Fate,
  serial: number,
  flow: string | null,
  ruleNames: readonly string[],
  zeroNs: number,
): PacketVerdict {
  const { values, rule } = fate;
  const isRuled = rule !== NO_RULE;
  const stage = DECIDER_NAMES[fate.decider];
  const leftNs = (outcome: number, at: number) =>
    outcome === Counter.passed ? values[at] - zeroNs : null;
  return {
    packet: serial + 1,
    timeNs: values[TIME_NS] - zeroNs,
    flow,
    direction: fate.direction < 0 ? null : DIRECTION_NAMES[fate.direction],
    rule: isRuled ? ruleNames[rule] : null,
    flowNumber: isRuled ? fate.flow : null,
    ordinal: isRuled ? values[FATE_ORDINAL] : null,
    verdict: outcomeOf(fate.outcome),
    stage: stage === 'none' ? null : stage,
    releaseNs: leftNs(fate.outcome, LEFT_NS),
    effects: effectsOf(fate),
    ...(fate.copy !== 0 && {
      copyVerdict: outcomeOf(fate.copy),
      copyReleaseNs: leftNs(fate.copy, COPY_LEFT_NS),
    }),
  };
}

function outcomeOf(counter: number): Outcome {
  if (counter === Counter.passed) return 'passed';
  return counter === Counter.held ? 'held' : 'dropped';
}

function effectsOf({ effects, copy, answered }: Fate): EffectName[] {
  const names: EffectName[] = [];
  if ((effects & Effect.corrupted) !== 0) names.push('corrupted');
  if ((effects & Effect.marked) !== 0) names.push('marked');
  if ((effects & Effect.rebound) !== 0) names.push('rebound');
  if (copy !== 0) names.push('duplicated');
  if (answered !== 0) names.push('answered');
  return names;
}
