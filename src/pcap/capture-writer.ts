/**
 * What writes captures: packets by their place in the memory, with times relative to the first packet's.
 * pcapng keeps everything (pcapng-writer.ts); the classic format keeps packets, their times and lengths
 * (classic-writer.ts). Neither waits or allocates per packet: see `CaptureOutput.mustDrain`.
 */

export interface OutInterface {
  /** A LINKTYPE_ value. */
  readonly link: number;
  /** 0: no limit. */
  readonly snapLength: number;
  /** Empty: none, or that of the options. */
  readonly name: string;
  /** To keep, in the section's byte order; if_tsresol and if_tsoffset in them are the writer's to set. */
  readonly options: Uint8Array;
}

export interface CaptureWriter {
  /** [0]: the next packet's time in ns since `baseNs`. A double that is passed would be boxed. */
  readonly timeNs: Float64Array;
  /** The first packet's time, in ns since 1970; set before it is written. */
  baseNs: bigint;

  /** The file's first call, with the section's options in its byte order. */
  section(options: Uint8Array): void;

  /** Returns the number by which packets name it. Errors: E_CAPTURE_LINKS (classic). */
  addInterface(out: OutInterface): number;

  /** A packet whose captured bytes lie in the memory. */
  packet(at: number, capturedBytes: number, wireBytes: number, interfaceIndex: number): void;

  /** The same with options, as they stand in a block, in the section's byte order. */
  packetWith(
    at: number,
    capturedBytes: number,
    wireBytes: number,
    interfaceIndex: number,
    options: Uint8Array,
  ): void;

  /** A whole block of another kind, in the section's byte order. */
  block(bytes: Uint8Array, at: number, count: number): void;

  /** Once, at the end: what a file needs that has no packets. */
  end(): void;
}

/** libpcap's MAXIMUM_SNAPLEN. */
export const SNAP_LENGTH_MAX = 262_144;
