/**
 * The `rx` TAP: frames that arrived on the device are read from it, and what is written comes in
 * at the device again (a tc filter on the TAP redirects it), so that firewalls, rp_filter,
 * conntrack and sockets see the interface it came by. See reentry-tags.ts for how the frame is told
 * apart from a new one.
 */
import type { PacketMemory } from '../netem/packet-memory.js';
import { ETHERNET_HEADER_BYTES } from '../packet/ethernet.js';
import { LinkType } from '../packet/packet-view.js';
import type { Train } from '../packet/train.js';
import { broadcastTag, hostTag, ipv4GroupTag, ipv6GroupTag, MAC_BYTES } from './reentry-tags.js';
import { TunPort } from './tun-port.js';

const ETHERTYPE_AT = 12;

export class ReentryPort extends TunPort {
  readonly #host: Uint8Array;
  readonly #broadcast: Uint8Array;
  readonly #ipv4Group: Uint8Array;
  readonly #ipv6Group: Uint8Array;

  /** A TAP of a device without Ethernet header is opened without offload: see `write`. */
  constructor(
    memory: PacketMemory,
    fd: number,
    linkType: number,
    instanceIndex: number,
    offload: number,
  ) {
    super(memory, fd, linkType, offload);
    this.#host = Uint8Array.from(hostTag(instanceIndex));
    this.#broadcast = Uint8Array.from(broadcastTag(instanceIndex));
    this.#ipv4Group = Uint8Array.from(ipv4GroupTag(instanceIndex));
    this.#ipv6Group = Uint8Array.from(ipv6GroupTag(instanceIndex));
  }

  override write(slot: number): void {
    const { bytes, linkType } = this.memory;
    const frame = this.memory.frameOffset(slot);
    if (linkType[slot] !== LinkType.rawIp) {
      this.#tag(bytes, frame);
      super.write(slot);
      return;
    }
    // A TAP takes Ethernet frames only. The header goes into the slot's headroom, where an offload header
    // would lie; the device that the frame is redirected to has none and starts at the IP header.
    const start = frame - ETHERNET_HEADER_BYTES;
    writeHeader(bytes, start);
    this.#tag(bytes, start);
    this.gather.addBehindHeader(slot, ETHERNET_HEADER_BYTES);
    if (this.gather.isFull) this.flush();
  }

  override writeRun(_slot: number, train: Train, first: number, count: number): void {
    const { gather } = this;
    this.#tag(gather.headers, gather.addRun(train, first, count));
    if (gather.isFull) this.flush();
  }

  #tag(bytes: Uint8Array, frame: number): void {
    const tag = this.#tagFor(bytes[frame]!);
    for (let i = 0; i < tag.length; i++) bytes[frame + i] = tag[i]!;
  }

  #tagFor(first: number): Uint8Array {
    if ((first & 1) === 0) return this.#host;
    if (first === 0x01) return this.#ipv4Group;
    if (first === 0x33) return this.#ipv6Group;
    return this.#broadcast;
  }
}

/** Source address zero, destination unicast (the tag replaces it), type by the IP version. */
function writeHeader(bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 2 * MAC_BYTES; i++) bytes[at + i] = 0;
  const ipv6 = bytes[at + ETHERNET_HEADER_BYTES]! >> 4 === 6;
  bytes[at + ETHERTYPE_AT] = ipv6 ? 0x86 : 0x08;
  bytes[at + ETHERTYPE_AT + 1] = ipv6 ? 0xdd : 0x00;
}
