/**
 * `compat netem`: what tc-netem does with a packet, by its own arithmetic and in its own order (netem_enqueue
 * in net/sched/sch_netem.c, Linux 6.1), for comparison.
 *
 *     duplicate? ─▶ lost? ─▶ corrupt ─▶ reorder? ─▶ at once
 *                                          └──────▶ delay ─▶ rate
 *
 * A packet that is to be doubled and lost goes on as one. The copy begins again at "lost?", with the bytes
 * that the packet had before it was corrupted. It goes behind the packet here and before it in netem:
 * the two differ in nothing else.
 */
import { markCe } from '../../packet/ecn.js';
import type { PacketView } from '../../packet/packet-view.js';
import type { Impairments } from '../../rules/rule.js';
import { Counter } from '../counters.js';
import type { Stream } from '../random.js';
import type { PacketEvent } from '../stages/chance.js';
import type { StageKit } from '../stages/kit.js';
import { Effect, GO_ON, type Judgement, type Stage } from '../stages/stage.js';
import { NetemChance } from './crandom.js';
import { netemLoss } from './loss.js';
import { Timing } from './timing.js';

export interface CompatStages {
  readonly stages: Stage[];
  /** For the copy of the packet that was judged last. */
  readonly copyStages: Stage[];
}

/** Takes the place of loss, ecn, corrupt, duplicate, rate, delay, jitter and reorder. */
export function compatStages(impairments: Impairments, kit: StageKit): CompatStages {
  const netem = new Netem(impairments, kit);
  return {
    stages: [{ apply: (packet) => netem.judge(packet) }],
    copyStages: [{ apply: (packet) => netem.judgeCopy(packet) }],
  };
}

class Netem {
  readonly #duplicate: PacketEvent | null;
  readonly #loss: PacketEvent | null;
  readonly #ecn: boolean;
  readonly #corrupt: PacketEvent | null;
  readonly #bits: Stream;
  readonly #timing: Timing;
  /** The bit of the last packet that was flipped, counted from the frame's first; -1 is none. */
  #flipped = -1;

  constructor(impairments: Impairments, kit: StageKit) {
    const { duplicate, loss, ecn, corrupt } = impairments;
    this.#duplicate = duplicate && new NetemChance(duplicate, kit, 'duplicate');
    this.#loss = loss && netemLoss(loss, kit);
    this.#ecn = ecn;
    this.#corrupt = corrupt && new NetemChance(corrupt, kit, 'corrupt');
    this.#bits = kit.stream('corrupt bit');
    this.#timing = new Timing(impairments, kit);
  }

  judge(packet: Judgement): number {
    const doubled = this.#duplicate?.happens(packet) ? 1 : 0;
    const lost = this.#loses(packet) ? 1 : 0;
    const count = 1 + doubled - lost;
    if (count === 0) return Counter.droppedLoss;
    if (count === 2) packet.effects |= Effect.duplicated;
    this.#flipped = -1;
    return this.#send(packet);
  }

  judgeCopy(packet: Judgement): number {
    if (this.#loses(packet)) return Counter.droppedLoss;
    if (this.#flipped >= 0) flip(packet.view, this.#flipped);
    return this.#send(packet);
  }

  #loses(packet: Judgement): boolean {
    if (this.#loss === null || !this.#loss.happens(packet)) return false;
    const { view } = packet;
    if (!this.#ecn || !markCe(view.bytes, view.l3Offset)) return true;
    packet.effects |= Effect.marked;
    return false;
  }

  #send(packet: Judgement): number {
    if (this.#corrupt?.happens(packet)) {
      const draw = this.#bits.int32(packet.flow, packet.ordinalLow, packet.ordinalHigh) >>> 0;
      this.#flipped = Math.floor((draw * 8 * packet.view.frameLength) / 2 ** 32);
      flip(packet.view, this.#flipped);
      packet.effects |= Effect.corrupted;
    }
    this.#timing.send(packet);
    return GO_ON;
  }
}

function flip(view: PacketView, bit: number): void {
  view.bytes[view.frameOffset + (bit >> 3)] ^= 1 << (bit & 7);
}
