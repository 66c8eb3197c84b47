/** What a stage is made with, besides the values of its rule. */
import type { Stream } from '../random.js';

export interface StageKit {
  /** The rule's random stream of that name in this direction. */
  stream(name: string): Stream;
  /**
   * What the stage remembers from packet to packet. When the rule's values change, stages are made
   * anew with the memory that their predecessors had; `make` is called when there is none of that name.
   */
  memory<T extends object>(name: string, make: () => T): T;
  /** `per flow`: memories are one for each `Judgement.entry`. */
  readonly perFlow: boolean;
  /** When the rule came into force, in engine time. */
  readonly startNs: number;
}
