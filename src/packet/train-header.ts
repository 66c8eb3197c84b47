/**
 * What the header of a super-packet says of it as a whole, and so has to be written when one is
 * taken apart (train.ts) or put together (joint.ts): its lengths with their checksums, and the offload
 * header before it.
 */

import { checksumOffset, fold, writeIpv4Checksum } from './checksum.js';
import { writeIpv4TotalLength } from './ipv4.js';
import { IPV6_HEADER_BYTES, writeIpv6PayloadLength } from './ipv6.js';
import { GsoType, OffloadFlag, writeOffloadHeader } from './offload-header.js';
import { Protocol } from './protocol.js';
import { TcpFlag } from './tcp.js';
import { writeUdpLength } from './udp.js';
import { writeU16 } from './write.js';

/** Where TCP, or else UDP, has its checksum. */
export function trainChecksumOffset(isTcp: boolean): number {
  return checksumOffset(isTcp ? Protocol.tcp : Protocol.udp);
}

/**
 * Writes all lengths for a transport's header and payload of `l4Length` bytes, the IPv4 header's checksum
 * (so that header must be right otherwise), and the pseudo-header's sum into the transport's checksum;
 * `pseudoSum` is that sum without the length.
 */
export function writeTrainLengths(
  bytes: Uint8Array,
  l3: number,
  l4: number,
  l4Length: number,
  isIpv4: boolean,
  isTcp: boolean,
  pseudoSum: number,
): void {
  const l3Length = l4 - l3 + l4Length;
  if (isIpv4) {
    writeIpv4TotalLength(bytes, l3, l3Length);
    writeIpv4Checksum(bytes, l3);
  } else {
    writeIpv6PayloadLength(bytes, l3, l3Length - IPV6_HEADER_BYTES);
  }
  if (!isTcp) writeUdpLength(bytes, l4, l4Length);
  writeU16(bytes, l4 + trainChecksumOffset(isTcp), fold(pseudoSum + l4Length));
}

/**
 * Writes the offload header, the ten bytes from `at`, for what `writeTrainLengths` leaves to be done.
 * `segmentBytes` is 0 for a single packet, `tcpFlags` for UDP; `l4At` counts from the frame's beginning.
 */
export function writeTrainOffload(
  bytes: Uint8Array,
  at: number,
  isIpv4: boolean,
  isTcp: boolean,
  tcpFlags: number,
  headerBytes: number,
  l4At: number,
  segmentBytes: number,
): void {
  let gsoType: number = GsoType.none;
  if (segmentBytes > 0) {
    gsoType = isTcp ? (isIpv4 ? GsoType.tcp4 : GsoType.tcp6) : GsoType.udp;
    if ((tcpFlags & TcpFlag.cwr) !== 0) gsoType |= GsoType.ecn;
  }
  writeOffloadHeader(
    bytes,
    at,
    OffloadFlag.needsChecksum,
    gsoType,
    headerBytes,
    segmentBytes,
    l4At,
    trainChecksumOffset(isTcp),
  );
}
