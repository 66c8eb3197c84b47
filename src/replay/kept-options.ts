/**
 * Options as the output of a replay has them: those of the capture, without what a recording says of itself,
 * which would be untrue of other packets at other times.
 */
import { encodeOptions, NO_OPTIONS, OptionCode, padded, readOptions } from '../pcap/options.js';
import { VERDICT_PREFIX } from '../pcap/verdict-text.js';

/** `raw` itself when all of it is kept. */
export function keptOptions(raw: Uint8Array, littleEndian: boolean): Uint8Array {
  if (raw.length === 0) return NO_OPTIONS;
  if (!hasOurs(raw, littleEndian)) return raw;
  const options = readOptions(raw, littleEndian);
  const kept = options.filter(({ code, value }) => code !== OptionCode.comment || !isOurs(value));
  return kept.length === options.length ? raw : encodeOptions(kept, littleEndian);
}

/** The same without allocating: most captures have options, and hardly any are ours. */
function hasOurs(raw: Uint8Array, littleEndian: boolean): boolean {
  const [low, high] = littleEndian ? [0, 1] : [1, 0];
  for (let at = 0; at + HEADER_BYTES <= raw.length; ) {
    const code = raw[at + low] | (raw[at + high] << 8);
    const bytes = raw[at + 2 + low] | (raw[at + 2 + high] << 8);
    if (code === OptionCode.end) return false;
    at += HEADER_BYTES;
    if (code === OptionCode.comment && raw[at] === FIRST_BYTE) return true;
    at += padded(bytes);
  }
  return false;
}

/** Code and length. */
const HEADER_BYTES = 4;
const FIRST_BYTE = VERDICT_PREFIX.charCodeAt(0);

const PREFIXES = [VERDICT_PREFIX, 'netemu-'].map((text) => Buffer.from(text));

function isOurs(value: Uint8Array): boolean {
  return PREFIXES.some((prefix) => prefix.every((byte, i) => value[i] === byte));
}
