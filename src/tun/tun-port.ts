/**
 * The port of a TUN or TAP device: what the kernel sends into the device is read, what is written
 * comes in by it. The device must carry no virtio-net header.
 */
import { FRAME_BYTES_MAX } from '../netem/limits.js';
import type { PacketMemory } from '../netem/packet-memory.js';
import type { Port } from './port.js';
import { addressOf, close, Errno, read, write } from './sys.js';

export class TunPort implements Port {
  readonly fd: number;
  refused = 0;
  readonly #memory: PacketMemory;
  readonly #linkType: number;
  readonly #base: number;

  constructor(memory: PacketMemory, fd: number, linkType: number) {
    this.fd = fd;
    this.#memory = memory;
    this.#linkType = linkType;
    this.#base = addressOf(memory.bytes);
  }

  readBatch(slots: Int32Array): number {
    const { length, linkType } = this.#memory;
    let count = 0;
    while (count < slots.length) {
      const slot = slots[count]!;
      const bytes = read(this.fd, this.#base + this.#memory.frameOffset(slot), FRAME_BYTES_MAX);
      if (bytes <= 0) {
        // The device was deleted under us; what was read before it counts first.
        if (bytes === -Errno.EBADFD && count === 0) return -1;
        break;
      }
      length[slot] = bytes;
      linkType[slot] = this.#linkType;
      count++;
    }
    return count;
  }

  write(slot: number): void {
    const address = this.#base + this.#memory.frameOffset(slot);
    if (write(this.fd, address, this.#memory.length[slot]!) < 0) this.refused++;
  }

  close(): void {
    close(this.fd);
  }
}
