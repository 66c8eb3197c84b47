/**
 * Frames on their way out of a port, as pieces of memory for writev(2) and sendmmsg(2). Where the port
 * takes super-packets, frames that continue one another become one (packet/joint.ts), and runs of a train
 * get a header of their own: payload is copied by nobody but the kernel.
 *
 *     piece:  │ offload header │ frame … │   │ payload of the next frame │   │ …
 */
import { SEGMENT_HEADER_BYTES_MAX } from '../netem/limits.js';
import type { PacketMemory } from '../netem/packet-memory.js';
import { Joint } from '../packet/joint.js';
import { OFFLOAD_HEADER_BYTES } from '../packet/offload-header.js';
import type { Train } from '../packet/train.js';
import { BATCH_CALLS } from './batch.js';
import { addressOf, IOVEC_BYTES } from './sys.js';
import { PortOffload } from './tun-device.js';

/** As many as are written in one batch of system calls. */
const FRAMES = BATCH_CALLS;
const PIECES = 16 * FRAMES;
/** Of a run. */
const HEADER_BYTES = OFFLOAD_HEADER_BYTES + SEGMENT_HEADER_BYTES_MAX;

/** `struct iovec` in 32-bit words; of the address the low word comes first. */
const IOVEC_WORDS = IOVEC_BYTES / 4;
const BASE_AT = 0;
const LENGTH_AT = 2;

export class Gather {
  /** Frames collected since `clear`. */
  count = 0;
  readonly #memory: PacketMemory;
  readonly #base: number;
  readonly #hasHeader: boolean;
  readonly #joint = new Joint();
  readonly #iovecs = new Uint32Array(PIECES * IOVEC_WORDS);
  readonly #iovecsAddress = addressOf(this.#iovecs);
  #pieces = 0;
  /** By frame. */
  readonly #firstPiece = new Int32Array(FRAMES);
  readonly #pieceCount = new Int32Array(FRAMES);
  readonly #wirePackets = new Int32Array(FRAMES);
  /** Of runs. */
  readonly headers = new Uint8Array(FRAMES * HEADER_BYTES);
  readonly #headersAddress = addressOf(this.headers);

  /** `offload`: a PortOffload. */
  constructor(memory: PacketMemory, offload: number) {
    this.#memory = memory;
    this.#base = addressOf(memory.bytes);
    this.#hasHeader = offload !== PortOffload.none;
    this.#joint.joinsUdp = offload === PortOffload.all;
  }

  /** Nothing more can be added before `clear`. */
  get isFull(): boolean {
    return this.count === FRAMES || this.#pieces + 2 > PIECES;
  }

  /** Adds the slot's frame, whose bytes, and the headroom, must stay until it is written. */
  add(slot: number): void {
    const { bytes, length, segmentBytes, linkType } = this.#memory;
    if (!this.#hasHeader) {
      this.addBehindHeader(slot, 0);
      return;
    }
    const at = this.#memory.frameOffset(slot);
    const frameBytes = length[slot];
    const joint = this.#joint;
    if (joint.segments > 0 && joint.tryAppend(bytes, at, frameBytes, segmentBytes[slot])) {
      this.#addPiece(this.#base + at + joint.headerBytes, frameBytes - joint.headerBytes);
      this.#wirePackets[this.count - 1] = joint.segments;
      return;
    }
    this.close();
    joint.begin(bytes, at, frameBytes, linkType[slot], segmentBytes[slot]);
    this.#beginFrame(joint.segments);
    this.#addPiece(this.#base + at - OFFLOAD_HEADER_BYTES, frameBytes + OFFLOAD_HEADER_BYTES);
  }

  /** Adds the slot's frame with so many bytes of its headroom; where there are no offload headers. */
  addBehindHeader(slot: number, headerBytes: number): void {
    this.#beginFrame(1);
    const at = this.#memory.frameOffset(slot) - headerBytes;
    this.#addPiece(this.#base + at, this.#memory.length[slot] + headerBytes);
  }

  /**
   * Adds segments of the train, whose payload must stay; only where there are offload headers. Returns
   * where in `headers` the run's frame begins.
   */
  addRun(train: Train, first: number, count: number): number {
    this.close();
    const at = this.count * HEADER_BYTES;
    train.writeOffload(this.headers, at, first, count);
    train.writeHeader(this.headers, at + OFFLOAD_HEADER_BYTES, first, count);
    this.#beginFrame(count);
    this.#addPiece(this.#headersAddress + at, OFFLOAD_HEADER_BYTES + train.headerBytes);
    this.#addPiece(this.#base + train.payloadAt(first), train.runPayloadBytes(first, count));
    return at + OFFLOAD_HEADER_BYTES;
  }

  /** Makes all frames ready to be written. */
  close(): void {
    const joint = this.#joint;
    if (joint.segments === 0) return;
    joint.finish();
    joint.segments = 0;
  }

  clear(): void {
    this.count = 0;
    this.#pieces = 0;
  }

  /** How many wire packets the frame is. */
  wirePackets(frame: number): number {
    return this.#wirePackets[frame];
  }

  pieceCount(frame: number): number {
    return this.#pieceCount[frame];
  }

  /** Of the frame's `pieceCount` iovecs. */
  iovecsAddress(frame: number): number {
    return this.#iovecsAddress + this.#firstPiece[frame] * IOVEC_BYTES;
  }

  /** Of the frame's first piece. */
  address(frame: number): number {
    const at = this.#firstPiece[frame] * IOVEC_WORDS + BASE_AT;
    return this.#iovecs[at] + this.#iovecs[at + 1] * 2 ** 32;
  }

  /** Of the frame's first piece. */
  bytes(frame: number): number {
    return this.#iovecs[this.#firstPiece[frame] * IOVEC_WORDS + LENGTH_AT];
  }

  #beginFrame(wirePackets: number): void {
    this.#firstPiece[this.count] = this.#pieces;
    this.#pieceCount[this.count] = 0;
    this.#wirePackets[this.count++] = wirePackets;
  }

  #addPiece(address: number, bytes: number): void {
    const at = this.#pieces++ * IOVEC_WORDS;
    const iovecs = this.#iovecs;
    iovecs[at + BASE_AT] = address;
    iovecs[at + BASE_AT + 1] = address / 2 ** 32;
    iovecs[at + LENGTH_AT] = bytes;
    this.#pieceCount[this.count - 1]++;
  }
}
