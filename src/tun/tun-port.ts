/**
 * The port of a TUN or TAP device: what the kernel sends into the device is read, what is written
 * comes in by it. The device must carry no virtio-net header.
 */
import { FRAME_BYTES_MAX } from '../netem/limits.js';
import type { PacketMemory } from '../netem/packet-memory.js';
import { BATCH_CALLS, type Batch } from './batch.js';
import type { Port } from './port.js';
import { openBatch } from './ring.js';
import { addressOf, Errno } from './sys.js';

export class TunPort implements Port {
  readonly fd: number;
  refused = 0;
  readonly #memory: PacketMemory;
  readonly #linkType: number;
  readonly #base: number;
  readonly #reads: Batch;
  readonly #writes: Batch;
  /** How many frames the next batch asks for first, from what the last one found. */
  #expected = 1;

  /** The fd stays its opener's. */
  constructor(memory: PacketMemory, fd: number, linkType: number) {
    this.fd = fd;
    this.#memory = memory;
    this.#linkType = linkType;
    this.#base = addressOf(memory.bytes);
    this.#reads = openBatch(fd);
    this.#writes = openBatch(fd);
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
    const { length, linkType } = this.#memory;
    const reads = this.#reads;
    for (let i = first; i < first + asked; i++) {
      const address = this.#base + this.#memory.frameOffset(slots[i]!);
      reads.read(this.fd, address, FRAME_BYTES_MAX);
    }
    reads.run();
    let end = first;
    for (let i = 0; i < asked; i++) {
      const bytes = reads.results[i]!;
      if (bytes <= 0) continue;
      // A frame that came after a read had found nothing is in a later slot: they change places.
      const slot = slots[first + i]!;
      slots[first + i] = slots[end]!;
      slots[end++] = slot;
      length[slot] = bytes;
      linkType[slot] = this.#linkType;
    }
    return end - first;
  }

  write(slot: number): void {
    this.writeLater(this.#base + this.#memory.frameOffset(slot), this.#memory.length[slot]!);
  }

  /** Writes the frame at this address with the next `flush`. */
  protected writeLater(address: number, bytes: number): void {
    this.#writes.write(this.fd, address, bytes);
    if (this.#writes.count === BATCH_CALLS) this.flush();
  }

  flush(): void {
    const { results } = this.#writes;
    const count = this.#writes.run();
    for (let i = 0; i < count; i++) if (results[i]! < 0) this.refused++;
  }

  close(): void {
    this.#reads.close();
    this.#writes.close();
  }
}
