/**
 * Packets that vanish, by one of the models of `Loss`: at random and independently, in the runs of a
 * chain (loss-chains.ts), or by their ordinal in flow and direction (loss-ordinals.ts). With `ecn` a
 * packet of an ECN-capable transport is marked in place of the loss.
 */
import { markCe } from '../../packet/ecn.js';
import type { Loss } from '../../rules/rule.js';
import { Counter } from '../counters.js';
import type { Stream } from '../random.js';
import { ChanceProcess, DRAWS, type PacketEvent } from './chance.js';
import { type FlowMemory, flowMemory } from './flow-memory.js';
import type { StageKit } from './kit.js';
import { chainLoss } from './loss-chains.js';
import { OrdinalLoss } from './loss-ordinals.js';
import { Effect, GO_ON, type Judgement, type Stage } from './stage.js';

export function lossStage(loss: Loss, ecn: boolean, kit: StageKit): Stage {
  const model = lossModel(loss, kit);
  return ecn ? new MarkOrLose(model) : new Lose(model);
}

class Lose implements Stage {
  readonly #model: PacketEvent;

  constructor(model: PacketEvent) {
    this.#model = model;
  }

  apply(packet: Judgement): number {
    return this.#model.happens(packet) ? Counter.droppedLoss : GO_ON;
  }
}

class MarkOrLose implements Stage {
  readonly #model: PacketEvent;

  constructor(model: PacketEvent) {
    this.#model = model;
  }

  apply(packet: Judgement): number {
    if (!this.#model.happens(packet)) return GO_ON;
    if (!markCe(packet.view.bytes, packet.view.l3Offset)) return Counter.droppedLoss;
    packet.effects |= Effect.marked;
    return GO_ON;
  }
}

function lossModel(loss: Loss, kit: StageKit): PacketEvent {
  switch (loss.kind) {
    case 'random': {
      const { probability, runMax } = loss;
      if (runMax !== null) return new LimitedLoss(probability, runMax, kit);
      return new ChanceProcess({ probability, correlation: 0 }, kit, 'loss');
    }
    case 'burst':
    case 'corr':
    case 'gemodel':
    case 'state':
      return chainLoss(loss, kit);
    case 'nth':
      return new OrdinalLoss(loss.ranges, 0, kit);
    case 'first':
      return new OrdinalLoss([{ min: 1, max: loss.count }], 0, kit);
    case 'every':
      return new OrdinalLoss([{ min: loss.period, max: loss.period }], loss.period, kit);
    case 'map':
      return new OrdinalLoss(loss.ranges, loss.period, kit);
  }
}

/**
 * Independent loss, except that after `runMax` losses in a row the next packet passes. So fewer are
 * lost than the probability p says: p(1 − pⁿ)/(1 − pⁿ⁺¹) of all, with n for `runMax`.
 */
class LimitedLoss implements PacketEvent {
  readonly #stream: Stream;
  readonly #threshold: number;
  readonly #runMax: number;
  /** Losses in a row up to now. */
  readonly #memory: FlowMemory;

  constructor(probability: number, runMax: number, kit: StageKit) {
    this.#stream = kit.stream('loss');
    this.#threshold = probability * DRAWS;
    this.#runMax = runMax;
    this.#memory = flowMemory(kit, 'loss', 'limited');
  }

  happens(packet: Judgement): boolean {
    const draw = this.#stream.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
    const at = this.#memory.at(packet);
    const { states } = this.#memory;
    const happens = draw < this.#threshold && states[at] < this.#runMax;
    states[at] = happens ? states[at] + 1 : 0;
    return happens;
  }
}
