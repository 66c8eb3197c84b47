/** The link headers that only captures have, field by field; tags as in `ethernet` of packets.ts. */
import { concat, macBytes, u16, u32 } from './packet-bytes.js';

export interface CookedOptions {
  /** 0 to us, 1 broadcast, 2 multicast, 3 to others, 4 from us. */
  readonly packetType?: number;
  readonly protocol?: number;
  readonly address?: string;
  readonly tags?: readonly (readonly [type: number, vlan: number])[];
}

const ARPHRD_ETHER = 1;

/** LINKTYPE_LINUX_SLL. */
export function cooked(packet: Uint8Array, options: CookedOptions = {}): Uint8Array {
  const { packetType = 0, address = '02:00:00:00:00:01' } = options;
  const [protocol, tags] = typesOf(packet, options);
  const sender = concat(u16(6), macBytes(address), u16(0));
  return concat(u16(packetType, ARPHRD_ETHER), sender, u16(protocol), tags, packet);
}

/** LINKTYPE_LINUX_SLL2. */
export function cooked2(packet: Uint8Array, options: CookedOptions = {}): Uint8Array {
  const { packetType = 0, address = '02:00:00:00:00:01' } = options;
  const [protocol, tags] = typesOf(packet, options);
  const sender = concat(Uint8Array.of(packetType, 6), macBytes(address), u16(0));
  return concat(u16(protocol, 0), u32(3), u16(ARPHRD_ETHER), sender, tags, packet);
}

/** The first type belongs into the header, and each tag is followed by the next. */
function typesOf(packet: Uint8Array, { tags = [], protocol }: CookedOptions): [number, Uint8Array] {
  const types = [...tags.map(([type]) => type), protocol ?? (isIpv6(packet) ? 0x86dd : 0x0800)];
  return [types[0], concat(...tags.map(([, vlan], i) => u16(vlan, types[i + 1])))];
}

/** LINKTYPE_NULL, or LINKTYPE_LOOP, which is always `big`. */
export function loopback(
  packet: Uint8Array,
  order: 'little' | 'big' = 'little',
  family = isIpv6(packet) ? 30 : 2,
): Uint8Array {
  const bytes = u32(family);
  return concat(order === 'big' ? bytes : bytes.reverse(), packet);
}

function isIpv6(packet: Uint8Array): boolean {
  return packet[0] >> 4 === 6;
}
