/**
 * Options as the output of a replay has them: those of the capture, without what a recording says of itself,
 * which would be untrue of other packets at other times.
 */
import { encodeOptions, NO_OPTIONS, OptionCode, readOptions } from '../pcap/options.js';
import { VERDICT_PREFIX } from '../pcap/verdict-text.js';

/** `raw` itself when all of it is kept. */
export function keptOptions(raw: Uint8Array, littleEndian: boolean): Uint8Array {
  if (raw.length === 0) return NO_OPTIONS;
  const options = readOptions(raw, littleEndian);
  const kept = options.filter(({ code, value }) => code !== OptionCode.comment || !isOurs(value));
  return kept.length === options.length ? raw : encodeOptions(kept, littleEndian);
}

const PREFIXES = [VERDICT_PREFIX, 'netemu-'].map((text) => Buffer.from(text));

function isOurs(value: Uint8Array): boolean {
  return PREFIXES.some((prefix) => prefix.every((byte, i) => value[i] === byte));
}
