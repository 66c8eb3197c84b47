/**
 * What became of each packet, in the order in which the packets came: a window from the oldest packet whose
 * fate is open to the newest. A link or a delay decides late; what a log or a recording writes is in order
 * all the same.
 *
 *     push (each packet) ─▶ │ open │ decided │ decided │ open │ ─▶ shift (the oldest, once it is decided)
 *     released, late    ─▶        find their packet by its serial
 *
 * Fates lie side by side in one buffer, FATE_BYTES each, so that they can be hashed without being read.
 */
import { Counter } from './counters.js';
import { SlotFlag } from './packet-memory.js';
import { Decider, NO_RULE, type Ruling } from './ruling.js';
import { Effect } from './stages/stage.js';

/** Registers of `Fate.values`: nanoseconds since the engine's start, but ORDINAL. */
export const TIME_NS = 0;
/** Which packet of its flow and direction under the rule, from 1; 0 without a rule. */
export const FATE_ORDINAL = 1;
/** When it left, and when its copy did; meaningless unless `outcome` or `copy` is `passed`. */
export const LEFT_NS = 2;
export const COPY_LEFT_NS = 3;
const VALUES = 4;

/** Little-endian: the values as doubles, rule and flow as 32 bits, then a byte each of what follows. */
export const FATE_BYTES = 48;
const WORDS = FATE_BYTES / 4;
const DOUBLES = FATE_BYTES / 8;
const RULE = VALUES * 2;
const FLOW = RULE + 1;
const BYTES_AT = (FLOW + 1) * 4;
const Byte = {
  direction: 0,
  outcome: 1,
  effects: 2,
  decider: 3,
  copy: 4,
  answered: 5,
  open: 6,
} as const;

/** The fate of one packet. */
export class Fate {
  readonly values = new Float64Array(VALUES);
  rule = NO_RULE;
  flow = 0;
  /** A Direction; −1 where it is no IP packet. */
  direction = -1;
  /** A Counter: passed, held (its time has not come), overflow, or one that begins with `dropped`. */
  outcome = 0;
  /** Bits of Effect. */
  effects = 0;
  /** A Decider. */
  decider = 0;
  /** 0: there was no copy; else as `outcome`. */
  copy = 0;
  /** 1: its sender was told that it was rejected. */
  answered = 0;

  /** What the engine has said of the packet that came at `timeNs[0]`. */
  take(ruling: Ruling, timeNs: Float64Array): void {
    const { values } = this;
    values[TIME_NS] = timeNs[0];
    values[FATE_ORDINAL] = ruling.values[0];
    values[LEFT_NS] = timeNs[0];
    values[COPY_LEFT_NS] = timeNs[0];
    this.rule = ruling.rule;
    this.flow = ruling.flow;
    this.direction = ruling.direction;
    this.outcome = ruling.outcome;
    this.effects = ruling.effects;
    this.decider = ruling.decider;
    this.copy = ruling.copy;
    this.answered = ruling.answered ? 1 : 0;
  }
}

const PACKETS_AT_FIRST = 1_024;

export class Fates {
  /** The packet that `shift` took. */
  readonly current = new Fate();
  /** Packets in the window. */
  length = 0;

  #mask = PACKETS_AT_FIRST - 1;
  #doubles = new Float64Array(PACKETS_AT_FIRST * DOUBLES);
  #words = new Int32Array(this.#doubles.buffer);
  #bytes = new Uint8Array(this.#doubles.buffer);
  /** Where the oldest lies. */
  #head = 0;
  /** Its serial; in an array, because it may be too large for a small integer. */
  readonly #first = new Float64Array(1);

  /** Serial of the packet that is pushed next: they count from 0. */
  get nextSerial(): number {
    return this.#first[0] + this.length;
  }

  /** The next packet came. `fate` is copied. */
  push(fate: Fate): void {
    if (this.length > this.#mask) this.#grow();
    const at = this.#indexOf(this.length++);
    const { values } = fate;
    const doubles = at * DOUBLES;
    for (let i = 0; i < VALUES; i++) this.#doubles[doubles + i] = values[i];
    this.#words[at * WORDS + RULE] = fate.rule;
    this.#words[at * WORDS + FLOW] = fate.flow;
    const bytes = at * FATE_BYTES + BYTES_AT;
    this.#bytes[bytes + Byte.direction] = fate.direction;
    this.#bytes[bytes + Byte.outcome] = fate.outcome;
    this.#bytes[bytes + Byte.effects] = fate.effects;
    this.#bytes[bytes + Byte.decider] = fate.decider;
    this.#bytes[bytes + Byte.copy] = fate.copy;
    this.#bytes[bytes + Byte.answered] = fate.answered;
    const open = (fate.outcome === Counter.held ? 1 : 0) + (fate.copy === Counter.held ? 1 : 0);
    this.#bytes[bytes + Byte.open] = open;
  }

  /** A held packet (of `flags`, SlotFlags) leaves at `deadlinesNs[at]`. */
  released(serial: number, flags: number, deadlinesNs: Float64Array, at: number): void {
    if ((flags & SlotFlag.reply) !== 0) return;
    const index = this.#find(serial);
    if (index < 0) return;
    const isCopy = (flags & SlotFlag.copy) !== 0;
    this.#doubles[index * DOUBLES + (isCopy ? COPY_LEFT_NS : LEFT_NS)] = deadlinesNs[at];
    this.#decide(index, isCopy, Counter.passed);
  }

  /** What `LateFates` tells. */
  late(serial: number, flags: number, what: number): void {
    const index = this.#find(serial);
    if (index < 0) return;
    const isCopy = (flags & SlotFlag.copy) !== 0;
    if (what === Counter.marked) {
      if (!isCopy) this.#bytes[index * FATE_BYTES + BYTES_AT + Byte.effects] |= Effect.marked;
      return;
    }
    if (!isCopy) this.#bytes[index * FATE_BYTES + BYTES_AT + Byte.decider] = Decider.queue;
    this.#decide(index, isCopy, what);
  }

  /** How many of the oldest packets are decided; at times fewer, since they lie side by side. */
  countDecided(): number {
    const bytes = this.#bytes;
    const inARow = Math.min(this.length, this.#mask + 1 - this.#head);
    let at = this.#head * FATE_BYTES + BYTES_AT + Byte.open;
    for (let count = 0; count < inARow; count++, at += FATE_BYTES) {
      if (bytes[at] !== 0) return count;
    }
    return inARow;
  }

  /** The fates of so many of the oldest packets, no more than lie side by side, to be hashed at once. */
  bytesOf(count: number): Uint8Array {
    return this.#bytes.subarray(this.#head * FATE_BYTES, (this.#head + count) * FATE_BYTES);
  }

  /** Forgets so many of the oldest packets. */
  drop(count: number): void {
    this.#head = (this.#head + count) & this.#mask;
    this.#first[0] += count;
    this.length -= count;
  }

  /** Moves the oldest packet into `current`; false while its fate is open, or when there is none. */
  shift(): boolean {
    if (this.length === 0) return false;
    if (this.#bytes[this.#head * FATE_BYTES + BYTES_AT + Byte.open] !== 0) return false;
    return this.shiftOpen();
  }

  /** The same also while its fate is open: what is told of it later is forgotten. */
  shiftOpen(): boolean {
    if (this.length === 0) return false;
    const { current } = this;
    const head = this.#head;
    for (let i = 0; i < VALUES; i++) current.values[i] = this.#doubles[head * DOUBLES + i];
    current.rule = this.#words[head * WORDS + RULE];
    current.flow = this.#words[head * WORDS + FLOW];
    const bytes = this.#bytes;
    const at = head * FATE_BYTES + BYTES_AT;
    current.direction = (bytes[at + Byte.direction] << 24) >> 24;
    current.outcome = bytes[at + Byte.outcome];
    current.effects = bytes[at + Byte.effects];
    current.decider = bytes[at + Byte.decider];
    current.copy = bytes[at + Byte.copy];
    current.answered = bytes[at + Byte.answered];
    this.drop(1);
    return true;
  }

  #indexOf(place: number): number {
    return (this.#head + place) & this.#mask;
  }

  /** Where the packet lies, or −1 when it is not in the window. */
  #find(serial: number): number {
    const place = serial - this.#first[0];
    return place < 0 || place >= this.length ? -1 : this.#indexOf(place);
  }

  #decide(index: number, isCopy: boolean, outcome: number): void {
    const bytes = index * FATE_BYTES + BYTES_AT;
    this.#bytes[bytes + (isCopy ? Byte.copy : Byte.outcome)] = outcome;
    this.#bytes[bytes + Byte.open]--;
  }

  #grow(): void {
    const words = this.#words;
    const packets = this.#mask + 1;
    const start = this.#head;
    this.#doubles = new Float64Array(2 * packets * DOUBLES);
    this.#words = new Int32Array(this.#doubles.buffer);
    this.#bytes = new Uint8Array(this.#doubles.buffer);
    this.#mask = 2 * packets - 1;
    this.#head = 0;
    for (let place = 0; place < this.length; place++) {
      const from = ((start + place) & (packets - 1)) * WORDS;
      this.#words.set(words.subarray(from, from + WORDS), this.#indexOf(place) * WORDS);
    }
  }
}
