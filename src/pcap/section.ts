/**
 * The section header block of pcapng (draft-ietf-opsawg-pcapng section 4.1). Its texts are decoded when
 * they are asked for: a recording keeps its rules there, which may be megabytes.
 */
import { problemOf, viewOf, walkOptions } from './option-walk.js';
import { OptionCode } from './options.js';

/** Type, length, magic, version, length of the section; the options; the length again. */
export const SECTION_BYTES_MIN = 28;
const OPTIONS_AT = 24;
const VERSION = 1;

export class CaptureSection {
  /** From 0. */
  readonly index: number;
  readonly littleEndian: boolean;
  /** As they are in the file. */
  readonly options: Uint8Array;

  constructor(index: number, littleEndian: boolean, options: Uint8Array) {
    this.index = index;
    this.littleEndian = littleEndian;
    this.options = options;
  }

  get comments(): readonly string[] {
    return this.#texts(OptionCode.comment);
  }

  /** shb_userappl, '' without one. */
  get application(): string {
    return this.#texts(OptionCode.application)[0] ?? '';
  }

  #texts(code: number): string[] {
    const texts: string[] = [];
    const walk = walkOptions(this.options, this.littleEndian);
    while (walk.next()) if (walk.code === code) texts.push(walk.text());
    return texts;
  }
}

/** The section of a whole header block, or what is wrong with it. */
export function readSection(
  block: Uint8Array,
  index: number,
  littleEndian: boolean,
): CaptureSection | string {
  if (block.length < SECTION_BYTES_MIN) return `a section header of ${block.length} bytes`;
  const view = viewOf(block);
  const major = view.getUint16(12, littleEndian);
  if (major !== VERSION) {
    return `a section of version ${major}.${view.getUint16(14, littleEndian)}, where 1.0 is known`;
  }
  const options = block.slice(OPTIONS_AT, -4);
  return problemOf(options, littleEndian) ?? new CaptureSection(index, littleEndian, options);
}
