/**
 * A port in memory, for tests and for drivers without a kernel: frames pushed in are read in order,
 * frames written are handed to a function.
 */
import type { PacketMemory } from '../netem/packet-memory.js';
import { OFFLOAD_HEADER_BYTES, readGsoSize, readGsoType } from '../packet/offload-header.js';
import type { Train } from '../packet/train.js';
import type { Port } from './port.js';

const NO_HEADER = new Uint8Array(OFFLOAD_HEADER_BYTES);

/** The frame's bytes, the offload header that lies before it, and its slot. */
export type OnWrite = (frame: Uint8Array, header: Uint8Array, slot: number) => void;

export class MemoryPort implements Port {
  readonly fd = -1;
  refused = 0;
  readonly #memory: PacketMemory;
  readonly #linkType: number;
  readonly #onWrite: OnWrite;
  readonly #waiting: { readonly frame: Uint8Array; readonly header: Uint8Array }[] = [];

  constructor(memory: PacketMemory, linkType: number, onWrite: OnWrite = () => {}) {
    this.#memory = memory;
    this.#linkType = linkType;
    this.#onWrite = onWrite;
  }

  push(frame: Uint8Array, header: Uint8Array = NO_HEADER): void {
    this.#waiting.push({ frame, header });
  }

  readBatch(slots: Int32Array): number {
    const frames = this.#waiting.splice(0, slots.length);
    const { bytes, length, linkType, segmentBytes } = this.#memory;
    frames.forEach(({ frame, header }, i) => {
      const slot = slots[i]!;
      const at = this.#memory.frameOffset(slot);
      bytes.set(header, at - OFFLOAD_HEADER_BYTES);
      bytes.set(frame, at);
      length[slot] = frame.length;
      linkType[slot] = this.#linkType;
      segmentBytes[slot] = readGsoType(header, 0) === 0 ? 0 : readGsoSize(header, 0);
    });
    return frames.length;
  }

  write(slot: number): void {
    const start = this.#memory.frameOffset(slot);
    const { bytes, length } = this.#memory;
    const header = bytes.slice(start - OFFLOAD_HEADER_BYTES, start);
    this.#onWrite(bytes.slice(start, start + length[slot]!), header, slot);
  }

  writeRun(slot: number, train: Train, first: number, count: number): void {
    const payloadBytes = train.runPayloadBytes(first, count);
    const payloadAt = train.payloadAt(first);
    const header = new Uint8Array(OFFLOAD_HEADER_BYTES);
    const frame = new Uint8Array(train.headerBytes + payloadBytes);
    train.writeOffload(header, 0, first, count);
    train.writeHeader(frame, 0, first, count);
    const payload = this.#memory.bytes.subarray(payloadAt, payloadAt + payloadBytes);
    frame.set(payload, train.headerBytes);
    this.#onWrite(frame, header, slot);
  }

  flush(): void {}

  close(): void {}
}
