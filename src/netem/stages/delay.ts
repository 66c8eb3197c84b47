/** Time on the way: the same for each packet, in whole nanoseconds. */
import { GO_ON, type Judgement, RELEASE_NS, type Stage } from './stage.js';

export function delayStage(delayNs: number): Stage {
  return new Delay(delayNs);
}

class Delay implements Stage {
  readonly #delayNs: number;

  constructor(delayNs: number) {
    this.#delayNs = Math.round(delayNs);
  }

  apply(packet: Judgement): number {
    packet.values[RELEASE_NS] += this.#delayNs;
    return GO_ON;
  }
}
