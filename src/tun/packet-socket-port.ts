/**
 * The way out of a device: an AF_PACKET socket hands the frame to the device's queue again, as if
 * the host had just sent it. The socket's mark tells the egress hook that the frame was judged
 * already; bypassing the queue would not skip that hook.
 */

import type { PacketMemory } from '../netem/packet-memory.js';
import { LinkType } from '../packet/packet-view.js';
import type { Port } from './port.js';
import {
  addressOf,
  check,
  close,
  rawSocket,
  SocketFamily,
  SocketLevel,
  SocketOption,
  sendTo,
  setIntOption,
} from './sys.js';

/** `struct sockaddr_ll`: family, protocol (network order), ifindex, then the hardware address. */
const SOCKADDR_LL_BYTES = 20;
const PROTOCOL_AT = 2;
const IFINDEX_AT = 4;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;

/** Room for a burst; the kernel doubles it for its own bookkeeping. */
const SEND_BUFFER_BYTES = 8 * 2 ** 20;

export class PacketSocketPort implements Port {
  readonly fd = -1;
  refused = 0;
  readonly #socket: number;
  readonly #memory: PacketMemory;
  readonly #base: number;
  readonly #target = Buffer.alloc(SOCKADDR_LL_BYTES);
  readonly #targetAddress = addressOf(this.#target);

  constructor(memory: PacketMemory, deviceIndex: number, mark: number) {
    this.#memory = memory;
    this.#base = addressOf(memory.bytes);
    // Protocol 0: the socket receives nothing.
    this.#socket = check(rawSocket(SocketFamily.packet, 0), 'open an AF_PACKET socket');
    const { socket } = SocketLevel;
    check(setIntOption(this.#socket, socket, SocketOption.mark, mark), 'mark the AF_PACKET socket');
    // Without CAP_NET_ADMIN over the initial namespace this is refused; the default then holds.
    setIntOption(this.#socket, socket, SocketOption.sendBufferForce, SEND_BUFFER_BYTES);
    this.#target.writeUInt16LE(SocketFamily.packet, 0);
    this.#target.writeInt32LE(deviceIndex, IFINDEX_AT);
  }

  readBatch(): number {
    return 0;
  }

  write(slot: number): void {
    const { bytes, length, linkType } = this.#memory;
    const offset = this.#memory.frameOffset(slot);
    // The kernel takes an Ethernet frame's protocol from the frame; raw IP has to be told.
    if (linkType[slot] === LinkType.rawIp) {
      const protocol = bytes[offset]! >> 4 === 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;
      this.#target[PROTOCOL_AT] = protocol >> 8;
      this.#target[PROTOCOL_AT + 1] = protocol & 0xff;
    }
    const sent = sendTo(
      this.#socket,
      this.#base + offset,
      length[slot]!,
      this.#targetAddress,
      SOCKADDR_LL_BYTES,
    );
    if (sent < 0) this.refused++;
  }

  close(): void {
    close(this.#socket);
  }
}
