/**
 * Which way a captured packet goes: out of the host that the rules are about, or into it. The capture may
 * say so (pcapng flags, Linux's cooked headers); else the client's addresses tell, or the flow: its first
 * packet goes out, and so does what comes by the same way later.
 */

import { BY_FLOW } from '../netem/engine.js';
import type { PacketMemory } from '../netem/packet-memory.js';
import { directionOfCooked } from '../packet/link-layer.js';
import { PacketView } from '../packet/packet-view.js';
import type { CapturedPacket } from '../pcap/capture-reader.js';
import { prefixMask } from '../rules/address.js';
import { Direction, type Prefix } from '../rules/rule.js';

/** `auto`: the capture's word, else the client's address where that is given, else the flow. */
export type DirectionRule =
  | { readonly kind: 'auto' | 'flow' | 'client' | Direction }
  /** What came by these interfaces (indexes over all sections) goes out, all else in. */
  | { readonly kind: 'interface'; isOut(index: number): boolean };

export class Directions {
  readonly #rule: DirectionRule;
  readonly #client: Prefix | null;
  readonly #view = new PacketView();

  /** `client`: needed by the rule `client`, used by `auto`. */
  constructor(rule: DirectionRule, client: Prefix | null) {
    this.#rule = rule;
    this.#client = client;
  }

  /** A Direction, or the engine's BY_FLOW, for a packet that lies in `slot`. */
  of(packet: CapturedPacket, memory: PacketMemory, slot: number): number {
    const rule = this.#rule;
    switch (rule.kind) {
      case 'auto':
        return this.#told(packet, memory, slot);
      case 'flow':
        return BY_FLOW;
      case 'client':
        return this.#byClient(memory, slot);
      case 'interface':
        return rule.isOut(packet.interface) ? Direction.out : Direction.in;
      default:
        return rule.kind;
    }
  }

  #told(packet: CapturedPacket, memory: PacketMemory, slot: number): number {
    if (packet.direction >= 0) return packet.direction;
    const cooked = directionOfCooked(memory.bytes, memory.frameOffset(slot), memory.linkType[slot]);
    if (cooked >= 0) return cooked;
    return this.#client === null ? BY_FLOW : this.#byClient(memory, slot);
  }

  #byClient(memory: PacketMemory, slot: number): number {
    const view = this.#view;
    const at = memory.frameOffset(slot);
    if (!view.parse(memory.bytes, at, memory.length[slot], memory.linkType[slot])) return BY_FLOW;
    const { words, bits } = this.#client!;
    const isFrom =
      ((view.src0 ^ words[0]) & prefixMask(bits, 0)) === 0 &&
      ((view.src1 ^ words[1]) & prefixMask(bits, 1)) === 0 &&
      ((view.src2 ^ words[2]) & prefixMask(bits, 2)) === 0 &&
      ((view.src3 ^ words[3]) & prefixMask(bits, 3)) === 0;
    return isFrom ? Direction.out : Direction.in;
  }
}
