/**
 * Packets that leave out of turn: ahead, by skipping the delay (tc-netem's reordering), or behind, by
 * waiting for later ones of their flow. The engine does either; here they are chosen.
 */
import type { Reorder } from '../../rules/rule.js';
import { ChanceProcess } from './chance.js';
import { type FlowMemory, flowMemory } from './flow-memory.js';
import type { StageKit } from './kit.js';
import { Effect, GO_ON, type Judgement, type Stage } from './stage.js';

export function reorderStage(reorder: Reorder, kit: StageKit): Stage {
  return reorder.kind === 'skip' ? new Skip(reorder, kit) : new Wait(reorder, kit);
}

/**
 * As in `netem_enqueue` of the kernel's sch_netem.c: after gap − 1 delayed packets or more, each has the
 * chance to go at once, and then the count begins anew. Gap 0 is no reordering. The chance's own runs
 * (`corr`) are of the packets that have it.
 */
class Skip implements Stage {
  readonly #chance: ChanceProcess;
  readonly #gap: number;
  /** Packets delayed in a row, up to the gap; null where one needs none of them. */
  readonly #delayed: FlowMemory | null;

  constructor(reorder: Reorder & { readonly kind: 'skip' }, kit: StageKit) {
    this.#chance = new ChanceProcess(reorder, kit, 'reorder');
    this.#gap = reorder.gap;
    this.#delayed = reorder.gap === 1 ? null : flowMemory(kit, 'reorder gap', 'gap');
  }

  apply(packet: Judgement): number {
    const delayed = this.#delayed;
    if (delayed === null) {
      if (this.#chance.happens(packet)) packet.effects |= Effect.skips;
      return GO_ON;
    }
    if (this.#gap === 0) return GO_ON;
    const at = delayed.at(packet);
    const { states } = delayed;
    if (states[at] < this.#gap - 1) {
      states[at]++;
    } else if (this.#chance.happens(packet)) {
      packet.effects |= Effect.skips;
      states[at] = 0;
    }
    return GO_ON;
  }
}

class Wait implements Stage {
  readonly #chance: ChanceProcess;

  constructor(reorder: Reorder, kit: StageKit) {
    this.#chance = new ChanceProcess(reorder, kit, 'reorder');
  }

  apply(packet: Judgement): number {
    if (this.#chance.happens(packet)) packet.effects |= Effect.waits;
    return GO_ON;
  }
}
