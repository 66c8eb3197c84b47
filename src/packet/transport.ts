/** Where a transport's header ends and what it carries begins. */

import type { PacketView } from './packet-view.js';
import { Protocol } from './protocol.js';
import { readTcpHeaderBytes, TCP_HEADER_BYTES_MIN } from './tcp.js';
import { UDP_HEADER_BYTES } from './udp.js';

const SCTP_HEADER_BYTES = 12;
/** Type, code, checksum and the four bytes that each type uses otherwise. */
const ICMP_HEADER_BYTES = 8;

const TCP_DATA_OFFSET = 12;
const DCCP_DATA_OFFSET = 4;

/**
 * The length of the transport's header, with options, in a packet that is no later fragment; what it
 * says itself may be more than there is. 0 for protocols that are not known here: all of theirs is payload.
 */
export function transportHeaderBytes(view: PacketView): number {
  const { bytes, protocol, l4Offset, l4Length } = view;
  switch (protocol) {
    case Protocol.tcp: {
      if (l4Length <= TCP_DATA_OFFSET) return TCP_HEADER_BYTES_MIN;
      return Math.max(TCP_HEADER_BYTES_MIN, readTcpHeaderBytes(bytes, l4Offset));
    }
    case Protocol.udp:
    case Protocol.udpLite:
      return UDP_HEADER_BYTES;
    case Protocol.sctp:
      return SCTP_HEADER_BYTES;
    case Protocol.icmp:
    case Protocol.icmpv6:
      return ICMP_HEADER_BYTES;
    case Protocol.dccp:
      return l4Length <= DCCP_DATA_OFFSET ? l4Length : bytes[l4Offset + DCCP_DATA_OFFSET] << 2;
    default:
      return 0;
  }
}
