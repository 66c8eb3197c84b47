/**
 * The way out of a device: an AF_PACKET socket hands the frame to the device's queue again, as if
 * the host had just sent it. The socket's mark tells the egress hook that the frame was judged
 * already; bypassing the queue would not skip that hook.
 */

import type { PacketMemory } from '../netem/packet-memory.js';
import { LinkType } from '../packet/packet-view.js';
import type { Port } from './port.js';
import { openSendSocket } from './send-socket.js';
import {
  addressOf,
  check,
  close,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  SocketFamily,
  sendMessages,
} from './sys.js';

/** `struct sockaddr_ll`: family, protocol (network order), ifindex, then the hardware address. */
const SOCKADDR_LL_BYTES = 20;
const PROTOCOL_AT = 2;
const IFINDEX_AT = 4;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;

/** Frames handed over in one call: a call for each costs 0.4 µs more, of about 6. */
const MESSAGES = 32;

/** `struct mmsghdr` and `struct iovec` in 32-bit words; of a pointer the low word comes first. */
const MESSAGE_WORDS = MMSGHDR_BYTES / 4;
const NAME_AT = 0;
const NAME_BYTES_AT = 2;
const IOVECS_AT = 4;
const IOVEC_COUNT_AT = 6;
const IOVEC_WORDS = IOVEC_BYTES / 4;
const BASE_AT = 0;
const LENGTH_AT = 2;

export class PacketSocketPort implements Port {
  readonly fd = -1;
  refused = 0;
  readonly #socket: number;
  readonly #memory: PacketMemory;
  readonly #base: number;
  readonly #ethernet: Uint8Array;
  readonly #ipv4: Uint8Array;
  readonly #ipv6: Uint8Array;
  readonly #ipv4Address: number;
  readonly #ipv6Address: number;
  readonly #messages = new Uint32Array(MESSAGES * MESSAGE_WORDS);
  readonly #messagesAddress = addressOf(this.#messages);
  readonly #iovecs = new Uint32Array(MESSAGES * IOVEC_WORDS);
  /** Messages that wait for `flush`. */
  #count = 0;

  constructor(memory: PacketMemory, deviceIndex: number, mark: number) {
    this.#memory = memory;
    this.#base = addressOf(memory.bytes);
    // Protocol 0: the socket receives nothing.
    const opened = openSendSocket(SocketFamily.packet, 0, mark);
    this.#socket = check(opened, 'open an AF_PACKET socket');
    this.#ethernet = linkAddress(deviceIndex, 0);
    this.#ipv4 = linkAddress(deviceIndex, ETHERTYPE_IPV4);
    this.#ipv6 = linkAddress(deviceIndex, ETHERTYPE_IPV6);
    this.#ipv4Address = addressOf(this.#ipv4);
    this.#ipv6Address = addressOf(this.#ipv6);
    const ethernetAddress = addressOf(this.#ethernet);
    const iovecsAddress = addressOf(this.#iovecs);
    for (let i = 0; i < MESSAGES; i++) {
      const message = i * MESSAGE_WORDS;
      writePointer(this.#messages, message + NAME_AT, ethernetAddress);
      this.#messages[message + NAME_BYTES_AT] = SOCKADDR_LL_BYTES;
      writePointer(this.#messages, message + IOVECS_AT, iovecsAddress + i * IOVEC_BYTES);
      this.#messages[message + IOVEC_COUNT_AT] = 1;
    }
  }

  readBatch(): number {
    return 0;
  }

  write(slot: number): void {
    const { bytes, length, linkType } = this.#memory;
    const offset = this.#memory.frameOffset(slot);
    const iovec = this.#count * IOVEC_WORDS;
    writePointer(this.#iovecs, iovec + BASE_AT, this.#base + offset);
    this.#iovecs[iovec + LENGTH_AT] = length[slot]!;
    // The kernel takes an Ethernet frame's protocol from the frame; raw IP has to be told. All
    // frames of a device are of one kind.
    if (linkType[slot] === LinkType.rawIp) {
      const target = bytes[offset]! >> 4 === 6 ? this.#ipv6Address : this.#ipv4Address;
      writePointer(this.#messages, this.#count * MESSAGE_WORDS + NAME_AT, target);
    }
    this.#count++;
    if (this.#count === MESSAGES) this.flush();
  }

  /** The kernel stops at a frame that it refuses: the others go after it. */
  flush(): void {
    let done = 0;
    while (done < this.#count) {
      const from = this.#messagesAddress + done * MMSGHDR_BYTES;
      const sent = sendMessages(this.#socket, from, this.#count - done);
      if (sent <= 0) this.refused++;
      done += Math.max(sent, 1);
    }
    this.#count = 0;
  }

  close(): void {
    close(this.#socket);
  }
}

function linkAddress(deviceIndex: number, protocol: number): Uint8Array {
  const address = Buffer.alloc(SOCKADDR_LL_BYTES);
  address.writeUInt16LE(SocketFamily.packet, 0);
  address.writeUInt16BE(protocol, PROTOCOL_AT);
  address.writeInt32LE(deviceIndex, IFINDEX_AT);
  return address;
}

function writePointer(words: Uint32Array, at: number, address: number): void {
  words[at] = address;
  words[at + 1] = address / 2 ** 32;
}
