/**
 * How a capture's time becomes the engine's, and what is changed while it passes. An ordinary capture begins
 * at the engine's zero, with the rules that were given. A recording says when its engine began, which rules
 * came into force when, and when everything ended.
 */
import type { CaptureReader } from '../pcap/capture-reader.js';
import { OptionCode, readOptions, textsOf } from '../pcap/options.js';
import {
  type RecordingEnd,
  type RecordingHeader,
  readEnd,
  readHeader,
} from '../pcap/recording/header.js';
import type { Rule } from '../rules/rule.js';
import { rulesOf } from '../rules/rule-source.js';

/**
 * The engine's times are exact below 2^53 ns, and what comes in the first half of that, 52 days, can be
 * delayed for as long.
 */
export const ARRIVAL_NS_MAX = 2 ** 52;

/** Rules from `atNs` of the engine's time on. */
export interface RuleChange {
  readonly rules: readonly Rule[];
  readonly atNs: number;
}

export interface Timeline {
  /** The engine's time of the capture's first packet, which came at `baseNs` (ns since 1970). */
  zeroNs(baseNs: bigint): number;
  /** When the first rules come into force. */
  readonly startNs: number;
  /** A section header was read. Errors: those of `parseRules` and E_RECORDING. */
  changeAt(reader: CaptureReader): RuleChange | null;
  /** A block was read: whether it speaks of the recording, so that the output has no use for it. */
  takes(reader: CaptureReader): boolean;
  /** When all that was held was let go, ahead of its time; Infinity: it leaves when its time comes. */
  readonly endNs: number;
}

/** Of captures of any kind, when the rules are given. */
export class PlainTimeline implements Timeline {
  readonly startNs = 0;
  readonly endNs = Number.POSITIVE_INFINITY;

  zeroNs(): number {
    return 0;
  }

  changeAt(): null {
    return null;
  }

  takes(reader: CaptureReader): boolean {
    return endOf(reader) !== null;
  }
}

export class RecordingTimeline implements Timeline {
  readonly startNs: number;
  /** What the recording's last block says, once it was read. */
  end: RecordingEnd | null = null;
  readonly #clockOffsetNs: bigint;

  constructor(header: RecordingHeader) {
    this.startNs = Math.min(header.startNs, ARRIVAL_NS_MAX);
    this.#clockOffsetNs = BigInt(header.clockOffsetNs);
  }

  get endNs(): number {
    const { end } = this;
    return end === null || end.endNs === 0 ? Number.POSITIVE_INFINITY : end.endNs;
  }

  zeroNs(baseNs: bigint): number {
    return Number(baseNs - this.#clockOffsetNs);
  }

  changeAt(reader: CaptureReader): RuleChange | null {
    const header = readHeader(reader.section?.comments ?? []);
    if (header === null || !header.continues) return null;
    return { rules: rulesOf(header.source), atNs: Math.min(header.startNs, ARRIVAL_NS_MAX) };
  }

  takes(reader: CaptureReader): boolean {
    const end = endOf(reader);
    // There is one before the last where records were lost.
    if (end !== null) this.end = end;
    return end !== null;
  }
}

const STATISTICS_BLOCK = 5;
/** Type and length, interface and time. */
const STATISTICS_OPTIONS_AT = 20;

/** Ours are shorter; what options there are in a longer one is nothing to us. */
const STATISTICS_BYTES_MAX = 4_096;

/** What an interface statistics block says of a recording's end. */
function endOf(reader: CaptureReader): RecordingEnd | null {
  const { block, blockBytes, section } = reader;
  if (section === null || block.bytes < STATISTICS_OPTIONS_AT + 4) return null;
  if (block.bytes > STATISTICS_BYTES_MAX) return null;
  const { littleEndian } = section;
  const view = new DataView(blockBytes.buffer, blockBytes.byteOffset + block.at, block.bytes);
  if (view.getUint32(0, littleEndian) !== STATISTICS_BLOCK) return null;
  const raw = blockBytes.subarray(block.at + STATISTICS_OPTIONS_AT, block.at + block.bytes - 4);
  const comments = textsOf(readOptions(raw, littleEndian), OptionCode.comment);
  return comments.map(readEnd).find((end) => end !== null) ?? null;
}
