/** CRC32c (Castagnoli), which guards SCTP packets: RFC 9260, appendix A. */

/** The polynomial 0x1edc6f41 with its bits reversed: SCTP sends the lowest bit first. */
const POLYNOMIAL = 0x82f6_3b78 | 0;

/** What eight steps of the shift register do to each byte. */
const table = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) {
    register = (register & 1) === 0 ? register >>> 1 : (register >>> 1) ^ POLYNOMIAL;
  }
  table[byte] = register;
}

/** The register before the first byte. */
export const CRC32C_START = -1;

/** The register after `length` more bytes; the checksum is its complement. */
export function crc32c(bytes: Uint8Array, at: number, length: number, register: number): number {
  let crc = register;
  for (let i = at; i < at + length; i++) crc = (crc >>> 8) ^ table[(crc ^ bytes[i]) & 0xff];
  return crc;
}
