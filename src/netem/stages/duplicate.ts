/** Packets that come twice; the engine makes the copy. */
import type { Chance } from '../../rules/rule.js';
import { ChanceProcess } from './chance.js';
import type { StageKit } from './kit.js';
import { Effect, GO_ON, type Judgement, type Stage } from './stage.js';

export function duplicateStage(duplicate: Chance, kit: StageKit): Stage {
  return new Duplicate(duplicate, kit);
}

class Duplicate implements Stage {
  readonly #chance: ChanceProcess;

  constructor(duplicate: Chance, kit: StageKit) {
    this.#chance = new ChanceProcess(duplicate, kit, 'duplicate');
  }

  apply(packet: Judgement): number {
    if (this.#chance.happens(packet)) packet.effects |= Effect.duplicated;
    return GO_ON;
  }
}
