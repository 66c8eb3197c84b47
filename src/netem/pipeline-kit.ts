/** What the stages of one pipeline are made with: its random streams, and what outlives a stage. */
import { DIRECTION_NAMES, type Direction } from '../rules/rule.js';
import { Stream } from './random.js';
import type { StageKit } from './stages/kit.js';

/** What, with a stage's name, determines every draw. */
export interface PipelineKey {
  readonly seed: string;
  /** The rule's. */
  readonly name: string;
  readonly direction: Direction;
}

export class PipelineKit implements StageKit {
  perFlow = false;
  startNs = 0;

  readonly #key: PipelineKey;
  readonly #streams = new Map<string, Stream>();
  readonly #memories = new Map<string, object>();

  constructor(key: PipelineKey) {
    this.#key = key;
  }

  /** A rule comes into force: nothing is remembered. */
  begin(startNs: number): void {
    this.startNs = startNs;
    this.#memories.clear();
  }

  stream(name: string): Stream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      const { seed, name: rule, direction } = this.#key;
      stream = new Stream(seed, rule, DIRECTION_NAMES[direction], name);
      this.#streams.set(name, stream);
    }
    return stream;
  }

  memory<T extends object>(name: string, make: () => T): T {
    const known = this.#memories.get(name) as T | undefined;
    if (known !== undefined) return known;
    const made = make();
    this.#memories.set(name, made);
    return made;
  }
}
