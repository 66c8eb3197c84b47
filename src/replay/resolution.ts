/** How finely a capture tells the time, which is how finely its times can be compared with others. */
import type { CaptureInterface, CaptureReader } from '../pcap/capture-reader.js';
import { OptionCode, readOptions } from '../pcap/options.js';

/** What the format says without if_tsresol, and the classic one with its usual magic. */
const MICROSECOND_NS = 1_000;

const MAGIC_BYTES = 4;
/** 0xa1b23c4d in either byte order. */
const NANOSECOND_MAGICS = ['a1b23c4d', '4d3cb2a1'];

/** Of a classic file that begins with these bytes; they may be too few. */
export function classicResolutionNs(head: Uint8Array): number {
  const magic = Buffer.from(head.subarray(0, MAGIC_BYTES)).toString('hex');
  return NANOSECOND_MAGICS.includes(magic) ? 1 : MICROSECOND_NS;
}

/** Of the interface that was read last; 1 where it is finer. `classicNs`: that of a classic file. */
export function resolutionNs(
  { section }: CaptureReader,
  { options }: CaptureInterface,
  classicNs: number,
): number {
  if (section === null) return classicNs;
  const option = readOptions(options, section.littleEndian).find(
    ({ code, value }) => code === OptionCode.timeResolution && value.length > 0,
  );
  if (option === undefined) return MICROSECOND_NS;
  const [resolution] = option.value;
  const digits = resolution & 0x7f;
  return Math.max(1, resolution >= 0x80 ? 1e9 / 2 ** digits : 10 ** (9 - digits));
}
