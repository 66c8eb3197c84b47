/**
 * A link that works for a while, then lets nothing pass for a while, and so on, from when its rule came
 * into force. At a boundary the later phase holds.
 */
import type { Outage } from '../../rules/rule.js';
import { Counter } from '../counters.js';
import type { Stream } from '../random.js';
import { DRAWS } from './chance.js';
import type { StageKit } from './kit.js';
import { ARRIVAL_NS, GO_ON, type Judgement, type Stage } from './stage.js';

export function outageStage(outage: Outage, kit: StageKit): Stage {
  // Without an end of either phase there is nothing to wait for.
  if (outage.onNs + outage.offNs <= 0) return new PeriodicOutage(1, 0, 0, kit.startNs);
  if (outage.exponential) return new ExponentialOutage(outage, kit);
  return new PeriodicOutage(outage.onNs, outage.offNs, outage.times, kit.startNs);
}

class PeriodicOutage implements Stage {
  readonly #onNs: number;
  readonly #periodNs: number;
  readonly #startNs: number;
  /** When the last outage is over. */
  readonly #endNs: number;

  constructor(onNs: number, offNs: number, times: number, startNs: number) {
    this.#onNs = onNs;
    this.#periodNs = onNs + offNs;
    this.#startNs = startNs;
    this.#endNs = times === 0 ? Number.POSITIVE_INFINITY : startNs + times * this.#periodNs;
  }

  apply(packet: Judgement): number {
    if (packet.values[ARRIVAL_NS] >= this.#endNs) return GO_ON;
    const inPeriodNs = (packet.values[ARRIVAL_NS] - this.#startNs) % this.#periodNs;
    return inPeriodNs < this.#onNs ? GO_ON : Counter.droppedPartition;
  }
}

/** When the present phase ends: kept when the values change, which hold from the next phase on. */
class Phase {
  /** From 0; the link works in the even ones. */
  index = -1;
  readonly endNs = new Float64Array(1);
}

/**
 * After so many mean periods without a packet the phases between are not drawn one by one: which phase
 * it is then has nothing to do with the last one any more (by a factor of e^-4000), and how long it still
 * lasts is exponential again. So a packet takes bounded time, however short the phases.
 */
const FORGOTTEN_PERIODS = 1000;

/** The phases have exponential durations, so that no end can be foreseen from how long one has lasted. */
class ExponentialOutage implements Stage {
  readonly #stream: Stream;
  /** Means, of even and odd phases. */
  readonly #meansNs: Float64Array;
  readonly #forgottenNs: number;
  /** The phase from which on the link works for good. */
  readonly #last: number;
  readonly #phase: Phase;

  constructor({ onNs, offNs, times }: Outage, kit: StageKit) {
    this.#stream = kit.stream('outage');
    this.#meansNs = Float64Array.of(onNs, offNs);
    this.#forgottenNs = FORGOTTEN_PERIODS * (onNs + offNs);
    this.#last = times === 0 ? Number.POSITIVE_INFINITY : 2 * times;
    this.#phase = kit.memory('outage phase', () => {
      const phase = new Phase();
      phase.endNs[0] = kit.startNs;
      return phase;
    });
  }

  apply(packet: Judgement): number {
    const phase = this.#phase;
    const { values } = packet;
    if (phase.index >= this.#last) return GO_ON;
    if (values[ARRIVAL_NS] - phase.endNs[0] > this.#forgottenNs) {
      if (this.#last < FORGOTTEN_PERIODS) phase.index = this.#last;
      else this.#skip(phase);
      phase.endNs[0] = values[ARRIVAL_NS];
    }
    while (values[ARRIVAL_NS] >= phase.endNs[0]) this.#next(phase);
    return phase.index >= this.#last || (phase.index & 1) === 0 ? GO_ON : Counter.droppedPartition;
  }

  #next(phase: Phase): void {
    phase.index++;
    const share = ((this.#stream.int32(0, phase.index, 0) >>> 0) + 1) / DRAWS;
    phase.endNs[0] += Math.round(-Math.log(share) * this.#meansNs[phase.index & 1]);
  }

  /** The next phase will be either one, as often as the means say. */
  #skip(phase: Phase): void {
    const [onNs, offNs] = this.#meansNs;
    const works = (this.#stream.int32(1, phase.index, 0) >>> 0) * (onNs + offNs) < onNs * DRAWS;
    const workedLast = (phase.index & 1) === 0;
    phase.index += works === workedLast ? 1 : 2;
  }
}
