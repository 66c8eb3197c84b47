/** The TCP header (RFC 9293), as far as rules look at it; its ports are read as UDP's are. */

const offset = {
  sourcePort: 0,
  destinationPort: 2,
  sequence: 4,
  acknowledgement: 8,
  dataOffset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
  urgent: 18,
} as const;

/** As much of the header as has to be there for the flags to be readable. */
export const TCP_FLAGS_BYTES = offset.flags + 1;

export const TcpFlag = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
} as const;

export function readTcpFlags(bytes: Uint8Array, at: number): number {
  return bytes[at + offset.flags];
}
