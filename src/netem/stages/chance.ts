/**
 * Whether an event befalls a packet: each packet alike, or in runs, as a chain of two states whose
 * share of events is exactly the probability, from the first packet on. More probable events include
 * the less probable: what happens at p also happens at every higher p with the same correlation.
 */
import type { Chance } from '../../rules/rule.js';
import type { Stream } from '../random.js';
import { type FlowMemory, flowMemory, forgetFlowMemory } from './flow-memory.js';
import type { StageKit } from './kit.js';
import type { Judgement } from './stage.js';

/** Something that befalls some packets. */
export interface PacketEvent {
  /** Is asked once for each packet, in order of arrival: what has a memory steps. */
  happens(packet: Judgement): boolean;
}

/** Probabilities of the event: for the first packet, after a packet without it, and after one with it. */
export interface RunShares {
  readonly first: number;
  readonly enter: number;
  readonly stay: number;
}

/** States of the chain, and where each one's probability lies. */
const FRESH = 0;
const WITHOUT = 1;
const WITH = 2;

/** A probability is exact to 2^-32. */
export const DRAWS = 2 ** 32;

export class RunProcess implements PacketEvent {
  readonly #stream: Stream;
  /** By state: draws below make the event. */
  readonly #thresholds: Float64Array;
  /** Null where the state makes no difference. */
  readonly #memory: FlowMemory | null;

  /** `name` is that of the stream; `process` tells what may not continue each other. */
  constructor(shares: RunShares, kit: StageKit, name: string, process: string) {
    const { first, enter, stay } = shares;
    this.#stream = kit.stream(name);
    this.#thresholds = Float64Array.of(first * DRAWS, enter * DRAWS, stay * DRAWS);
    if (first === enter && first === stay) {
      this.#memory = null;
      forgetFlowMemory(kit, name);
    } else {
      this.#memory = flowMemory(kit, name, process);
    }
  }

  happens(packet: Judgement): boolean {
    const draw = this.#stream.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
    const memory = this.#memory;
    if (memory === null) return draw < this.#thresholds[FRESH];
    const at = memory.at(packet);
    const happens = draw < this.#thresholds[memory.states[at]];
    memory.states[at] = happens ? WITH : WITHOUT;
    return happens;
  }
}

export class ChanceProcess extends RunProcess {
  constructor(chance: Chance, kit: StageKit, name: string) {
    super(correlatedShares(chance), kit, name, 'correlated');
  }
}

/**
 * With marginal probability L and lag-1 autocorrelation C: L(1−C) after a packet without the event, and
 * L(1−C) + C after one with it.
 */
export function correlatedShares({ probability, correlation }: Chance): RunShares {
  const enter = probability * (1 - correlation);
  return { first: probability, enter, stay: enter + correlation };
}
