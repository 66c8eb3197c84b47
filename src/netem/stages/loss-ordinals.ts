/**
 * Loss by the packet's ordinal in its flow and direction: in any of many ranges, which may begin anew
 * after a period. Nothing is random, so it is what tests of protocols ask for.
 */
import type { PortRange } from '../../rules/rule.js';
import type { PacketEvent } from './chance.js';
import { forgetFlowMemory } from './flow-memory.js';
import type { StageKit } from './kit.js';
import { type Judgement, ORDINAL } from './stage.js';

export class OrdinalLoss implements PacketEvent {
  /** Ascending: where losses begin, where they end, where they begin again … */
  readonly #bounds: Float64Array;
  readonly #period: number;

  /** `period` 0: the ranges do not repeat. */
  constructor(ranges: readonly PortRange[], period: number, kit: StageKit) {
    forgetFlowMemory(kit, 'loss');
    this.#bounds = kit.memory('loss ordinals', () => new Bounds()).of(ranges);
    this.#period = period;
  }

  happens(packet: Judgement): boolean {
    const bounds = this.#bounds;
    let ordinal = packet.values[ORDINAL];
    if (this.#period > 0) ordinal = ((ordinal - 1) % this.#period) + 1;
    let from = 0;
    let to = bounds.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (bounds[middle] <= ordinal) from = middle + 1;
      else to = middle;
    }
    // After an odd number of bounds one is inside.
    return (from & 1) === 1;
  }
}

/** A long list is sorted once, not at each change of the rule's other values. */
class Bounds {
  #ranges: readonly PortRange[] | null = null;
  #bounds: Float64Array = new Float64Array(0);

  of(ranges: readonly PortRange[]): Float64Array {
    if (ranges !== this.#ranges) {
      this.#ranges = ranges;
      this.#bounds = boundsOf(ranges);
    }
    return this.#bounds;
  }
}

function boundsOf(ranges: readonly PortRange[]): Float64Array {
  const bounds: number[] = [];
  for (const { min, max } of ranges.toSorted((a, b) => a.min - b.min)) {
    const end = bounds.length - 1;
    if (max < min) continue;
    if (end > 0 && min <= bounds[end]) bounds[end] = Math.max(bounds[end], max + 1);
    else bounds.push(min, max + 1);
  }
  return Float64Array.from(bounds);
}
