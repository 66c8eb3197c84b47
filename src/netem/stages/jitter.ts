/**
 * Time on the way that varies around the delay: each packet by itself, or with a memory that leaves the
 * law as it is. A packet is never released before it arrived, which bends the law where the delay is
 * less than the spread. Keeping the order is not done here: it is a matter of the packets before.
 */
import type { Jitter } from '../../rules/rule.js';
import { normalCorrelation } from '../distribution/copula.js';
import { DRAWS, normalOfDraw, Z_MAX } from '../distribution/normal.js';
import { Spread } from '../distribution/spread.js';
import type { Stream } from '../random.js';
import { type FlowMemory, flowMemory } from './flow-memory.js';
import type { StageKit } from './kit.js';
import { ARRIVAL_NS, GO_ON, type Judgement, RELEASE_NS, type Stage } from './stage.js';

export function jitterStage(jitter: Jitter, kit: StageKit): Stage {
  if (jitter.correlation > 0) return new CorrelatedJitter(jitter, kit);
  if (jitter.distribution.kind === 'uniform') return new UniformJitter(jitter.spreadNs, kit);
  return new IndependentJitter(jitter, kit);
}

/** All whole nanoseconds from −spread to +spread alike. */
class UniformJitter implements Stage {
  readonly #stream: Stream;
  readonly #spreadNs: number;
  readonly #nsPerDraw: number;

  constructor(spreadNs: number, kit: StageKit) {
    this.#spreadNs = Math.round(spreadNs);
    this.#nsPerDraw = (2 * this.#spreadNs + 1) / DRAWS;
    this.#stream = kit.stream('jitter');
  }

  apply(packet: Judgement): number {
    const draw = this.#stream.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
    const offsetNs = Math.floor(draw * this.#nsPerDraw) - this.#spreadNs;
    const { values } = packet;
    values[RELEASE_NS] = Math.max(values[ARRIVAL_NS], values[RELEASE_NS] + offsetNs);
    return GO_ON;
  }
}

class IndependentJitter implements Stage {
  readonly #stream: Stream;
  readonly #spread: Spread;
  readonly #x = new Float64Array(1);

  constructor({ distribution, spreadNs }: Jitter, kit: StageKit) {
    this.#stream = kit.stream('jitter');
    this.#spread = new Spread(distribution, spreadNs);
  }

  apply(packet: Judgement): number {
    const x = this.#x;
    x[0] = this.#stream.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
    this.#spread.ofDraw(x);
    const { values } = packet;
    values[RELEASE_NS] = Math.max(values[ARRIVAL_NS], values[RELEASE_NS] + x[0]);
    return GO_ON;
  }
}

/** A remembered normal variable in fixed point: Z_MAX just fits, steps are of 4e-9. 0 is none yet. */
const STATES_PER_UNIT = 2 ** 28;

class CorrelatedJitter implements Stage {
  readonly #stream: Stream;
  readonly #spread: Spread;
  readonly #memory: FlowMemory;
  /** How much of the last variable stays, in units of its state, and how much is new. */
  readonly #keep: number;
  readonly #renew: number;
  readonly #x = new Float64Array(1);

  constructor({ distribution, spreadNs, correlation }: Jitter, kit: StageKit) {
    const rho = normalCorrelation(distribution, correlation);
    this.#stream = kit.stream('jitter');
    this.#spread = new Spread(distribution, spreadNs);
    // The same process whatever its law and correlation: the variable is standard normal at any time.
    this.#memory = flowMemory(kit, 'jitter', 'normal');
    this.#keep = rho / STATES_PER_UNIT;
    this.#renew = Math.sqrt(1 - rho * rho);
  }

  apply(packet: Judgement): number {
    const x = this.#x;
    x[0] = this.#stream.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
    normalOfDraw(x);
    const at = this.#memory.at(packet);
    const { states } = this.#memory;
    if (states[at] !== 0) {
      // Choosing by `?:` boxes the double here.
      const z = this.#keep * states[at] + this.#renew * x[0];
      x[0] = Math.max(-Z_MAX, Math.min(Z_MAX, z));
    }
    const state = Math.round(x[0] * STATES_PER_UNIT) | 0;
    states[at] = state === 0 ? 1 : state;
    this.#spread.ofNormal(x);
    const { values } = packet;
    values[RELEASE_NS] = Math.max(values[ARRIVAL_NS], values[RELEASE_NS] + x[0]);
    return GO_ON;
  }
}
