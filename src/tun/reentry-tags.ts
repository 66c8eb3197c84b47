/**
 * How the ingress chain tells a frame that was judged already from a new one.
 *
 * A frame comes back into its device by way of the instance's `rx` TAP, and nothing that survives
 * that way (no mark, no metadata) can say so, except the frame's own destination address. So the
 * port writes a tag there, and the nft chain puts the address back before anything else sees it.
 * The tag names the instance: a frame that another instance has judged must still be judged here,
 * and two that could not tell would hand one frame to each other forever.
 *
 *     destination                       tag                         put back by the chain
 *     the device's own address          02:6e:65:00:00:II           whole address
 *     ff:ff:ff:ff:ff:ff                 02:6e:65:01:00:II           whole address, pkttype broadcast
 *     01:00:5e:xx:xx:xx (IPv4 group)    06:65:II:xx:xx:xx           first three bytes, multicast
 *     33:33:xx:xx:xx:xx (IPv6 group)    0e:II:xx:xx:xx:xx           first two bytes, multicast
 *
 * II is the instance's index. All tags are locally administered unicast addresses; the TAP has the
 * first one as its own, so that such a frame is `pkttype host` from the start.
 */

/** Instances that can share a namespace: the index must fit a byte of the tag. */
export const INSTANCE_INDEX_MAX = 200;

export const MAC_BYTES = 6;

export function hostTag(index: number): readonly number[] {
  return [0x02, 0x6e, 0x65, 0x00, 0x00, index];
}

export function broadcastTag(index: number): readonly number[] {
  return [0x02, 0x6e, 0x65, 0x01, 0x00, index];
}

export function ipv4GroupTag(index: number): readonly number[] {
  return [0x06, 0x65, index];
}

export function ipv6GroupTag(index: number): readonly number[] {
  return [0x0e, index];
}

/** `02:6e:65:00:00:01` */
export function formatMac(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
