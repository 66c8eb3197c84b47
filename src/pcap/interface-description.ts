/**
 * The interface description block of pcapng (draft-ietf-opsawg-pcapng section 4.2), with what its clock
 * counts.
 */
import { inBytes } from './capture-items.js';
import { problemOf, viewOf, walkOptions } from './option-walk.js';
import { OptionCode } from './options.js';

/** Type, length, link, reserved, snap length; the options; the length again. */
const BYTES_MIN = 20;
const OPTIONS_AT = 16;

/** if_tsresol: 10^−6 s. */
const MICROSECONDS = 6;

export interface InterfaceDescription {
  readonly link: number;
  readonly snapLength: number;
  readonly name: string;
  /** As in the file. */
  readonly options: Uint8Array;
  /** if_tsresol as in the file. */
  readonly resolution: number;
  /** if_tsoffset. */
  readonly offsetSeconds: bigint;
}

/** What a whole block says, or what is wrong with it. */
export function readInterface(
  block: Uint8Array,
  littleEndian: boolean,
): InterfaceDescription | string {
  if (block.length < BYTES_MIN) return `an interface description of ${block.length} bytes`;
  const options = block.slice(OPTIONS_AT, -4);
  const problem = problemOf(options, littleEndian);
  if (problem !== null) return problem;
  let [name, resolution, offsetSeconds] = ['', MICROSECONDS, 0n];
  const view = viewOf(options);
  const walk = walkOptions(options, littleEndian);
  while (walk.next()) {
    const { code, valueAt, valueBytes } = walk;
    if (code === OptionCode.interfaceName) name = walk.text();
    if (code === OptionCode.timeResolution) {
      if (valueBytes !== 1) return `an if_tsresol of ${inBytes(valueBytes)}, where 1 is right`;
      resolution = view.getUint8(valueAt);
    }
    if (code === OptionCode.timeOffset) {
      if (valueBytes !== 8) return `an if_tsoffset of ${inBytes(valueBytes)}, where 8 is right`;
      offsetSeconds = view.getBigInt64(valueAt, littleEndian);
    }
  }
  const header = viewOf(block);
  return {
    link: header.getUint16(8, littleEndian),
    snapLength: header.getUint32(12, littleEndian),
    name,
    options,
    resolution,
    offsetSeconds,
  };
}
