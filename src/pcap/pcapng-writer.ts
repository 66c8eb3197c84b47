/**
 * Writes pcapng (draft-ietf-opsawg-pcapng): one section, any number of interfaces, all times in ns.
 *
 *     block:   │ type │ total length │ body │ options │ total length │
 *     packet:  │ 6 │ total length │ interface │ time, 2 words │ captured │ on the wire │ bytes, padded │ …
 */
import type { CaptureWriter, OutInterface } from './capture-writer.js';
import {
  type CaptureOption,
  encodeOptions,
  NO_OPTIONS,
  OptionCode,
  padded,
  readOptions,
  textOption,
} from './options.js';
import type { CaptureOutput } from './output.js';

const BlockType = { section: 0x0a0d_0d0a, interface: 1, packet: 6 } as const;
const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
const VERSION_MAJOR = 1;
const VERSION_MINOR = 0;

/** Type and total length before the body, total length again behind the options. */
const HEAD_BYTES = 8;
const TAIL_BYTES = 4;
const SECTION_BODY_BYTES = 16;
const INTERFACE_BODY_BYTES = 8;
/** With the block's head. */
const PACKET_HEAD_BYTES = 28;

/** The value of if_tsresol: 10^-9 s. */
const NANOSECONDS = 9;
const WORD = 4_294_967_296;

export class PcapngWriter implements CaptureWriter {
  readonly timeNs = new Float64Array(1);

  readonly #output: CaptureOutput;
  readonly #littleEndian: boolean;
  #baseNs = 0n;
  /** `baseNs` in two words. */
  #baseHigh = 0;
  #baseLow = 0;
  #hasSection = false;
  #interfaceCount = 0;

  constructor(output: CaptureOutput, littleEndian: boolean) {
    this.#output = output;
    this.#littleEndian = littleEndian;
  }

  get baseNs(): bigint {
    return this.#baseNs;
  }

  set baseNs(value: bigint) {
    this.#baseNs = value;
    this.#baseHigh = Number(BigInt.asUintN(32, value >> 32n));
    this.#baseLow = Number(BigInt.asUintN(32, value));
  }

  section(options: Uint8Array): void {
    this.#hasSection = true;
    const body = new DataView(new ArrayBuffer(SECTION_BODY_BYTES));
    body.setUint32(0, BYTE_ORDER_MAGIC, this.#littleEndian);
    body.setUint16(4, VERSION_MAJOR, this.#littleEndian);
    body.setUint16(6, VERSION_MINOR, this.#littleEndian);
    body.setBigInt64(8, -1n, this.#littleEndian); // The section's length: not known.
    this.#putBlock(BlockType.section, body, options);
  }

  addInterface({ link, snapLength, name, options }: OutInterface): number {
    this.#needSection();
    const body = new DataView(new ArrayBuffer(INTERFACE_BODY_BYTES));
    body.setUint16(0, link, this.#littleEndian);
    body.setUint32(4, snapLength, this.#littleEndian);
    const list = this.#interfaceOptions(name, options);
    this.#putBlock(BlockType.interface, body, encodeOptions(list, this.#littleEndian));
    return this.#interfaceCount++;
  }

  packet(at: number, capturedBytes: number, wireBytes: number, interfaceIndex: number): void {
    this.#putPacket(at, capturedBytes, wireBytes, interfaceIndex, 0);
  }

  packetWith(
    at: number,
    capturedBytes: number,
    wireBytes: number,
    interfaceIndex: number,
    options: Uint8Array,
  ): void {
    const to = this.#putPacket(at, capturedBytes, wireBytes, interfaceIndex, options.length);
    this.#output.bytes.set(options, to);
  }

  block(bytes: Uint8Array, at: number, count: number): void {
    this.#needSection();
    this.#output.put(bytes, at, count);
  }

  end(): void {
    this.#needSection();
  }

  /** Writes a packet's block but for its options. Returns where these belong. */
  #putPacket(
    at: number,
    capturedBytes: number,
    wireBytes: number,
    interfaceIndex: number,
    optionsBytes: number,
  ): number {
    const dataBytes = padded(capturedBytes);
    const totalBytes = PACKET_HEAD_BYTES + dataBytes + optionsBytes + TAIL_BYTES;
    const start = this.#packetHead(totalBytes, capturedBytes, wireBytes, interfaceIndex);
    const dataAt = start + PACKET_HEAD_BYTES;
    this.#output.copyIn(dataAt, at, capturedBytes);
    return dataAt + dataBytes;
  }

  /** Reserves a packet's block and writes all but its bytes and options. Returns where it begins. */
  #packetHead(
    totalBytes: number,
    capturedBytes: number,
    wireBytes: number,
    interfaceIndex: number,
  ): number {
    const start = this.#output.reserve(totalBytes);
    const { view } = this.#output;
    const littleEndian = this.#littleEndian;
    const tailAt = start + totalBytes - TAIL_BYTES;
    // First the last word of the bytes, which these may not fill (and which is another where there are none).
    view.setUint32(start + PACKET_HEAD_BYTES + padded(capturedBytes) - 4, 0);
    view.setUint32(start, BlockType.packet, littleEndian);
    view.setUint32(start + 4, totalBytes, littleEndian);
    view.setUint32(start + 8, interfaceIndex, littleEndian);
    this.#writeTime(view, start + 12);
    view.setUint32(start + 20, capturedBytes, littleEndian);
    view.setUint32(start + 24, wireBytes, littleEndian);
    view.setUint32(tailAt, totalBytes, littleEndian);
    return start;
  }

  /** The sum of base and time, in two words. */
  #writeTime(view: DataView, at: number): void {
    const time = this.timeNs[0];
    const high = Math.floor(time / WORD);
    const low = this.#baseLow + (time - high * WORD);
    view.setUint32(at, this.#baseHigh + high + (low >= WORD ? 1 : 0), this.#littleEndian);
    view.setUint32(at + 4, low, this.#littleEndian); // Modulo 2^32
  }

  /** A block of any size; the body fills its words. */
  #putBlock(type: number, body: DataView<ArrayBuffer>, options: Uint8Array): void {
    const totalBytes = HEAD_BYTES + body.byteLength + options.length + TAIL_BYTES;
    const head = new DataView(new ArrayBuffer(HEAD_BYTES));
    head.setUint32(0, type, this.#littleEndian);
    head.setUint32(4, totalBytes, this.#littleEndian);
    const output = this.#output;
    output.put(new Uint8Array(head.buffer));
    output.put(new Uint8Array(body.buffer));
    output.put(options);
    output.put(new Uint8Array(head.buffer, 4));
  }

  /** The options of an interface that has ns: what is to be kept, and a name where it has none yet. */
  #interfaceOptions(name: string, raw: Uint8Array): CaptureOption[] {
    const kept = readOptions(raw, this.#littleEndian).filter(
      ({ code }) => code !== OptionCode.timeResolution && code !== OptionCode.timeOffset,
    );
    const isNamed = name === '' || kept.some(({ code }) => code === OptionCode.interfaceName);
    const resolution = Uint8Array.of(NANOSECONDS);
    return [
      ...(isNamed ? [] : [textOption(OptionCode.interfaceName, name)]),
      ...kept,
      { code: OptionCode.timeResolution, value: resolution },
    ];
  }

  #needSection(): void {
    if (!this.#hasSection) this.section(NO_OPTIONS);
  }
}
