/**
 * What a rejected packet is answered with, as a firewall would: TCP by a reset, all else by ICMP's
 * "administratively prohibited". And when not: answers to answers would never end, and answers to
 * many would be many.
 */

import { isLinkBroadcast } from '../packet/link-layer.js';
import type { PacketView } from '../packet/packet-view.js';
import { Protocol } from '../packet/protocol.js';
import { REPLY_BYTES_MAX, writeProhibited, writeReset } from '../packet/reply.js';
import { TcpFlag } from '../packet/tcp.js';

/** No answer is longer. */
export const REJECTION_BYTES_MAX = REPLY_BYTES_MAX;

const ICMPV6_INFORMATION = 128;
const ICMPV6_REDIRECT = 137;

/**
 * Writes the frame that answers the view's packet into `bytes` from `at`, where REJECTION_BYTES_MAX
 * have room. Returns its length; 0 when none is due. What a NAT changed in the packet must have been
 * changed back (`NatTable.unmap`).
 *
 * The checksums of the rejected packet are not looked at: on the sender's own machine the network
 * card would have filled them in later.
 */
export function writeRejection(view: PacketView, bytes: Uint8Array, at: number): number {
  if (view.isLaterFragment || !isBetweenTwo(view)) return 0;
  if (view.protocol === Protocol.tcp) {
    return (view.tcpFlags & TcpFlag.rst) !== 0 ? 0 : writeReset(view, bytes, at);
  }
  return mayBeAnsweredByIcmp(view) ? writeProhibited(view, bytes, at) : 0;
}

/**
 * No errors about errors: RFC 1122, 3.2.2, and RFC 4443, 2.4 (e), which adds redirects. Of ICMP only
 * echo is known to be no error.
 */
function mayBeAnsweredByIcmp(view: PacketView): boolean {
  if (view.protocol === Protocol.icmp) return view.isEchoRequest || view.isEchoReply;
  if (view.protocol !== Protocol.icmpv6) return true;
  if (view.l4Length < 1) return false;
  const type = view.bytes[view.l4Offset];
  return type >= ICMPV6_INFORMATION && type !== ICMPV6_REDIRECT;
}

/**
 * From one host to one host, by the addresses (RFC 1122, 3.2.2; RFC 4443, 2.4 (e)). A directed
 * broadcast shows in the link header; on a device without one it cannot be told.
 */
function isBetweenTwo(view: PacketView): boolean {
  if (isLinkBroadcast(view.bytes, view.frameOffset, view.linkType)) return false;
  return view.version === 4 ? areIpv4Hosts(view.src3, view.dst3) : areIpv6Hosts(view);
}

/** Not of "this network" (0/8), multicast, reserved or broadcast (224/3); loopback only among itself. */
function areIpv4Hosts(source: number, destination: number): boolean {
  const from = source >>> 24;
  const to = destination >>> 24;
  if (from === 0 || from >= 224 || to === 0 || to >= 224) return false;
  return (from === 127) === (to === 127);
}

function areIpv6Hosts(view: PacketView): boolean {
  const { src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = view;
  if (src0 >>> 24 === 0xff || dst0 >>> 24 === 0xff) return false;
  const fromLow = (src0 | src1 | src2) === 0 ? src3 : -1;
  const toLow = (dst0 | dst1 | dst2) === 0 ? dst3 : -1;
  // ::0 is nobody, ::1 oneself.
  return fromLow !== 0 && toLow !== 0 && (fromLow === 1) === (toLow === 1);
}
