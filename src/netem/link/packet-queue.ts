/**
 * What waits in a link, in order of arrival: a list over `memory.next`. `memory.arrivalNs` says when
 * each packet came.
 */
import type { PacketMemory } from '../packet-memory.js';
import { NONE, type Server } from './server.js';

export class PacketQueue {
  packets = 0;
  /** IP bytes. */
  bytes = 0;
  /** Bytes as the server counts them. */
  cost = 0;

  readonly #memory: PacketMemory;
  readonly #server: Server;
  #head = NONE;
  #tail = NONE;

  constructor(memory: PacketMemory, server: Server) {
    this.#memory = memory;
    this.#server = server;
  }

  append(slot: number): void {
    const { next, l3Length } = this.#memory;
    next[slot] = NONE;
    if (this.#head === NONE) this.#head = slot;
    else next[this.#tail] = slot;
    this.#tail = slot;
    this.packets++;
    this.bytes += l3Length[slot];
    this.cost += this.#server.costOf(l3Length[slot]);
  }

  /** The oldest packet, or NONE. */
  take(): number {
    const slot = this.#head;
    if (slot === NONE) return NONE;
    const { next, l3Length } = this.#memory;
    this.#head = next[slot];
    this.packets--;
    this.bytes -= l3Length[slot];
    this.cost -= this.#server.costOf(l3Length[slot]);
    return slot;
  }

  /** The server counts otherwise now. */
  recount(): void {
    this.cost = 0;
    for (let slot = this.#head; slot !== NONE; slot = this.#memory.next[slot]) {
      this.cost += this.#server.costOf(this.#memory.l3Length[slot]);
    }
  }
}
