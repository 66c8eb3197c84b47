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

/** FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128. */
export function readTcpFlags(bytes: Uint8Array, at: number): number {
  return bytes[at + offset.flags];
}
