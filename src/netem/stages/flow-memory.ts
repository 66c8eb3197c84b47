/**
 * The state of a process with memory: one number for rule and direction, as one link would have, or
 * one for each flow. It outlives the stages that use it, so that a change of values does not begin
 * the process anew; another process in its place does.
 */
import { roomForInts } from '../flow-arrays.js';
import type { StageKit } from './kit.js';
import type { Judgement } from './stage.js';

export class FlowMemory {
  /** 0 is a process that has seen no packet. */
  states = new Int32Array(0);
  /** Per flow: whose the states are, as the flow's number + 1. */
  #owners = new Int32Array(0);
  #process = '';
  #perFlow = false;

  /** Keeps the states if they are of the same process. */
  serve(process: string, perFlow: boolean): void {
    if (process === this.#process && perFlow === this.#perFlow) return;
    this.#process = process;
    this.#perFlow = perFlow;
    this.states = new Int32Array(perFlow ? 0 : 1);
    this.#owners = new Int32Array(0);
  }

  forget(): void {
    this.#process = '';
    this.states = new Int32Array(0);
    this.#owners = new Int32Array(0);
  }

  /**
   * Where in `states` the packet's process is; to be asked first, as `states` may be another array
   * afterwards. What a forgotten flow left in the entry is wiped: known by its number, as the new
   * flow's first packet may have been dropped before it came here.
   */
  at(packet: Judgement): number {
    if (!this.#perFlow) return 0;
    const entry = packet.entry;
    if (entry >= this.states.length) {
      this.states = roomForInts(this.states, entry);
      this.#owners = roomForInts(this.#owners, entry);
    }
    const owner = (packet.flow + 1) | 0;
    if (this.#owners[entry] !== owner || (packet.ordinalLow === 1 && packet.ordinalHigh === 0)) {
      this.#owners[entry] = owner;
      this.states[entry] = 0;
    }
    return entry;
  }
}

/** The memory that belongs to a stream, in the service of `process`. */
export function flowMemory(kit: StageKit, stream: string, process: string): FlowMemory {
  const memory = kit.memory(`${stream} states`, () => new FlowMemory());
  memory.serve(process, kit.perFlow);
  return memory;
}

/** For a process without memory in the place of one that had some. */
export function forgetFlowMemory(kit: StageKit, stream: string): void {
  kit.memory(`${stream} states`, () => new FlowMemory()).forget();
}
