/** Writers and their output for tests: packets go through a memory as a driver's would. */
import { readFileSync } from 'node:fs';
import type { CaptureWriter } from '../../src/pcap/capture-writer.js';
import { PcapWriter } from '../../src/pcap/classic-writer.js';
import { CaptureOutput, OUTPUT_EDGE_BYTES, type OutputOptions } from '../../src/pcap/output.js';
import { PcapngWriter } from '../../src/pcap/pcapng-writer.js';

/** In front of the edge: where packets lie, with their options behind them. */
const FRONT_BYTES = 400_000;

export interface WrittenPacket {
  readonly data: Uint8Array;
  readonly timeNs?: number;
  readonly wireBytes?: number;
  readonly interface?: number;
  readonly options?: Uint8Array;
}

export class WrittenCapture {
  readonly memory = new Uint8Array(FRONT_BYTES + OUTPUT_EDGE_BYTES);
  readonly output: CaptureOutput;
  readonly writer: CaptureWriter;

  constructor(
    path: string | null,
    format: 'pcap' | 'pcapng' = 'pcapng',
    littleEndian = true,
    options: OutputOptions = {},
  ) {
    // What a chunk held before must not show.
    this.memory.fill(0xee);
    this.output = CaptureOutput.open(path, this.memory, FRONT_BYTES, options);
    this.writer = new (format === 'pcap' ? PcapWriter : PcapngWriter)(this.output, littleEndian);
  }

  packet(spec: WrittenPacket): void {
    const { data, timeNs = 0, wireBytes = data.length, options = new Uint8Array(0) } = spec;
    const { writer, memory } = this;
    const at = 7;
    memory.set(data, at);
    writer.timeNs[0] = timeNs;
    const index = spec.interface ?? 0;
    if (options.length === 0) writer.packet(at, data.length, wireBytes, index);
    else writer.packetWith(at, data.length, wireBytes, index, options);
    memory.fill(0xdd, 0, at + data.length);
  }

  async close(): Promise<void> {
    this.writer.end();
    await this.output.close();
  }
}

/** The file that `write` makes. */
export async function written(
  path: string,
  format: 'pcap' | 'pcapng',
  littleEndian: boolean,
  write: (capture: WrittenCapture) => void,
): Promise<Buffer> {
  const capture = new WrittenCapture(path, format, littleEndian);
  write(capture);
  await capture.close();
  return readFileSync(path);
}
