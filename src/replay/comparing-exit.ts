/** An exit around another one that also notes what leaves, for a comparison (compare.ts). */
import type { PacketMemory } from '../netem/packet-memory.js';
import type { CaptureInterface, CaptureReader } from '../pcap/capture-reader.js';
import type { Digests } from './digests.js';
import type { Exit } from './exit.js';
import { resolutionNs } from './resolution.js';

/** So many digests make the replay wait until they were compared. */
const DIGESTS_MAX = 4_096;

interface ComparingOptions {
  /** Of the replayed capture, where it is a classic file. */
  readonly classicResolutionNs: number;
  /** Compares what was noted. */
  drain(): Promise<void>;
}

export class ComparingExit implements Exit {
  readonly #inner: Exit;
  readonly #memory: PacketMemory;
  readonly #digests: Digests;
  readonly #options: ComparingOptions;
  /** By interface. */
  readonly #resolutionsNs: number[] = [];
  #reader: CaptureReader | null = null;

  constructor(inner: Exit, memory: PacketMemory, digests: Digests, options: ComparingOptions) {
    this.#inner = inner;
    this.#memory = memory;
    this.#digests = digests;
    this.#options = options;
  }

  get timeNs(): Float64Array {
    return this.#inner.timeNs;
  }

  begin(reader: CaptureReader): void {
    this.#reader = reader;
    this.#inner.begin(reader);
  }

  addInterface(captured: CaptureInterface): void {
    const { classicResolutionNs } = this.#options;
    this.#resolutionsNs.push(resolutionNs(this.#reader!, captured, classicResolutionNs));
    this.#inner.addInterface(captured);
  }

  setBase(baseNs: bigint): void {
    this.#inner.setBase(baseNs);
  }

  packet(at: number, capturedBytes: number, wireBytes: number, interfaceIndex: number): void {
    this.#note(at, capturedBytes, wireBytes, interfaceIndex);
    this.#inner.packet(at, capturedBytes, wireBytes, interfaceIndex);
  }

  packetWith(
    at: number,
    capturedBytes: number,
    wireBytes: number,
    interfaceIndex: number,
    options: Uint8Array,
  ): void {
    this.#note(at, capturedBytes, wireBytes, interfaceIndex);
    this.#inner.packetWith(at, capturedBytes, wireBytes, interfaceIndex, options);
  }

  block(reader: CaptureReader): void {
    this.#inner.block(reader);
  }

  get mustDrain(): boolean {
    return this.#digests.count >= DIGESTS_MAX || this.#inner.mustDrain;
  }

  async drain(): Promise<void> {
    if (this.#digests.count >= DIGESTS_MAX) await this.#options.drain();
    if (this.#inner.mustDrain) await this.#inner.drain();
  }

  flush(): Promise<void> {
    return this.#inner.flush();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #note(at: number, capturedBytes: number, wireBytes: number, interfaceIndex: number): void {
    const { bytes } = this.#memory;
    const resolution = this.#resolutionsNs[interfaceIndex];
    this.#digests.push(bytes, at, capturedBytes, wireBytes, this.timeNs, resolution);
  }
}
