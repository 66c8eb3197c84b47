/**
 * Packets that vanish: at random, each with the same probability, or by their ordinal in flow and
 * direction. Random loss is monotone: what is lost at p is lost at every higher p.
 */
import type { Loss, PortRange } from '../../rules/rule.js';
import { Counter } from '../counters.js';
import type { Stream } from '../random.js';
import { GO_ON, type Judgement, ORDINAL, type Stage } from './stage.js';

/** The stage for a rule's loss; only random loss draws from the stream. */
export function lossStage(loss: Loss, stream: Stream): Stage {
  switch (loss.kind) {
    case 'random':
      return new RandomLoss(loss.probability, stream);
    case 'nth':
      return new NthLoss(loss.ranges);
    case 'first':
      return new NthLoss([{ min: 1, max: loss.count }]);
    case 'every':
      return new EveryLoss(loss.period);
  }
}

class RandomLoss implements Stage {
  readonly #stream: Stream;
  /** Draws below are lost; a probability is exact to 2^-32. */
  readonly #threshold: number;

  constructor(probability: number, stream: Stream) {
    this.#threshold = probability * 2 ** 32;
    this.#stream = stream;
  }

  apply(packet: Judgement): number {
    const draw = this.#stream.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
    return draw < this.#threshold ? Counter.droppedLoss : GO_ON;
  }
}

class NthLoss implements Stage {
  readonly #ranges: readonly PortRange[];
  readonly #last: number;

  constructor(ranges: readonly PortRange[]) {
    this.#ranges = ranges;
    this.#last = Math.max(0, ...ranges.map((range) => range.max));
  }

  apply(packet: Judgement): number {
    const ordinal = packet.values[ORDINAL];
    if (ordinal > this.#last) return GO_ON;
    for (let i = 0; i < this.#ranges.length; i++) {
      const range = this.#ranges[i];
      if (ordinal >= range.min && ordinal <= range.max) return Counter.droppedLoss;
    }
    return GO_ON;
  }
}

class EveryLoss implements Stage {
  readonly #period: number;

  constructor(period: number) {
    this.#period = period;
  }

  apply(packet: Judgement): number {
    return packet.values[ORDINAL] % this.#period === 0 ? Counter.droppedLoss : GO_ON;
  }
}
