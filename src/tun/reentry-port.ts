/**
 * The `rx` TAP: frames that arrived on the device are read from it, and what is written comes in
 * at the device again (a tc filter on the TAP redirects it), so that firewalls, rp_filter,
 * conntrack and sockets see the interface it came by. See reentry-tags.ts for how the frame is told
 * apart from a new one.
 */
import type { PacketMemory } from '../netem/packet-memory.js';
import { ETHERNET_HEADER_BYTES } from '../packet/ethernet.js';
import { LinkType } from '../packet/packet-view.js';
import { broadcastTag, hostTag, ipv4GroupTag, ipv6GroupTag, MAC_BYTES } from './reentry-tags.js';
import { addressOf } from './sys.js';
import { TunPort } from './tun-port.js';

const ETHERTYPE_AT = 12;

export class ReentryPort extends TunPort {
  readonly #memory: PacketMemory;
  readonly #base: number;
  readonly #host: Uint8Array;
  readonly #broadcast: Uint8Array;
  readonly #ipv4Group: Uint8Array;
  readonly #ipv6Group: Uint8Array;

  constructor(memory: PacketMemory, fd: number, linkType: number, instanceIndex: number) {
    super(memory, fd, linkType);
    this.#memory = memory;
    this.#base = addressOf(memory.bytes);
    this.#host = Uint8Array.from(hostTag(instanceIndex));
    this.#broadcast = Uint8Array.from(broadcastTag(instanceIndex));
    this.#ipv4Group = Uint8Array.from(ipv4GroupTag(instanceIndex));
    this.#ipv6Group = Uint8Array.from(ipv6GroupTag(instanceIndex));
  }

  override write(slot: number): void {
    const { bytes, length, linkType } = this.#memory;
    let frame = this.#memory.frameOffset(slot);
    let count = length[slot]!;
    if (linkType[slot] === LinkType.rawIp) {
      // A TAP takes Ethernet frames only. The header goes into the slot's headroom; the device that
      // the frame is redirected to has none and starts at the IP header.
      frame -= ETHERNET_HEADER_BYTES;
      count += ETHERNET_HEADER_BYTES;
      writeHeader(bytes, frame);
    }
    const tag = this.#tagFor(bytes, frame);
    for (let i = 0; i < tag.length; i++) bytes[frame + i] = tag[i]!;
    this.writeLater(this.#base + frame, count);
  }

  #tagFor(bytes: Uint8Array, frame: number): Uint8Array {
    const first = bytes[frame]!;
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
