/**
 * Writes capture files for tests, slowly and obviously, with everything that the formats allow and nothing checked:
 * wrong values are what many tests are about. Blocks follow draft-ietf-opsawg-pcapng field by field.
 */
import { concat } from './packet-bytes.js';

export const MAGIC = { microseconds: 0xa1b2c3d4, nanoseconds: 0xa1b23c4d, modified: 0xa1b2cd34 };

export interface PacketSpec {
  readonly data: Uint8Array;
  /** Seconds and fraction of a classic file; the words of ticks otherwise. */
  readonly time?: readonly [number, number];
  readonly wireBytes?: number;
  /** What the file says, where it says something else than the data's length. */
  readonly capturedBytes?: number;
  readonly interface?: number;
  readonly options?: Uint8Array;
}

export interface ClassicSpec {
  readonly magic?: number;
  readonly version?: readonly [number, number];
  readonly snapLength?: number;
  readonly network?: number;
}

export interface SectionSpec {
  readonly options?: Uint8Array;
  readonly bytes?: bigint;
  readonly version?: readonly [number, number];
}

export interface InterfaceSpec {
  readonly link?: number;
  readonly snapLength?: number;
  readonly options?: Uint8Array;
}

const NONE = new Uint8Array(0);

/** Everything in one byte order. */
export class CaptureBytes {
  readonly littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  // --- classic ------------------------------------------------------------------------------------

  classic(spec: ClassicSpec, packets: readonly PacketSpec[]): Uint8Array {
    const magic = spec.magic ?? MAGIC.microseconds;
    const header = concat(
      this.u32(magic),
      this.u16(...(spec.version ?? [2, 4])),
      this.u32(0, 0, spec.snapLength ?? 262_144, spec.network ?? 1),
    );
    // Kuznetzov's: interface index, protocol, kind of packet.
    const rest = magic === MAGIC.modified ? concat(this.u32(3), this.u16(0x800, 0)) : NONE;
    return concat(header, ...packets.flatMap((packet) => [this.record(packet), rest, packet.data]));
  }

  /** The header before a packet. */
  record({ data, time = [0, 0], capturedBytes, wireBytes }: PacketSpec): Uint8Array {
    return this.u32(...time, capturedBytes ?? data.length, wireBytes ?? data.length);
  }

  // --- pcapng -------------------------------------------------------------------------------------

  section({ options = NONE, bytes = -1n, version = [1, 0] }: SectionSpec = {}): Uint8Array {
    const head = concat(this.u32(0x1a2b3c4d), this.u16(...version), this.i64(bytes));
    return this.block(0x0a0d0d0a, concat(head, options));
  }

  interface({ link = 1, snapLength = 0, options = NONE }: InterfaceSpec = {}): Uint8Array {
    return this.block(1, concat(this.u16(link, 0), this.u32(snapLength), options));
  }

  enhanced(packet: PacketSpec): Uint8Array {
    return this.block(6, concat(this.u32(packet.interface ?? 0), this.timeAndData(packet)));
  }

  /** With a count of drops, which no other block has. */
  obsolete(packet: PacketSpec): Uint8Array {
    return this.block(2, concat(this.u16(packet.interface ?? 0, 7), this.timeAndData(packet)));
  }

  private timeAndData(packet: PacketSpec): Uint8Array {
    const { data, time = [0, 0], capturedBytes, wireBytes, options = NONE } = packet;
    const head = this.u32(...time, capturedBytes ?? data.length, wireBytes ?? data.length);
    return concat(head, padded(data), options);
  }

  simple({ data, wireBytes }: PacketSpec): Uint8Array {
    return this.block(3, concat(this.u32(wireBytes ?? data.length), padded(data)));
  }

  block(type: number, body: Uint8Array): Uint8Array {
    const length = this.u32(body.length + 12);
    return concat(this.u32(type), length, body, length);
  }

  /** A list of options with its end. */
  options(...options: [code: number, value: Uint8Array | string][]): Uint8Array {
    const each = options.map(([code, given]) => {
      const value = Buffer.from(given);
      return concat(this.u16(code, value.length), padded(value));
    });
    return concat(...each, this.u16(0, 0));
  }

  // --- numbers ------------------------------------------------------------------------------------

  u16(...values: readonly number[]): Uint8Array {
    return this.each(2, values, (view, value) => view.setUint16(0, value, this.littleEndian));
  }

  u32(...values: readonly number[]): Uint8Array {
    return this.each(4, values, (view, value) => view.setUint32(0, value, this.littleEndian));
  }

  i64(value: bigint): Uint8Array {
    return this.each(8, [0], (view) => view.setBigInt64(0, value, this.littleEndian));
  }

  private each(
    bytes: number,
    values: readonly number[],
    set: (view: DataView, value: number) => void,
  ): Uint8Array {
    return concat(
      ...values.map((value) => {
        const view = new DataView(new ArrayBuffer(bytes));
        set(view, value);
        return new Uint8Array(view.buffer);
      }),
    );
  }
}

export const little = new CaptureBytes(true);
export const big = new CaptureBytes(false);

/** The high and the low word of a time in ticks. */
export function words(ticks: bigint): [number, number] {
  return [Number((ticks >> 32n) & 0xffff_ffffn), Number(ticks & 0xffff_ffffn)];
}

function padded(bytes: Uint8Array): Uint8Array {
  return concat(bytes, new Uint8Array(-bytes.length & 3));
}

/** `count` bytes that differ from their neighbours and from those of another seed. */
export function data(count: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => (i * 7 + seed * 31 + 1) & 0xff);
}
