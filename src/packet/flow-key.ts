/**
 * A flow as ten 32-bit words, the same for both of its directions, so that it can be compared and
 * hashed without allocating:
 *
 *     0..3  address of the lower endpoint      8  its port (upper half), the higher one's port
 *     4..7  address of the higher endpoint     9  protocol, IP version (from bit 8)
 *
 * An endpoint is lower by address, then by port, both unsigned.
 */

import type { PacketView } from './packet-view.js';

export const FLOW_KEY_WORDS = 10;

/**
 * Writes the key of the packet's flow into `key` at `at`. Returns 1 when the packet's source is
 * the higher endpoint, else 0.
 *
 * The ports are the packet's own, or its first fragment's. Echo messages have their identifier as
 * both ports, so that pings are flows of their own; later fragments of one should be given the
 * first's `echoIdentifier` as both ports. Where both endpoints are the same (a ping to oneself),
 * the reply counts as coming from the higher one.
 */
export function writeFlowKey(
  view: PacketView,
  sourcePort: number,
  destinationPort: number,
  key: Int32Array,
  at: number,
): 0 | 1 {
  const echo = view.isEchoRequest || view.isEchoReply;
  const from = echo ? view.echoIdentifier : sourcePort;
  const to = echo ? view.echoIdentifier : destinationPort;
  key[at + 9] = view.protocol | (view.version << 8);
  if (sourceIsHigher(view, from, to)) {
    key[at] = view.dst0;
    key[at + 1] = view.dst1;
    key[at + 2] = view.dst2;
    key[at + 3] = view.dst3;
    key[at + 4] = view.src0;
    key[at + 5] = view.src1;
    key[at + 6] = view.src2;
    key[at + 7] = view.src3;
    key[at + 8] = (to << 16) | from;
    return 1;
  }
  key[at] = view.src0;
  key[at + 1] = view.src1;
  key[at + 2] = view.src2;
  key[at + 3] = view.src3;
  key[at + 4] = view.dst0;
  key[at + 5] = view.dst1;
  key[at + 6] = view.dst2;
  key[at + 7] = view.dst3;
  key[at + 8] = (from << 16) | to;
  return 0;
}

/** Compares unsigned: adding 2^31 modulo 2^32 keeps the order and makes it signed. */
function sourceIsHigher(view: PacketView, sourcePort: number, destinationPort: number): boolean {
  const flip = 0x8000_0000;
  if (view.src0 !== view.dst0) return (view.src0 ^ flip) > (view.dst0 ^ flip);
  if (view.src1 !== view.dst1) return (view.src1 ^ flip) > (view.dst1 ^ flip);
  if (view.src2 !== view.dst2) return (view.src2 ^ flip) > (view.dst2 ^ flip);
  if (view.src3 !== view.dst3) return (view.src3 ^ flip) > (view.dst3 ^ flip);
  if (sourcePort !== destinationPort) return sourcePort > destinationPort;
  return view.isEchoReply;
}

/**
 * 32 bits as a signed integer: MurmurHash3's mixing over the key's words. It has no seed, so that
 * a run is the same as the last; who makes flows collide on purpose slows all of the emulation.
 */
export function hashFlowKey(key: Int32Array, at: number): number {
  let hash = 0x6e65_7465 | 0;
  for (let i = 0; i < FLOW_KEY_WORDS; i++) {
    let word = Math.imul(key[at + i], 0xcc9e_2d51);
    word = (word << 15) | (word >>> 17);
    hash ^= Math.imul(word, 0x1b87_3593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe654_6b64) | 0;
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
