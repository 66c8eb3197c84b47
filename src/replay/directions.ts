/**
 * Which way a captured packet goes: out of the host that the rules are about, or into it. The capture may
 * say so (pcapng flags, Linux's cooked headers); else the client's addresses tell, or the flow: its first
 * packet goes out, and so does what comes by the same way later.
 */

import { BY_FLOW } from '../netem/engine.js';
import type { PacketMemory } from '../netem/packet-memory.js';
import { directionOfCooked } from '../packet/link-layer.js';
import { PacketView } from '../packet/packet-view.js';
import type { CapturedPacket, CaptureInterface } from '../pcap/capture-reader.js';
import { prefixMask } from '../rules/address.js';
import { Direction, type Prefix } from '../rules/rule.js';

/** `auto`: the capture's word, else the client's address where that is given, else the flow. */
export type DirectionRule =
  | { readonly kind: 'auto' | 'flow' | 'client' | Direction }
  /** What came by these interfaces goes out, all else in: names, or indexes over all sections in decimal. */
  | { readonly kind: 'interface'; readonly names: readonly string[] };

export class Directions {
  readonly #rule: DirectionRule;
  readonly #client: Prefix | null;
  readonly #view = new PacketView();
  /** By index: whether what came by the interface goes out. */
  readonly #isOut: boolean[] = [];
  readonly #missing: Set<string>;

  /** `client`: needed by the rule `client`, used by `auto`. */
  constructor(rule: DirectionRule, client: Prefix | null) {
    this.#rule = rule;
    this.#client = client;
    this.#missing = new Set(rule.kind === 'interface' ? rule.names : []);
  }

  /** The capture has another interface. */
  addInterface({ index, name }: CaptureInterface): void {
    const rule = this.#rule;
    if (rule.kind !== 'interface') return;
    const meant = rule.names.filter((word) => word === name || word === String(index));
    this.#isOut[index] = meant.length > 0;
    for (const word of meant) this.#missing.delete(word);
  }

  /** Interfaces of the rule that the capture did not have so far. */
  get missing(): readonly string[] {
    return [...this.#missing];
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
        return this.#isOut[packet.interface] ? Direction.out : Direction.in;
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
    const { words, bits, version } = this.#client!;
    // IPv4 lies within IPv6's addresses as a view has them.
    if (view.version !== version) return BY_FLOW;
    if (
      ((view.src0 ^ words[0]) & prefixMask(bits, 0)) === 0 &&
      ((view.src1 ^ words[1]) & prefixMask(bits, 1)) === 0 &&
      ((view.src2 ^ words[2]) & prefixMask(bits, 2)) === 0 &&
      ((view.src3 ^ words[3]) & prefixMask(bits, 3)) === 0
    ) {
      return Direction.out;
    }
    const isTo =
      ((view.dst0 ^ words[0]) & prefixMask(bits, 0)) === 0 &&
      ((view.dst1 ^ words[1]) & prefixMask(bits, 1)) === 0 &&
      ((view.dst2 ^ words[2]) & prefixMask(bits, 2)) === 0 &&
      ((view.dst3 ^ words[3]) & prefixMask(bits, 3)) === 0;
    // Others' traffic is nobody's reply to the client.
    return isTo ? Direction.in : BY_FLOW;
  }
}
