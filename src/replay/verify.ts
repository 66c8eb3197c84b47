/**
 * Whether a replay of a recording comes to the recorded verdicts: each packet's comment beside the words for
 * what the replay made of it. They have to be the same but where the recording could not wait for the end.
 */
import type { Fate } from '../netem/fates.js';
import { OptionCode, readOptions } from '../pcap/options.js';
import { VERDICT_PREFIX, verdictText } from '../pcap/verdict-text.js';
import type { Arrival, ReplayObserver } from './passage.js';

export interface VerdictDifference {
  /** Number of the packet, from 1. */
  readonly packet: number;
  readonly recorded: string;
  readonly replayed: string;
}

export interface Verification {
  /** Verdicts that were compared. */
  readonly packets: number;
  readonly differences: number;
  readonly firstDifference: VerdictDifference | null;
  /** Packets without a recorded verdict. */
  readonly unverifiable: number;
  /**
   * Number of the packet that found no memory; null: there is none. A live run needs memory for other things
   * too, so what follows cannot be repeated, and is not compared.
   */
  readonly overflowAt: number | null;
}

/** Shifted out verdicts are thrown away so many at a time. */
const SHIFTED_MAX = 4_096;

export class Verifier implements ReplayObserver {
  /** The replay's, which is made after this. */
  ruleNames: readonly string[] = [];
  /** Verdicts of the packets whose fate is open, the oldest at #shifted; null: it has none. */
  readonly #recorded: (string | null)[] = [];
  #shifted = 0;
  #packets = 0;
  #differences = 0;
  #unverifiable = 0;
  #decided = 0;
  #firstDifference: VerdictDifference | null = null;
  #overflowAt: number | null = null;

  arrived({ reader, memory }: Arrival): void {
    const { optionsAt, optionsBytes } = reader.packet;
    const raw = memory.bytes.subarray(optionsAt, optionsAt + optionsBytes);
    this.#recorded.push(recordedVerdict(raw, reader.section?.littleEndian ?? true));
  }

  decided(fate: Fate): void {
    const packet = ++this.#decided;
    const recorded = this.#recorded[this.#shifted++];
    if (this.#shifted === SHIFTED_MAX) {
      this.#recorded.splice(0, SHIFTED_MAX);
      this.#shifted = 0;
    }
    if (recorded === null) {
      this.#unverifiable++;
      return;
    }
    if (this.#overflowAt === null && OVERFLOW.test(recorded)) this.#overflowAt = packet;
    if (this.#overflowAt !== null) return;
    this.#packets++;
    const replayed = verdictText(fate, this.ruleNames);
    if (isSameVerdict(recorded, replayed)) return;
    this.#differences++;
    this.#firstDifference ??= { packet, recorded, replayed };
  }

  get result(): Verification {
    return {
      packets: this.#packets,
      differences: this.#differences,
      firstDifference: this.#firstDifference,
      unverifiable: this.#unverifiable,
      overflowAt: this.#overflowAt,
    };
  }
}

const PREFIX = Buffer.from(VERDICT_PREFIX);

/** The first comment that is a verdict. */
function recordedVerdict(raw: Uint8Array, littleEndian: boolean): string | null {
  if (raw.length === 0) return null;
  for (const { code, value } of readOptions(raw, littleEndian)) {
    if (code !== OptionCode.comment || !PREFIX.every((byte, i) => value[i] === byte)) continue;
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString();
  }
  return null;
}

const OVERFLOW = /^netemu dropped by memory\b/;
/** The recording could not wait for what became of the packet, or of its copy. */
const UNKNOWN = /^netemu held by (\w+) when written/;
const COPY_UNKNOWN = ', copy held when written';
const LEFT = /^netemu left after [\d.]+ ms \((\w+)\)/;
const HELD = /^netemu held by (\w+) at the end/;
const DROPPED = /^netemu dropped by queue/;
const COPY = /, copy (?:after [\d.]+ ms|held at the end|dropped)/;
const MARKED = ', marked';

/**
 * What the recording could not wait for may have left, been marked or dropped by its link, or been held up to
 * the end.
 */
export function isSameVerdict(recorded: string, replayed: string): boolean {
  if (recorded === replayed) return true;
  const [what, who] = parts(recorded);
  const [given, givenTo] = parts(replayed);
  if (who !== givenTo) return false;
  let meant = given;
  const unknown = UNKNOWN.exec(what);
  if (unknown !== null) {
    const heldBy = `${VERDICT_PREFIX}held by $1 when written`;
    meant = meant.replace(LEFT, heldBy).replace(HELD, heldBy).replace(DROPPED, unknown[0]);
    if (!what.includes(MARKED)) meant = meant.replace(MARKED, '');
  }
  if (what.includes(COPY_UNKNOWN)) meant = meant.replace(COPY, COPY_UNKNOWN);
  return what === meant;
}

/** What became of the packet, and by which rule, whose name may be anything. */
function parts(text: string): [what: string, who: string] {
  const end = text.indexOf('; ');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
}
