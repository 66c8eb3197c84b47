/**
 * What the records in the ring look like. All begin with their length and kind (ring.ts); offsets are in
 * 32-bit words, or in doubles where they say so, from the record's beginning.
 */
import { HEADROOM_BYTES } from '../../netem/limits.js';

export const RecordKind = {
  /** A frame as it came, with the headroom before it, and what was decided. */
  packet: 1,
  /** A held packet left. */
  release: 2,
  /** Something befell a held packet. */
  late: 3,
  /** Other rules came into force. */
  rules: 4,
} as const;

/** Doubles. `serial` is the number of the (first) wire packet. */
export const PacketValue = { serial: 1, arrivalNs: 2, ordinal: 3 } as const;
/** Words. */
export const PacketWord = {
  /** Twice the device, plus the direction. */
  interface: 8,
  linkType: 9,
  /** Of the frame, without the headroom. */
  frameBytes: 10,
  /** 0, or those of a super-packet's segments. */
  segmentBytes: 11,
  /**
   * Wire packets that were judged; more than one, or a super-packet of one, only where `isTrain`: behind the
   * frame stand the outcome of each, a byte, and the decider of each.
   */
  segments: 12,
  /** From here on a Ruling. */
  rule: 13,
  flow: 14,
  outcome: 15,
  effects: 16,
  decider: 17,
  copy: 18,
  answered: 19,
  isTrain: 20,
} as const;
const PACKET_WORDS = 22;
/** The headroom lies here, the frame behind it. */
export const PACKET_HEAD_BYTES = PACKET_WORDS * 4;
export const FRAME_AT = PACKET_HEAD_BYTES + HEADROOM_BYTES;

export const ReleaseValue = { serial: 1, deadlineNs: 2 } as const;
/** SlotFlags, and how many wire packets. */
export const ReleaseWord = { flags: 6, segments: 7 } as const;
export const RELEASE_BYTES = 32;

export const LateValue = { serial: 1 } as const;
/** SlotFlags, and a Counter. */
export const LateWord = { flags: 4, what: 5 } as const;
export const LATE_BYTES = 24;

export const RulesValue = { startNs: 1 } as const;
/** Which of the sets of rules that the main thread has announced. */
export const RulesWord = { number: 4 } as const;
export const RULES_BYTES = 24;

/** The next multiple of 8. */
export function roundedUp(bytes: number): number {
  return (bytes + 7) & ~7;
}
