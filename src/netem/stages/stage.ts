/**
 * What an impairment is: a stage looks at a packet's judgement and drops the packet or moves its
 * release. A rule has, for each direction, the stages it asks for and no others.
 */

/** Registers of `Judgement.values`; times are nanoseconds since the engine's start. */
export const ARRIVAL_NS = 0;
/** Begins as the arrival; never before it in the end. */
export const RELEASE_NS = 1;
/** Which packet of its flow and direction under the rule this is, from 1. */
export const ORDINAL = 2;

/** The packet that is being judged; one object for all packets. */
export class Judgement {
  /** The flow's number under the rule, from 0. */
  flow = 0;
  /** `ORDINAL` in two words: the lower 32 bits (signed) and the rest. */
  ordinalLow = 0;
  ordinalHigh = 0;
  /** Doubles lie in an array, because as fields and arguments V8 would box them. */
  readonly values = new Float64Array(3);
}

/** `Stage.apply` answers this, or the counter (`Counter.dropped…`) that says why it dropped. */
export const GO_ON = 0;

export interface Stage {
  apply(packet: Judgement): number;
}
