/**
 * The way back onto the loopback device: raw IP sockets with the header included. A frame injected
 * into `lo` by AF_PACKET would be a martian; a packet from a raw socket is routed like any other
 * and carries the mark that the egress hook lets pass. The kernel fills in the IPv4 checksum, and
 * the IPv4 identification where it is zero.
 */
import type { PacketMemory } from '../netem/packet-memory.js';
import { ETHERNET_HEADER_BYTES } from '../packet/ethernet.js';
import type { Port } from './port.js';
import { openSendSocket } from './send-socket.js';
import {
  addressOf,
  bindToDevice,
  check,
  close,
  SocketFamily,
  SocketLevel,
  SocketOption,
  sendTo,
  setIntOption,
} from './sys.js';

const IPPROTO_RAW = 255;
const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN_ADDRESS_AT = 4;
const IPV4_DESTINATION_AT = 16;
const SOCKADDR_IN6_BYTES = 28;
const SOCKADDR_IN6_ADDRESS_AT = 8;
const IPV6_DESTINATION_AT = 24;

export class RawIpPort implements Port {
  readonly fd = -1;
  refused = 0;
  readonly #memory: PacketMemory;
  readonly #base: number;
  readonly #socket4: number;
  readonly #socket6: number;
  readonly #target4 = Buffer.alloc(SOCKADDR_IN_BYTES);
  readonly #target6 = Buffer.alloc(SOCKADDR_IN6_BYTES);
  readonly #target4Address = addressOf(this.#target4);
  readonly #target6Address = addressOf(this.#target6);

  constructor(memory: PacketMemory, device: string, mark: number) {
    this.#memory = memory;
    this.#base = addressOf(memory.bytes);
    this.#target4.writeUInt16LE(SocketFamily.inet, 0);
    this.#target6.writeUInt16LE(SocketFamily.inet6, 0);
    const opened = openSendSocket(SocketFamily.inet, IPPROTO_RAW, mark);
    this.#socket4 = check(opened, 'open a raw IPv4 socket');
    // Negative where the kernel has no IPv6: then no IPv6 packet comes to be sent either.
    this.#socket6 = openSendSocket(SocketFamily.inet6, IPPROTO_RAW, mark);
    // IPv4 only: the route of an IPv6 address of this host names the device that has the address,
    // though its packets cross the loopback device, and a bound socket would not find it.
    check(bindToDevice(this.#socket4, device), `bind the raw socket to ${device}`);
    if (this.#socket6 >= 0) {
      const option = SocketOption.ipv6HeaderIncluded;
      check(setIntOption(this.#socket6, SocketLevel.ipv6, option, 1), 'set IPV6_HDRINCL');
    }
  }

  readBatch(): number {
    return 0;
  }

  write(slot: number): void {
    const { bytes, length } = this.#memory;
    const packet = this.#memory.frameOffset(slot) + ETHERNET_HEADER_BYTES;
    const count = length[slot]! - ETHERNET_HEADER_BYTES;
    let sent: number;
    if (bytes[packet]! >> 4 === 6) {
      copy(bytes, packet + IPV6_DESTINATION_AT, this.#target6, SOCKADDR_IN6_ADDRESS_AT, 16);
      const { length: size } = this.#target6;
      sent = sendTo(this.#socket6, this.#base + packet, count, this.#target6Address, size);
    } else {
      copy(bytes, packet + IPV4_DESTINATION_AT, this.#target4, SOCKADDR_IN_ADDRESS_AT, 4);
      const { length: size } = this.#target4;
      sent = sendTo(this.#socket4, this.#base + packet, count, this.#target4Address, size);
    }
    if (sent < 0) this.refused++;
  }

  /** The loopback device's TAP has no offload. */
  writeRun(): void {
    this.refused++;
  }

  flush(): void {}

  close(): void {
    close(this.#socket4);
    if (this.#socket6 >= 0) close(this.#socket6);
  }
}

/** A loop: `set(subarray())` would allocate a view for each packet. */
function copy(from: Uint8Array, at: number, to: Uint8Array, toAt: number, count: number): void {
  for (let i = 0; i < count; i++) to[toAt + i] = from[at + i]!;
}
