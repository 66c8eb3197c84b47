/**
 * The options of pcapng blocks (draft-ietf-opsawg-pcapng, section 3.5): a code, a length, a value padded to
 * 32 bits. A list is read as far as it is whole: what captures say of themselves may be wrong, and no
 * packet is lost for it.
 */
import assert from 'node:assert';

export interface CaptureOption {
  readonly code: number;
  readonly value: Uint8Array;
}

/** The codes that we read or write; those of 2 and above mean something else in each kind of block. */
export const OptionCode = {
  end: 0,
  comment: 1,
  /** Of interfaces. */
  interfaceName: 2,
  timeResolution: 9,
  timeOffset: 14,
  /** Of packets. */
  packetFlags: 2,
  /** Of sections. */
  application: 4,
} as const;

/** What the 16 bits of an option's length can say. */
const VALUE_BYTES_MAX = 65_535;
const HEADER_BYTES = 4;

export const NO_OPTIONS: Uint8Array = new Uint8Array(0);

/** All options up to the end of the list or the first that is cut short. */
export function readOptions(raw: Uint8Array, littleEndian: boolean): CaptureOption[] {
  const options: CaptureOption[] = [];
  for (let at = 0; at + HEADER_BYTES <= raw.length; ) {
    const code = readU16(raw, at, littleEndian);
    const bytes = readU16(raw, at + 2, littleEndian);
    at += HEADER_BYTES;
    if (code === OptionCode.end || at + bytes > raw.length) break;
    options.push({ code, value: raw.subarray(at, at + bytes) });
    at += padded(bytes);
  }
  return options;
}

/** With the mark of the end, and nothing at all for an empty list. */
export function encodeOptions(
  options: readonly CaptureOption[],
  littleEndian: boolean,
): Uint8Array {
  if (options.length === 0) return NO_OPTIONS;
  const sizes = options.map(({ value }) => HEADER_BYTES + padded(value.length));
  const raw = new Uint8Array(sizes.reduce((sum, bytes) => sum + bytes, HEADER_BYTES));
  let at = 0;
  options.forEach(({ code, value }, index) => {
    assert(value.length <= VALUE_BYTES_MAX, `an option of ${value.length} bytes`);
    writeU16(raw, at, code, littleEndian);
    writeU16(raw, at + 2, value.length, littleEndian);
    raw.set(value, at + HEADER_BYTES);
    at += sizes[index];
  });
  return raw;
}

/** `text` may have up to 65,535 bytes in UTF-8. */
export function comment(text: string): CaptureOption {
  return { code: OptionCode.comment, value: Buffer.from(text) };
}

export function textOption(code: number, text: string): CaptureOption {
  return { code, value: Buffer.from(text) };
}

/** The values of all options of a code as text; what is no UTF-8 shows as such. */
export function textsOf(options: readonly CaptureOption[], code: number): string[] {
  return options
    .filter((option) => option.code === code)
    .map(({ value }) => Buffer.from(value.buffer, value.byteOffset, value.length).toString());
}

/** The next multiple of 4, to which blocks and options are padded. */
export function padded(bytes: number): number {
  return (bytes + 3) & ~3;
}

function readU16(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  return littleEndian ? bytes[at] | (bytes[at + 1] << 8) : (bytes[at] << 8) | bytes[at + 1];
}

function writeU16(bytes: Uint8Array, at: number, value: number, littleEndian: boolean): void {
  bytes[littleEndian ? at : at + 1] = value;
  bytes[littleEndian ? at + 1 : at] = value >>> 8;
}
