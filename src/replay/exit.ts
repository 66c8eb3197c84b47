/**
 * Where a replay's packets leave: a capture file, or a list for who asked for one. Nothing here waits but
 * `drain` and `close`.
 */
import type { CaptureInterface, CaptureReader } from '../pcap/capture-reader.js';

export interface Exit {
  /**
   * [0]: when the next packet leaves, in ns after the capture's first one. A double passed would be boxed.
   */
  readonly timeNs: Float64Array;
  /** The reader has read its first item: format and section are known. */
  begin(reader: CaptureReader): void;
  addInterface(captured: CaptureInterface): void;
  /** Before the first packet: its time, in ns since 1970. */
  setBase(baseNs: bigint): void;
  /** A packet of the memory, without options. */
  packet(at: number, capturedBytes: number, wireBytes: number, interfaceIndex: number): void;
  /** With options, in the byte order of the section. */
  packetWith(
    at: number,
    capturedBytes: number,
    wireBytes: number,
    interfaceIndex: number,
    options: Uint8Array,
  ): void;
  /** A block of the capture that is kept. */
  block(reader: CaptureReader): void;
  readonly mustDrain: boolean;
  drain(): Promise<void>;
  /** Everything that left so far is where it belongs. */
  flush(): Promise<void>;
  /** The last call, also when the replay failed. */
  close(): Promise<void>;
}
