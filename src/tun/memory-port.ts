/**
 * A port in memory, for tests and for drivers without a kernel: frames pushed in are read in order,
 * frames written are handed to a function with the slot's bytes.
 */
import type { PacketMemory } from '../netem/packet-memory.js';
import type { Port } from './port.js';

export class MemoryPort implements Port {
  readonly fd = -1;
  refused = 0;
  readonly #memory: PacketMemory;
  readonly #linkType: number;
  readonly #onWrite: (frame: Uint8Array, slot: number) => void;
  readonly #waiting: Uint8Array[] = [];

  constructor(
    memory: PacketMemory,
    linkType: number,
    onWrite: (frame: Uint8Array, slot: number) => void = () => {},
  ) {
    this.#memory = memory;
    this.#linkType = linkType;
    this.#onWrite = onWrite;
  }

  push(frame: Uint8Array): void {
    this.#waiting.push(frame);
  }

  readBatch(slots: Int32Array): number {
    const frames = this.#waiting.splice(0, slots.length);
    frames.forEach((frame, i) => {
      const slot = slots[i]!;
      this.#memory.bytes.set(frame, this.#memory.frameOffset(slot));
      this.#memory.length[slot] = frame.length;
      this.#memory.linkType[slot] = this.#linkType;
    });
    return frames.length;
  }

  write(slot: number): void {
    const start = this.#memory.frameOffset(slot);
    this.#onWrite(this.#memory.bytes.slice(start, start + this.#memory.length[slot]!), slot);
  }

  flush(): void {}

  close(): void {}
}
