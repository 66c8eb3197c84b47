/** Time on the way: a constant, and jitter around it. */
import type { Stream } from '../random.js';
import { ARRIVAL_NS, GO_ON, type Judgement, RELEASE_NS, type Stage } from './stage.js';

export class Delay implements Stage {
  readonly #delayNs: number;

  constructor(delayNs: number) {
    this.#delayNs = Math.round(delayNs);
  }

  apply(packet: Judgement): number {
    packet.values[RELEASE_NS] += this.#delayNs;
    return GO_ON;
  }
}

/**
 * Uniform over the whole nanoseconds from −spread to +spread, but never to before the arrival.
 * Keeping the order is the pipeline's business: it is a matter of the packets before.
 */
export class Jitter implements Stage {
  readonly #stream: Stream;
  readonly #spreadNs: number;
  readonly #nsPerDraw: number;

  constructor(spreadNs: number, stream: Stream) {
    this.#spreadNs = Math.round(spreadNs);
    this.#nsPerDraw = (2 * this.#spreadNs + 1) / 2 ** 32;
    this.#stream = stream;
  }

  apply(packet: Judgement): number {
    const draw = this.#stream.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
    const offsetNs = Math.floor(draw * this.#nsPerDraw) - this.#spreadNs;
    const values = packet.values;
    values[RELEASE_NS] = Math.max(values[ARRIVAL_NS], values[RELEASE_NS] + offsetNs);
    return GO_ON;
  }
}
