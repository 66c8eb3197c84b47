/**
 * What the engine has decided of the packet that it was given last, for drivers that write it down: a log,
 * a recording. What becomes of a held packet later they learn from the sink and from `late-fates.ts`.
 */
import type { Impairments } from '../rules/rule.js';
import { Counter } from './counters.js';
import { TRAIN_SEGMENTS_MAX } from './limits.js';
import type { Pipeline } from './pipeline.js';
import { Effect, type Judgement, ORDINAL } from './stages/stage.js';

/** What settled when a packet leaves, or that it does not. */
export const Decider = {
  /** It passed at once. */
  none: 0,
  partition: 1,
  outage: 2,
  loss: 3,
  /** The link's queue: its limit or its AQM. */
  queue: 4,
  /** The packet memory was full. */
  memory: 5,
  reorder: 6,
  rate: 7,
  trace: 8,
  slot: 9,
  jitter: 10,
  delay: 11,
  /** Nothing delays it but the packets before it, which it must not overtake. */
  order: 12,
  /** A NAT has forgotten the mapping that the packet came for. */
  rebind: 13,
} as const;
export type DeciderName = keyof typeof Decider;
export const DECIDER_NAMES = Object.keys(Decider) as DeciderName[];

/** In `Ruling.rule`. */
export const NO_RULE = -1;

const REORDERED = Effect.skips | Effect.waits;

/** The Decider of packets that the impairments hold. */
export function timedBy({ rate, trace, slot, jitter, delayNs }: Impairments): number {
  if (trace !== null) return Decider.trace;
  if (rate !== null) return Decider.rate;
  if (slot !== null) return Decider.slot;
  if (jitter !== null) return Decider.jitter;
  return delayNs > 0 ? Decider.delay : Decider.order;
}

/** … and of those that they do not let pass at all. */
export function blockedBy({ partition, outage }: Impairments): number {
  if (partition !== null) return Decider.partition;
  return outage !== null ? Decider.outage : Decider.rebind;
}

export class Ruling {
  /** Index of the rule; NO_RULE where none matches. */
  rule = NO_RULE;
  /**
   * No rule, but the verdicts on others depend on it: its bytes were looked at for a name (`sni=`, `qname=`,
   * `quic=`), or other packets of its flow meet rules. A recording has to hold it.
   */
  matters = false;
  /** A Direction, also where the driver did not know it; −1 where it is no IP packet. */
  direction = -1;
  /** The flow's number under the rule, from 0. */
  flow = 0;
  /** [0]: which packet of its flow and direction under the rule, from 1. Of a train: its first segment. */
  readonly values = new Float64Array(1);
  /** A Counter: passed, held, overflow or one that begins with `dropped`. */
  outcome = 0;
  /** Bits of Effect. */
  effects = 0;
  decider: number = Decider.none;
  /** 0: there is no copy; else what became of it at once, as in `outcome`. */
  copy = 0;
  /** Its sender is told that it was rejected. */
  answered = false;
  /** Of a train: the outcome of each segment; `deciderOf` says why. */
  readonly causes = new Uint8Array(TRAIN_SEGMENTS_MAX);

  #timedBy: number = Decider.none;
  #blockedBy: number = Decider.none;

  /** A packet met the rule; `direction` is set. */
  begin(rule: number, packet: Judgement, { timedBy, blockedBy }: Pipeline): void {
    this.rule = rule;
    this.matters = false;
    this.flow = packet.flow;
    this.values[0] = packet.values[ORDINAL];
    this.copy = 0;
    this.answered = false;
    this.#timedBy = timedBy;
    this.#blockedBy = blockedBy;
  }

  end(outcome: number, effects: number): void {
    this.outcome = outcome;
    this.effects = effects;
    const isReordered = outcome === Counter.held && (effects & REORDERED) !== 0;
    this.decider = isReordered ? Decider.reorder : this.deciderOf(outcome);
  }

  /** Who decided so for a packet that met the same rule at the same time; `reorder` aside. */
  deciderOf(outcome: number): number {
    switch (outcome) {
      case Counter.held:
        return this.#timedBy;
      case Counter.droppedLoss:
        return Decider.loss;
      case Counter.droppedPartition:
        return this.#blockedBy;
      case Counter.droppedQueue:
        return Decider.queue;
      case Counter.overflow:
        return Decider.memory;
      default:
        return Decider.none;
    }
  }

  /** Of a packet that no rule matches. */
  setUnmatched(direction: number, matters: boolean, outcome: number): void {
    this.rule = NO_RULE;
    this.matters = matters;
    this.direction = direction;
    this.flow = 0;
    this.values[0] = 0;
    this.outcome = outcome;
    this.effects = 0;
    this.decider = Decider.none;
    this.copy = 0;
    this.answered = false;
  }
}
