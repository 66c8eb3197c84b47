/**
 * Writes classic pcap (draft-ietf-opsawg-pcap) with ns. It knows one link type and no options, blocks or
 * interfaces; what it cannot say is left out, but packets of different links it refuses.
 *
 *     file:    │ magic │ version │ 0 │ 0 │ snap length │ link type │ packets …
 *     packet:  │ seconds │ ns │ captured │ on the wire │ bytes …
 */
import { usageError } from '../errors.js';
import { type CaptureWriter, type OutInterface, SNAP_LENGTH_MAX } from './capture-writer.js';
import type { CaptureOutput } from './output.js';

const MAGIC_NANOSECONDS = 0xa1b2_3c4d;
const VERSION_MAJOR = 2;
const VERSION_MINOR = 4;
const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;

const SECOND_NS = 1e9;
/** Of a file that has no interface, hence no packet. */
const LINK_ETHERNET = 1;

export class PcapWriter implements CaptureWriter {
  readonly timeNs = new Float64Array(1);

  readonly #output: CaptureOutput;
  readonly #littleEndian: boolean;
  #baseNs = 0n;
  /** `baseNs` in two numbers. */
  #baseS = 0;
  #baseRestNs = 0;
  /** −1: none yet. */
  #link = -1;
  #snapLength = 0;
  #hasHeader = false;

  constructor(output: CaptureOutput, littleEndian: boolean) {
    this.#output = output;
    this.#littleEndian = littleEndian;
  }

  get baseNs(): bigint {
    return this.#baseNs;
  }

  set baseNs(value: bigint) {
    const second = BigInt(SECOND_NS);
    this.#baseNs = value;
    this.#baseS = Number(value / second);
    this.#baseRestNs = Number(value % second);
  }

  /** The format has no sections. */
  section(): void {}

  /** The header has the largest snap length of the interfaces that come before the first packet. */
  addInterface({ link, snapLength }: OutInterface): number {
    if (this.#link >= 0 && this.#link !== link) {
      throw usageError(
        'E_CAPTURE_LINKS',
        `the capture has packets of link types ${this.#link} and ${link}, which one pcap file cannot hold`,
        'write pcapng: give the output a name that ends in .pcapng',
      );
    }
    this.#link = link;
    this.#snapLength = Math.max(this.#snapLength, snapLength === 0 ? SNAP_LENGTH_MAX : snapLength);
    return 0;
  }

  packet(at: number, capturedBytes: number, wireBytes: number): void {
    if (!this.#hasHeader) this.#putHeader();
    const output = this.#output;
    const littleEndian = this.#littleEndian;
    const start = output.reserve(PACKET_HEADER_BYTES + capturedBytes);
    const { view } = output;

    const time = this.timeNs[0];
    let seconds = Math.floor(time / SECOND_NS);
    // Below 2^53 the division is never rounded up to the next second.
    let restNs = this.#baseRestNs + (time - seconds * SECOND_NS);
    if (restNs >= SECOND_NS) {
      seconds++;
      restNs -= SECOND_NS;
    }
    view.setUint32(start, this.#baseS + seconds, littleEndian); // Modulo 2^32: the format ends in 2106.
    view.setUint32(start + 4, restNs, littleEndian);
    view.setUint32(start + 8, capturedBytes, littleEndian);
    view.setUint32(start + 12, wireBytes, littleEndian);
    output.copyIn(start + PACKET_HEADER_BYTES, at, capturedBytes);
  }

  packetWith(at: number, capturedBytes: number, wireBytes: number): void {
    this.packet(at, capturedBytes, wireBytes);
  }

  /** The format has no blocks. */
  block(): void {}

  end(): void {
    if (!this.#hasHeader) this.#putHeader();
  }

  #putHeader(): void {
    this.#hasHeader = true;
    const header = new DataView(new ArrayBuffer(FILE_HEADER_BYTES));
    header.setUint32(0, MAGIC_NANOSECONDS, this.#littleEndian);
    header.setUint16(4, VERSION_MAJOR, this.#littleEndian);
    header.setUint16(6, VERSION_MINOR, this.#littleEndian);
    header.setUint32(16, this.#snapLength || SNAP_LENGTH_MAX, this.#littleEndian);
    header.setUint32(20, this.#link < 0 ? LINK_ETHERNET : this.#link, this.#littleEndian);
    this.#output.put(new Uint8Array(header.buffer));
  }
}
