/**
 * Tells when a network device changes: a netlink socket in the RTNLGRP_LINK group, read from the
 * live loop. Messages are parsed by rtnetlink(7); whatever else comes is skipped.
 */
import {
  addressOf,
  bind,
  check,
  close,
  rawSocket,
  receive,
  SocketFamily,
  SocketLevel,
  SocketOption,
  setIntOption,
} from './sys.js';

export interface LinkChange {
  /** Kernel index, which outlives renames. */
  readonly index: number;
  /** Null where the message does not tell: wireless drivers announce every scan without it all. */
  readonly name: string | null;
  readonly mac: string | null;
  readonly up: boolean;
  /** Deleted, or moved to another namespace. */
  readonly gone: boolean;
}

const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 1;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const IFF_UP = 1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;

const NLMSGHDR_BYTES = 16;
const IFINFOMSG_BYTES = 16;
const RTATTR_BYTES = 4;
const RECEIVE_BYTES = 65_536;
const RECEIVE_BUFFER_BYTES = 2 ** 20;

export class LinkMonitor {
  readonly fd: number;
  readonly #buffer = Buffer.alloc(RECEIVE_BYTES);

  constructor() {
    this.fd = check(rawSocket(SocketFamily.netlink, NETLINK_ROUTE), 'open a netlink socket');
    // Room for a burst of changes: what does not fit is lost.
    const { receiveBufferForce } = SocketOption;
    setIntOption(this.fd, SocketLevel.socket, receiveBufferForce, RECEIVE_BUFFER_BYTES);
    const address = Buffer.alloc(12);
    address.writeUInt16LE(SocketFamily.netlink, 0);
    address.writeUInt32LE(RTMGRP_LINK, 8);
    check(bind(this.fd, address), 'listen for changes of network devices');
  }

  /** What has happened since the last call, oldest first. */
  read(): LinkChange[] {
    const changes: LinkChange[] = [];
    for (;;) {
      const bytes = receive(this.fd, addressOf(this.#buffer), RECEIVE_BYTES);
      if (bytes <= 0) return changes;
      parseLinkMessages(this.#buffer.subarray(0, bytes), changes);
    }
  }

  close(): void {
    close(this.fd);
  }
}

/** Appends the link changes of one netlink datagram. */
export function parseLinkMessages(datagram: Buffer, changes: LinkChange[]): void {
  let at = 0;
  while (at + NLMSGHDR_BYTES <= datagram.length) {
    const length = datagram.readUInt32LE(at);
    const type = datagram.readUInt16LE(at + 4);
    if (length < NLMSGHDR_BYTES || at + length > datagram.length) return;
    const isLink = type === RTM_NEWLINK || type === RTM_DELLINK;
    // Bridges announce their ports in the same group, with a family of their own.
    const isDevice = isLink && datagram[at + NLMSGHDR_BYTES] === 0;
    if (isDevice && length >= NLMSGHDR_BYTES + IFINFOMSG_BYTES) {
      changes.push(parseLink(datagram.subarray(at + NLMSGHDR_BYTES, at + length), type));
    }
    at += align4(length);
  }
}

function parseLink(message: Buffer, type: number): LinkChange {
  let name: string | null = null;
  let mac: string | null = null;
  let at = IFINFOMSG_BYTES;
  while (at + RTATTR_BYTES <= message.length) {
    const length = message.readUInt16LE(at);
    if (length < RTATTR_BYTES || at + length > message.length) break;
    const value = message.subarray(at + RTATTR_BYTES, at + length);
    const kind = message.readUInt16LE(at + 2);
    if (kind === IFLA_IFNAME) name = value.toString('latin1').replace(/\0.*$/, '');
    if (kind === IFLA_ADDRESS) mac = value.toString('hex').replace(/..(?=.)/g, '$&:');
    at += align4(length);
  }
  return {
    index: message.readInt32LE(4),
    name,
    mac,
    up: (message.readUInt32LE(8) & IFF_UP) !== 0,
    gone: type === RTM_DELLINK,
  };
}

function align4(bytes: number): number {
  return (bytes + 3) & ~3;
}
