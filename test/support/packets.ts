/**
 * Real packets, built from the inside out with right lengths and checksums:
 *
 *     ethernet(ipv4('192.0.2.1', '198.51.100.2', udp(40000, 53, dnsQuery('example.org'))))
 *
 * `ip` chooses the version by the addresses. Fragments: `fragmentIpv4(packet, 1400)`.
 */

import { addressBytes, ascii, checksum, concat, macBytes, u16, u32 } from './packet-bytes.js';

export { addressBytes, checksum, concat, hex } from './packet-bytes.js';

/** An upper layer whose checksum the IP builder fills in, since it covers the addresses. */
export interface Transport {
  readonly protocol: number;
  readonly bytes: Uint8Array;
  /** Null: none, or already right. */
  readonly checksumAt: number | null;
  /** ICMP over IPv4 does not cover the addresses. */
  readonly pseudoHeader: boolean;
}

const NOTHING: Uint8Array = new Uint8Array(0);

export function udp(sourcePort: number, destinationPort: number, payload = NOTHING): Transport {
  const bytes = concat(u16(sourcePort, destinationPort, 8 + payload.length, 0), payload);
  return { protocol: 17, bytes, checksumAt: 6, pseudoHeader: true };
}

export interface TcpOptions {
  readonly sequence?: number;
  readonly acknowledgement?: number;
  /** FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
  readonly flags?: number;
  readonly window?: number;
  /** A multiple of 4 bytes. */
  readonly options?: Uint8Array;
  readonly payload?: Uint8Array;
}

export function tcp(
  sourcePort: number,
  destinationPort: number,
  options: TcpOptions = {},
): Transport {
  const { sequence = 1, acknowledgement = 0, flags = 0x10, window = 65_535 } = options;
  const tcpOptions = options.options ?? NOTHING;
  const bytes = concat(
    u16(sourcePort, destinationPort),
    u32(sequence, acknowledgement),
    Uint8Array.of(((20 + tcpOptions.length) / 4) << 4, flags),
    u16(window, 0, 0),
    tcpOptions,
    options.payload ?? NOTHING,
  );
  return { protocol: 6, bytes, checksumAt: 16, pseudoHeader: true };
}

/** A DATA-less SCTP packet; its CRC32c stays zero. */
export function sctp(sourcePort: number, destinationPort: number, payload = NOTHING): Transport {
  const bytes = concat(u16(sourcePort, destinationPort), u32(0, 0), payload);
  return { protocol: 132, bytes, checksumAt: null, pseudoHeader: false };
}

export interface EchoOptions {
  readonly reply?: boolean;
  readonly sequence?: number;
  readonly payload?: Uint8Array;
}

export function icmpEcho(identifier: number, options: EchoOptions = {}): Transport {
  const type = options.reply ? 0 : 8;
  return { ...echo(type, identifier, options), protocol: 1, pseudoHeader: false };
}

export function icmpv6Echo(identifier: number, options: EchoOptions = {}): Transport {
  const type = options.reply ? 129 : 128;
  return { ...echo(type, identifier, options), protocol: 58, pseudoHeader: true };
}

/** Anything else above IP. */
export function raw(protocol: number, bytes: Uint8Array = NOTHING): Transport {
  return { protocol, bytes, checksumAt: null, pseudoHeader: false };
}

/** The payload of a DNS query with one question of type A. */
export function dnsQuery(name: string, id = 1): Uint8Array {
  const labels = name.split('.').map((label) => concat(Uint8Array.of(label.length), ascii(label)));
  return concat(u16(id, 0x0100, 1, 0, 0, 0), ...labels, Uint8Array.of(0), u16(1, 1));
}

export interface Ipv4Options {
  /** A multiple of 4 bytes. */
  readonly options?: Uint8Array;
  readonly identification?: number;
  /** With DF (0x4000), MF (0x2000) and the fragment offset in units of 8 bytes. */
  readonly flagsFragmentOffset?: number;
  readonly timeToLive?: number;
  readonly trafficClass?: number;
}

export function ipv4(
  from: string,
  to: string,
  transport: Transport,
  options: Ipv4Options = {},
): Uint8Array {
  const source = addressBytes(from);
  const destination = addressBytes(to);
  const payload = withChecksum(transport, source, destination);
  const headerBytes = 20 + (options.options?.length ?? 0);
  const header = concat(
    Uint8Array.of(0x40 | (headerBytes / 4), options.trafficClass ?? 0),
    u16(
      headerBytes + payload.length,
      options.identification ?? 0,
      options.flagsFragmentOffset ?? 0,
    ),
    Uint8Array.of(options.timeToLive ?? 64, transport.protocol),
    u16(0),
    source,
    destination,
    options.options ?? NOTHING,
  );
  header.set(u16(checksum(header)), 10);
  return concat(header, payload);
}

export interface Ipv6Options {
  /** In order; the bytes from the second on, padded by the caller to the header's length. */
  readonly extensions?: readonly Ipv6ExtensionHeader[];
  readonly hopLimit?: number;
  readonly trafficClass?: number;
  readonly flowLabel?: number;
}

export interface Ipv6ExtensionHeader {
  readonly type: number;
  /** Everything behind the next-header byte. */
  readonly rest: Uint8Array;
}

/** Hop-by-hop (0), routing (43), destination options (60) …: `units` × 8 bytes of padding. */
export function extension(type: number, units = 1): Ipv6ExtensionHeader {
  const rest = new Uint8Array(8 * units - 1);
  rest[0] = units - 1;
  // One PadN option over the rest. A routing header is of type 0 with no segments left.
  if (type !== 43) rest.set([1, rest.length - 3], 1);
  return { type, rest };
}

export function authentication(icvBytes = 12): Ipv6ExtensionHeader {
  const rest = new Uint8Array(11 + icvBytes);
  rest[0] = (12 + icvBytes) / 4 - 2;
  return { type: 51, rest };
}

/** `offset` in units of 8 bytes. */
export function fragmentHeader(
  identification: number,
  offset: number,
  more: boolean,
): Ipv6ExtensionHeader {
  const rest = concat(Uint8Array.of(0), u16((offset << 3) | (more ? 1 : 0)), u32(identification));
  return { type: 44, rest };
}

export function ipv6(
  from: string,
  to: string,
  transport: Transport,
  options: Ipv6Options = {},
): Uint8Array {
  const source = addressBytes(from);
  const destination = addressBytes(to);
  const upper = withChecksum(transport, source, destination);
  const extensions = options.extensions ?? [];
  const types = [...extensions.map(({ type }) => type), transport.protocol];
  const headers = extensions.map(({ rest }, i) => concat(Uint8Array.of(types[i + 1]), rest));
  const payload = concat(...headers, upper);
  const versionClassLabel =
    0x6000_0000 + (options.trafficClass ?? 0) * 2 ** 20 + (options.flowLabel ?? 0);
  return concat(
    u32(versionClassLabel),
    u16(payload.length),
    Uint8Array.of(types[0], options.hopLimit ?? 64),
    source,
    destination,
    payload,
  );
}

/** IPv4 or IPv6, as the addresses are. */
export function ip(from: string, to: string, transport: Transport): Uint8Array {
  return from.includes(':') ? ipv6(from, to, transport) : ipv4(from, to, transport);
}

/** Splits an IPv4 packet; `payloadBytesMax` is rounded down to a multiple of 8. */
export function fragmentIpv4(packet: Uint8Array, payloadBytesMax: number): Uint8Array[] {
  const headerBytes = (packet[0] & 0x0f) * 4;
  return pieces(packet.subarray(headerBytes), payloadBytesMax).map(({ bytes, offset, more }) => {
    const header = packet.slice(0, headerBytes);
    header.set(u16(headerBytes + bytes.length), 2);
    header.set(u16(offset | (more ? 0x2000 : 0)), 6);
    header.set(u16(0), 10);
    header.set(u16(checksum(header)), 10);
    return concat(header, bytes);
  });
}

/** Splits an IPv6 packet without extension headers. */
export function fragmentIpv6(
  packet: Uint8Array,
  payloadBytesMax: number,
  identification: number,
): Uint8Array[] {
  return pieces(packet.subarray(40), payloadBytesMax).map(({ bytes, offset, more }) => {
    const header = packet.slice(0, 40);
    const fragment = fragmentHeader(identification, offset, more).rest;
    header.set(u16(8 + bytes.length), 4);
    header[6] = 44;
    return concat(header, Uint8Array.of(packet[6]), fragment, bytes);
  });
}

export interface EthernetOptions {
  /** Outer first: [EtherType, VLAN id], as in [[0x88a8, 10], [0x8100, 20]] (QinQ). */
  readonly tags?: readonly (readonly [number, number])[];
  /** By default the version in the packet tells. */
  readonly etherType?: number;
  readonly source?: string;
  readonly destination?: string;
  /** Zeros up to this length, as network cards add up to 60. */
  readonly padToBytes?: number;
}

export function ethernet(packet: Uint8Array, options: EthernetOptions = {}): Uint8Array {
  const { tags = [], source = '02:00:00:00:00:01', destination = '02:00:00:00:00:02' } = options;
  const etherType = options.etherType ?? (packet[0] >> 4 === 6 ? 0x86dd : 0x0800);
  const frame = concat(
    macBytes(destination),
    macBytes(source),
    ...tags.map(([type, vlan]) => u16(type, vlan)),
    u16(etherType),
    packet,
  );
  return concat(frame, new Uint8Array(Math.max(0, (options.padToBytes ?? 0) - frame.length)));
}

function echo(type: number, identifier: number, options: EchoOptions) {
  const fields = u16(0, identifier, options.sequence ?? 1);
  return {
    bytes: concat(Uint8Array.of(type, 0), fields, options.payload ?? NOTHING),
    checksumAt: 2,
  };
}

function withChecksum(
  transport: Transport,
  source: Uint8Array,
  destination: Uint8Array,
): Uint8Array {
  const { protocol, checksumAt, pseudoHeader } = transport;
  const bytes = transport.bytes.slice();
  if (checksumAt === null) return bytes;
  const pseudo = pseudoHeader ? concat(source, destination, u32(bytes.length, protocol)) : NOTHING;
  const sum = checksum(pseudo, bytes);
  // RFC 768: an UDP checksum that comes to 0 is sent as all ones.
  bytes.set(u16(sum === 0 && protocol === 17 ? 0xffff : sum), checksumAt);
  return bytes;
}

function pieces(payload: Uint8Array, bytesMax: number) {
  const step = bytesMax - (bytesMax % 8);
  return Array.from({ length: Math.ceil(payload.length / step) }, (_, i) => ({
    bytes: payload.subarray(i * step, (i + 1) * step),
    offset: (i * step) / 8,
    more: (i + 1) * step < payload.length,
  }));
}
