/**
 * A rule in one direction, ready to judge packets: its stages in the order of effects, the row that
 * counts its packets, and what keeps them in order.
 */
import { DIRECTION_NAMES, type Direction, type Rule } from '../rules/rule.js';
import { Stream } from './random.js';
import { Delay, Jitter } from './stages/delay.js';
import { lossStage } from './stages/loss.js';
import { Partition } from './stages/partition.js';
import { GO_ON, type Judgement, RELEASE_NS, type Stage } from './stages/stage.js';

export class Pipeline {
  readonly row: number;
  readonly #stages: readonly Stage[];
  readonly #ordered: boolean;
  /** The latest deadline of all packets held so far; shared by the pipelines that succeed each other. */
  readonly #latestNs: Float64Array;

  /** `predecessor` is of the same rule and direction, before the rule's values were changed. */
  constructor(
    rule: Rule,
    direction: Direction,
    seed: string,
    row: number,
    predecessor: Pipeline | undefined,
  ) {
    this.row = row;
    this.#stages = stagesOf(rule, direction, seed);
    this.#ordered = rule.impairments[direction].jitter?.unordered !== true;
    this.#latestNs = predecessor === undefined ? new Float64Array(1) : predecessor.#latestNs;
  }

  /** GO_ON when the packet lives, its release time in the judgement, else the cause of the drop. */
  judge(packet: Judgement): number {
    const stages = this.#stages;
    for (let i = 0; i < stages.length; i++) {
      const cause = stages[i].apply(packet);
      if (cause !== GO_ON) return cause;
    }
    // A link is a queue: nobody overtakes, also not after the delay was reduced.
    if (this.#ordered && packet.values[RELEASE_NS] < this.#latestNs[0]) {
      packet.values[RELEASE_NS] = this.#latestNs[0];
    }
    return GO_ON;
  }

  /** The judged packet is held until its release. */
  noteHeld(packet: Judgement): void {
    if (packet.values[RELEASE_NS] > this.#latestNs[0]) {
      this.#latestNs[0] = packet.values[RELEASE_NS];
    }
  }

  /**
   * Whether packets may be held that an ordered packet must not overtake, when all with a deadline
   * up to `expiredNs[0]` have left.
   */
  mustQueue(expiredNs: Float64Array): boolean {
    return this.#ordered && this.#latestNs[0] > expiredNs[0];
  }

  /** All held packets have left, ahead of their time. */
  noteFlushed(): void {
    this.#latestNs[0] = 0;
  }
}

/** The order of effects, always the same; each stage has a stream of its own. */
function stagesOf(rule: Rule, direction: Direction, seed: string): Stage[] {
  const { partition, loss, delayNs, jitter } = rule.impairments[direction];
  const stream = (stage: string) => new Stream(seed, rule.name, DIRECTION_NAMES[direction], stage);
  const stages: Stage[] = [];
  if (partition) stages.push(new Partition());
  if (loss !== null) stages.push(lossStage(loss, stream('loss')));
  if (delayNs > 0) stages.push(new Delay(delayNs));
  if (jitter !== null) stages.push(new Jitter(jitter.spreadNs, stream('jitter')));
  return stages;
}
