/**
 * The exit into a capture file, or into one that is only hashed: in the input's format unless told
 * otherwise.
 */
import type { PacketMemory } from '../netem/packet-memory.js';
import type { CaptureInterface, CaptureReader } from '../pcap/capture-reader.js';
import type { CaptureWriter } from '../pcap/capture-writer.js';
import { PcapWriter } from '../pcap/classic-writer.js';
import { NO_OPTIONS } from '../pcap/options.js';
import { CaptureOutput, OUTPUT_EDGE_BYTES } from '../pcap/output.js';
import { PcapngWriter } from '../pcap/pcapng-writer.js';
import type { Exit } from './exit.js';
import { keptOptions } from './kept-options.js';
import type { ExitMaker } from './replay-types.js';

export type CaptureFormat = 'pcap' | 'pcapng';

export interface CaptureExitOptions {
  /** A file, `-` for standard output, or null: nowhere. */
  readonly path: string | null;
  /** Null: that of the input. */
  readonly format: CaptureFormat | null;
  /** Files being read, which must not be overwritten. */
  readonly inputs: readonly string[];
  /** Hash what is written. */
  readonly sha256: boolean;
}

/** Errors when it is opened: E_FILE. Later: E_OUTPUT, E_CAPTURE_LINKS. */
export class CaptureExitMaker implements ExitMaker {
  readonly edgeBytes = OUTPUT_EDGE_BYTES;
  /** Of all bytes, in hexadecimal, when the exit was closed and it was asked for. */
  sha256: string | null = null;
  /** Packets and bytes that were written. */
  packets = 0;
  bytes = 0;
  readonly #options: CaptureExitOptions;

  constructor(options: CaptureExitOptions) {
    this.#options = options;
  }

  open(memory: PacketMemory, edgeAt: number): CaptureExit {
    const { path, inputs, sha256 } = this.#options;
    const output = CaptureOutput.open(path, memory.bytes, edgeAt, { inputs, sha256 });
    return new CaptureExit(output, this.#options.format, (exit) => {
      this.packets = exit.packets;
      this.bytes = output.bytesCount;
      if (sha256) this.sha256 = output.digest();
    });
  }
}

export class CaptureExit implements Exit {
  packets = 0;
  timeNs: Float64Array = new Float64Array(1);
  readonly #output: CaptureOutput;
  readonly #format: CaptureFormat | null;
  readonly #onClosed: (exit: CaptureExit) => void;
  #writer: CaptureWriter | null = null;

  constructor(
    output: CaptureOutput,
    format: CaptureFormat | null,
    onClosed: (exit: CaptureExit) => void,
  ) {
    this.#output = output;
    this.#format = format;
    this.#onClosed = onClosed;
  }

  begin(reader: CaptureReader): void {
    const { section, format } = reader;
    const littleEndian = section?.littleEndian ?? true;
    const isClassic = (this.#format ?? format) === 'pcap';
    const writer = new (isClassic ? PcapWriter : PcapngWriter)(this.#output, littleEndian);
    this.#writer = writer;
    this.timeNs = writer.timeNs;
    writer.section(section === null ? NO_OPTIONS : keptOptions(section.options, littleEndian));
  }

  addInterface({ link, snapLength, name, options }: CaptureInterface): void {
    this.#writer!.addInterface({ link, snapLength, name, options });
  }

  setBase(baseNs: bigint): void {
    this.#writer!.baseNs = baseNs;
  }

  packet(at: number, capturedBytes: number, wireBytes: number, interfaceIndex: number): void {
    this.packets++;
    this.#writer!.packet(at, capturedBytes, wireBytes, interfaceIndex);
  }

  packetWith(
    at: number,
    capturedBytes: number,
    wireBytes: number,
    interfaceIndex: number,
    options: Uint8Array,
  ): void {
    this.packets++;
    this.#writer!.packetWith(at, capturedBytes, wireBytes, interfaceIndex, options);
  }

  block({ block, blockBytes }: CaptureReader): void {
    this.#writer!.block(blockBytes, block.at, block.bytes);
  }

  get mustDrain(): boolean {
    return this.#output.mustDrain;
  }

  drain(): Promise<void> {
    return this.#output.drain();
  }

  flush(): Promise<void> {
    return this.#output.flush();
  }

  async close(): Promise<void> {
    this.#writer?.end();
    await this.#output.close();
    this.#onClosed(this);
  }
}
