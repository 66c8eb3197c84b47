/**
 * The way out of a device: an AF_PACKET socket hands the frame to the device's queue again, as if
 * the host had just sent it. The socket's mark tells the egress hook that the frame was judged
 * already; bypassing the queue would not skip that hook.
 */

import type { PacketMemory } from '../netem/packet-memory.js';
import { LinkType } from '../packet/packet-view.js';
import type { Train } from '../packet/train.js';
import { BATCH_CALLS } from './batch.js';
import { Gather } from './gather.js';
import type { Port } from './port.js';
import { openSendSocket } from './send-socket.js';
import {
  addressOf,
  check,
  close,
  Errno,
  MMSGHDR_BYTES,
  SocketFamily,
  SocketLevel,
  SocketOption,
  sendMessages,
  setIntOption,
} from './sys.js';
import { PortOffload } from './tun-device.js';
import { WriteWaiter } from './write-waiter.js';

/** `struct sockaddr_ll`: family, protocol (network order), ifindex, then the hardware address. */
const SOCKADDR_LL_BYTES = 20;
const PROTOCOL_AT = 2;
const IFINDEX_AT = 4;
const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;

/** Frames handed over in one call: a call for each costs 0.4 µs more, of about 6. */
const MESSAGES = BATCH_CALLS;

/** So long a batch waits for room in the socket's buffer: everything else waits with it. */
const PATIENCE_NS = 1e6;

/** `struct mmsghdr` and `struct iovec` in 32-bit words; of a pointer the low word comes first. */
const MESSAGE_WORDS = MMSGHDR_BYTES / 4;
const NAME_AT = 0;
const NAME_BYTES_AT = 2;
const IOVECS_AT = 4;
const IOVEC_COUNT_AT = 6;
export class PacketSocketPort implements Port {
  readonly fd = -1;
  refused = 0;
  readonly #socket: number;
  readonly #memory: PacketMemory;
  readonly #ethernet: Uint8Array;
  readonly #ipv4: Uint8Array;
  readonly #ipv6: Uint8Array;
  readonly #ipv4Address: number;
  readonly #ipv6Address: number;
  readonly #messages = new Uint32Array(MESSAGES * MESSAGE_WORDS);
  readonly #messagesAddress = addressOf(this.#messages);
  readonly #gather: Gather;
  readonly #waiter: WriteWaiter;
  /** Where the device is slow for good, waiting would only hold up the other direction. */
  #mayWait = true;

  constructor(memory: PacketMemory, deviceIndex: number, mark: number, offload: number) {
    this.#memory = memory;
    this.#gather = new Gather(memory, offload);
    // Protocol 0: the socket receives nothing.
    const opened = openSendSocket(SocketFamily.packet, 0, mark);
    this.#socket = check(opened, 'open an AF_PACKET socket');
    if (offload !== PortOffload.none) {
      const set = setIntOption(this.#socket, SocketLevel.packet, SocketOption.packetVnetHeader, 1);
      check(set, 'set PACKET_VNET_HDR');
    }
    this.#waiter = new WriteWaiter(this.#socket, PATIENCE_NS);
    this.#ethernet = linkAddress(deviceIndex, 0);
    this.#ipv4 = linkAddress(deviceIndex, ETHERTYPE_IPV4);
    this.#ipv6 = linkAddress(deviceIndex, ETHERTYPE_IPV6);
    this.#ipv4Address = addressOf(this.#ipv4);
    this.#ipv6Address = addressOf(this.#ipv6);
    const ethernetAddress = addressOf(this.#ethernet);
    for (let i = 0; i < MESSAGES; i++) {
      const message = i * MESSAGE_WORDS;
      writePointer(this.#messages, message + NAME_AT, ethernetAddress);
      this.#messages[message + NAME_BYTES_AT] = SOCKADDR_LL_BYTES;
    }
  }

  readBatch(): number {
    return 0;
  }

  write(slot: number): void {
    const { bytes, linkType } = this.#memory;
    const gather = this.#gather;
    gather.add(slot);
    // The kernel takes an Ethernet frame's protocol from the frame; raw IP has to be told. All
    // frames of a device are of one kind.
    if (linkType[slot] === LinkType.rawIp) {
      const isIpv6 = bytes[this.#memory.frameOffset(slot)]! >> 4 === 6;
      const target = isIpv6 ? this.#ipv6Address : this.#ipv4Address;
      writePointer(this.#messages, (gather.count - 1) * MESSAGE_WORDS + NAME_AT, target);
    }
    if (gather.isFull) this.flush();
  }

  writeRun(_slot: number, train: Train, first: number, count: number): void {
    this.#gather.addRun(train, first, count);
    if (this.#gather.isFull) this.flush();
  }

  /** The kernel stops at a frame that it refuses: the others go after it. Waits for room once at most. */
  flush(): void {
    const gather = this.#gather;
    const messages = this.#messages;
    gather.close();
    for (let i = 0; i < gather.count; i++) {
      const message = i * MESSAGE_WORDS;
      writePointer(messages, message + IOVECS_AT, gather.iovecsAddress(i));
      messages[message + IOVEC_COUNT_AT] = gather.pieceCount(i);
    }
    let done = 0;
    let isFull = false;
    while (done < gather.count) {
      const from = this.#messagesAddress + done * MMSGHDR_BYTES;
      const sent = sendMessages(this.#socket, from, gather.count - done);
      if (sent === -Errno.EAGAIN) {
        isFull = true;
        if (this.#mayWait) {
          this.#mayWait = false;
          if (this.#waiter.wait()) continue;
        }
      }
      if (sent <= 0) this.refused += gather.wirePackets(done);
      done += Math.max(sent, 1);
    }
    if (!isFull) this.#mayWait = true;
    gather.clear();
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
