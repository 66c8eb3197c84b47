/**
 * The port of a TUN or TAP device: what the kernel sends into the device is read, what is written
 * comes in by it. With offload, a frame may be a super-packet, and what the kernel says of it lies in
 * the slot's headroom.
 */
import { FRAME_BYTES_MAX } from '../netem/limits.js';
import type { PacketMemory } from '../netem/packet-memory.js';
import {
  GsoType,
  OFFLOAD_HEADER_BYTES,
  readGsoSize,
  readGsoType,
} from '../packet/offload-header.js';
import type { Train } from '../packet/train.js';
import { BATCH_CALLS, type Batch } from './batch.js';
import { Gather } from './gather.js';
import type { Port } from './port.js';
import { openBatch } from './ring.js';
import { addressOf, Errno } from './sys.js';
import { PortOffload } from './tun-device.js';

export class TunPort implements Port {
  readonly fd: number;
  refused = 0;
  protected readonly memory: PacketMemory;
  readonly #linkType: number;
  readonly #headerBytes: number;
  readonly #base: number;
  readonly #reads: Batch;
  readonly #writes: Batch;
  protected readonly gather: Gather;
  /** How many frames the next batch asks for first, from what the last one found. */
  #expected = 1;

  /** The fd stays its opener's; `offload`: a PortOffload. */
  constructor(memory: PacketMemory, fd: number, linkType: number, offload: number) {
    this.fd = fd;
    this.memory = memory;
    this.#linkType = linkType;
    this.#headerBytes = offload === PortOffload.none ? 0 : OFFLOAD_HEADER_BYTES;
    this.#base = addressOf(memory.bytes);
    this.#reads = openBatch(fd);
    this.#writes = openBatch(fd);
    this.gather = new Gather(memory, offload);
  }

  readBatch(slots: Int32Array): number {
    let count = 0;
    let asked = Math.min(this.#expected, slots.length);
    while (asked > 0) {
      const came = this.#readInto(slots, count, asked);
      // The device was deleted under us; what was read before it counts first.
      if (came === 0 && count === 0 && this.#reads.results[0] === -Errno.EBADFD) return -1;
      count += came;
      if (came < asked) break;
      asked = Math.min(count, BATCH_CALLS, slots.length - count);
    }
    // One more finds the end in the same call; but frames that come one by one are best read so.
    this.#expected = Math.min(count <= 1 ? 1 : count + 1, BATCH_CALLS);
    return count;
  }

  /** Returns how many frames came, in the slots from `first` on. */
  #readInto(slots: Int32Array, first: number, asked: number): number {
    const { bytes, length, linkType, segmentBytes } = this.memory;
    const headerBytes = this.#headerBytes;
    const reads = this.#reads;
    for (let i = first; i < first + asked; i++) {
      const at = this.memory.frameOffset(slots[i]!) - headerBytes;
      reads.read(this.fd, this.#base + at, FRAME_BYTES_MAX + headerBytes);
    }
    reads.run();
    let end = first;
    for (let i = 0; i < asked; i++) {
      const frameBytes = reads.results[i]! - headerBytes;
      if (frameBytes <= 0) continue;
      // A frame that came after a read had found nothing is in a later slot: they change places.
      const slot = slots[first + i]!;
      slots[first + i] = slots[end]!;
      slots[end++] = slot;
      length[slot] = frameBytes;
      linkType[slot] = this.#linkType;
      segmentBytes[slot] = 0;
      if (headerBytes === 0) continue;
      const header = this.memory.frameOffset(slot) - OFFLOAD_HEADER_BYTES;
      if (readGsoType(bytes, header) !== GsoType.none) {
        segmentBytes[slot] = readGsoSize(bytes, header);
      }
    }
    return end - first;
  }

  write(slot: number): void {
    this.gather.add(slot);
    if (this.gather.isFull) this.flush();
  }

  writeRun(_slot: number, train: Train, first: number, count: number): void {
    this.gather.addRun(train, first, count);
    if (this.gather.isFull) this.flush();
  }

  flush(): void {
    const { gather } = this;
    const writes = this.#writes;
    gather.close();
    for (let frame = 0; frame < gather.count; frame++) {
      const pieces = gather.pieceCount(frame);
      if (pieces === 1) writes.write(this.fd, gather.address(frame), gather.bytes(frame));
      else writes.writeVector(this.fd, gather.iovecsAddress(frame), pieces);
    }
    const { results } = writes;
    const count = writes.run();
    for (let i = 0; i < count; i++) {
      if (results[i]! < 0) this.refused += gather.wirePackets(i);
    }
    gather.clear();
  }

  close(): void {
    this.#reads.close();
    this.#writes.close();
  }
}
