/**
 * What an impairment is: a stage looks at a packet's judgement and drops the packet, moves its
 * release, changes its bytes or asks the engine for an effect. A rule has, for each direction, the
 * stages it asks for and no others.
 */
import { PacketView } from '../../packet/packet-view.js';

/** Registers of `Judgement.values`; times are nanoseconds since the engine's start. */
export const ARRIVAL_NS = 0;
/**
 * Begins as the arrival; never before it in the end. Behind a link (rate, trace) the packet leaves as
 * long after its departure from there as this is after the arrival.
 */
export const RELEASE_NS = 1;
/** Which packet of its flow and direction under the rule this is, from 1. */
export const ORDINAL = 2;

/** What befell the packet without ending it: bits of `Judgement.effects`. */
export const Effect = {
  /** A copy is wanted, which is delayed by its own draws. */
  duplicated: 1,
  corrupted: 2,
  /** CE instead of a drop. */
  marked: 4,
  /** Skips delay and queue order: tc-netem's reordering. */
  skips: 8,
  /** Is held until later packets of its flow have passed. */
  waits: 16,
  /** Has another source now: a NAT was rebound. */
  rebound: 32,
} as const;

/** The packet that is being judged; one object for all packets. */
export class Judgement {
  /** The flow's number under the rule, from 0. */
  flow = 0;
  /** `ORDINAL` in two words: the lower 32 bits (signed) and the rest. A copy has the top bit set. */
  ordinalLow = 0;
  ordinalHigh = 0;
  /**
   * Where a flow's memory lies in arrays of FLOW_ENTRIES: one for each flow and direction under the
   * rule. It is another flow's from the packet with ORDINAL 1 on.
   */
  entry = 0;
  /** Bits of `Effect`. */
  effects = 0;
  /** What the packet's bytes say; stages may change bytes (`view.bytes`, from `view.l3Offset`). */
  view = new PacketView();
  /** Doubles lie in an array, because as fields and arguments V8 would box them. */
  readonly values = new Float64Array(3);
}

/** `Stage.apply` answers this, or the counter (`Counter.dropped…`) that says why it dropped. */
export const GO_ON = 0;

export interface Stage {
  apply(packet: Judgement): number;
}
