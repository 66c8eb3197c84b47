/** Packets through the stages of `compat netem`, copies included. */
import { compatStages } from '../../../src/netem/compat/stages.js';
import type { StageKit } from '../../../src/netem/stages/kit.js';
import {
  ARRIVAL_NS,
  Effect,
  GO_ON,
  Judgement,
  RELEASE_NS,
} from '../../../src/netem/stages/stage.js';
import { UNIMPAIRED } from '../../../src/rules/impairment-key.js';
import type { Impairments } from '../../../src/rules/rule.js';
import { fakeKit, nextPacket } from '../../support/stage-kit.js';

export interface Verdict {
  /** Null: lost. */
  readonly releaseNs: number | null;
  /** Bits of Effect. */
  readonly effects: number;
  /** What became of the copy, where one was made. */
  readonly copy: { readonly releaseNs: number | null; readonly effects: number } | null;
}

export class CompatDriver {
  readonly packet = new Judgement();
  readonly #stages: ReturnType<typeof compatStages>;
  #ordinal = 0;

  constructor(impairments: Partial<Impairments>, kit: StageKit = fakeKit()) {
    this.#stages = compatStages({ ...UNIMPAIRED, ...impairments, compat: 'netem' }, kit);
    this.packet.view.bytes = new Uint8Array(2000);
    this.packet.view.frameLength = 1000;
  }

  /** The next packet of the one flow; its bytes are in `packet.view` and stay as the last one's became. */
  send(arrivalNs = 0): Verdict {
    return this.sendAs(++this.#ordinal, arrivalNs);
  }

  sendAs(ordinal: number, arrivalNs: number): Verdict {
    const { packet } = this;
    nextPacket(packet, 0, ordinal, arrivalNs);
    const releaseNs = this.#pass(this.#stages.stages);
    const { effects } = packet;
    if ((effects & Effect.duplicated) === 0) return { releaseNs, effects, copy: null };
    packet.effects = 0;
    packet.ordinalHigh |= 0x8000_0000;
    packet.values[RELEASE_NS] = packet.values[ARRIVAL_NS];
    const copyNs = this.#pass(this.#stages.copyStages);
    return { releaseNs, effects, copy: { releaseNs: copyNs, effects: packet.effects } };
  }

  /** 1 for each of the next `count` packets that is lost. */
  losses(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => (this.send().releaseNs === null ? 1 : 0));
  }

  #pass(stages: ReturnType<typeof compatStages>['stages']): number | null {
    for (const stage of stages) if (stage.apply(this.packet) !== GO_ON) return null;
    return this.packet.values[RELEASE_NS];
  }
}

/** The mean length of the runs of ones. */
export function meanRun(events: ArrayLike<number>): number {
  let [ones, runs] = [0, 0];
  for (let i = 0; i < events.length; i++) {
    ones += events[i];
    if (events[i] === 1 && (i === 0 || events[i - 1] === 0)) runs++;
  }
  return ones / runs;
}
