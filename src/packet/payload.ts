/**
 * Where the payload of a UDP datagram or TCP segment lies in a packet that a view has parsed. The
 * first fragment of a packet has the beginning of its payload, later fragments have none to read.
 */

import type { PacketView } from './packet-view.js';
import { Protocol } from './protocol.js';
import { readTcpHeaderBytes, TCP_HEADER_BYTES_MIN } from './tcp.js';
import { readUdpLength, UDP_HEADER_BYTES } from './udp.js';

/** Index of the payload's first byte in `view.bytes`, or −1 where none can be read. */
export function payloadBegin(view: PacketView): number {
  if (view.isLaterFragment) return -1;
  const { l4Offset, l4Length } = view;
  if (view.protocol === Protocol.udp) {
    return l4Length < UDP_HEADER_BYTES ? -1 : l4Offset + UDP_HEADER_BYTES;
  }
  if (view.protocol !== Protocol.tcp || l4Length < TCP_HEADER_BYTES_MIN) return -1;
  const headerBytes = readTcpHeaderBytes(view.bytes, l4Offset);
  if (headerBytes < TCP_HEADER_BYTES_MIN || headerBytes > l4Length) return -1;
  return l4Offset + headerBytes;
}

/** Index behind the payload's last byte; only where `payloadBegin` found one. */
export function payloadEnd(view: PacketView): number {
  const { l4Offset, l4Length } = view;
  if (view.protocol !== Protocol.udp) return l4Offset + l4Length;
  // A length below the header's is that of a jumbogram (RFC 2675), or a lie.
  const length = readUdpLength(view.bytes, l4Offset);
  return l4Offset + (length < UDP_HEADER_BYTES ? l4Length : Math.min(length, l4Length));
}
