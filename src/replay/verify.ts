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

const HELD = /^netemu held by (\w+) at the end/;
const LEFT = /^netemu left after [\d.]+ ms \((\w+)\)/;
const COPY_HELD = ', copy held at the end';
const COPY_LEFT = /, copy after [\d.]+ ms/;
const MARKED = ', marked';

/**
 * What was held when the recording ended, or gave up waiting for it, may have left afterwards, and the link
 * may have marked it then.
 */
export function isSameVerdict(recorded: string, replayed: string): boolean {
  if (recorded === replayed) return true;
  const [what, who] = parts(recorded);
  const [given, givenTo] = parts(replayed);
  if (who !== givenTo) return false;
  const isHeld = HELD.test(what);
  let meant = given;
  if (isHeld) meant = meant.replace(LEFT, `${VERDICT_PREFIX}held by $1 at the end`);
  if (what.includes(COPY_HELD)) meant = meant.replace(COPY_LEFT, COPY_HELD);
  if (isHeld && !what.includes(MARKED)) meant = meant.replace(MARKED, '');
  return what === meant;
}

/** What became of the packet, and by which rule, whose name may be anything. */
function parts(text: string): [what: string, who: string] {
  const end = text.indexOf('; ');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)];
}
