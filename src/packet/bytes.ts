/**
 * Network byte order. A DataView would do the same, but needs one object per buffer and a bounds
 * check that throws; these are for offsets that a view has already checked.
 */

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

/** The 32 bits as a signed integer, which V8 keeps unboxed (a small integer on 64-bit Node). */
export function readI32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
