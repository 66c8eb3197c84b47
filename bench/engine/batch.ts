/** Packets to measure with: 64 bytes of UDP payload, 106 bytes as an Ethernet frame. */
import { PacketMemory } from '../../src/netem/packet-memory.js';
import { LinkType } from '../../src/packet/packet-view.js';

export const BATCH = 32;
/** Ethernet, IPv4 from 192.0.2.1 to 198.51.100.2, UDP from port 40,000 to 53. */
const HEADERS = Buffer.from(
  `${'02'.repeat(12)}0800${'4500005c0000400040110000'}${'c0000201c6336402'}${'9c40003500480000'}`,
  'hex',
);
export const FRAME_BYTES = 106;
const SOURCE_PORT_AT = 14 + 20;

/** Staging slots with one packet each, as after a read. */
export class Batch {
  readonly memory: PacketMemory;
  readonly slots: Int32Array;

  constructor(memoryBytes = 16 * 2 ** 20) {
    this.memory = new PacketMemory(memoryBytes);
    this.slots = this.memory.takeStaging(BATCH);
    for (const slot of this.slots) {
      this.memory.bytes.set(HEADERS, this.memory.frameOffset(slot));
      this.memory.length[slot] = FRAME_BYTES;
      this.memory.linkType[slot] = LinkType.ethernet;
    }
  }

  /** Makes the packets belong to flow `flow`, by their source port (and address beyond 65,536). */
  setFlow(slot: number, flow: number): void {
    const at = this.memory.frameOffset(slot) + SOURCE_PORT_AT;
    this.memory.bytes[at] = flow >> 8;
    this.memory.bytes[at + 1] = flow;
    this.memory.bytes[at - 6] = flow >> 16;
  }
}
