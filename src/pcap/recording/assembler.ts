/**
 * Makes packets with verdicts of the ring's records: takes super-packets apart into the wire packets that
 * they were judged as, completes checksums, and keeps each packet until it is known what became of it, and
 * of all before it. Changes of rules stay between the packets between which they happened.
 */
import assert from 'node:assert';
import { COPY_LEFT_NS, FATE_ORDINAL, Fate, Fates, LEFT_NS, TIME_NS } from '../../netem/fates.js';
import { OFFLOAD_HEADER_BYTES, settleChecksum } from '../../packet/offload-header.js';
import { PacketView } from '../../packet/packet-view.js';
import { Train } from '../../packet/train.js';
import { PacketStore } from './packet-store.js';
import type { RingReader } from './ring.js';
import * as record from './ring-records.js';

/** Packets that wait; when there are more, the oldest goes as one that is still held. */
export const WAITING_BYTES_MAX = 64 * 2 ** 20;

export interface AssemblerSink {
  /**
   * The frame lies in `bytes` from `at`; `fate` is valid during the call. `isEarly`: what it says of a held
   * packet may not be the last word.
   */
  packet(
    interfaceIndex: number,
    fate: Fate,
    bytes: Uint8Array,
    at: number,
    length: number,
    isEarly: boolean,
  ): void;
  /** From here on the rules that were announced as `number` are in force. */
  rules(number: number, startNs: number): void;
}

interface RulesChange {
  readonly beforeSerial: number;
  readonly number: number;
  readonly startNs: number;
}

export class Assembler {
  readonly #ring: RingReader;
  readonly #sink: AssemblerSink;
  readonly #fates = new Fates();
  readonly #fate = new Fate();
  readonly #store: PacketStore;
  readonly #changes: RulesChange[] = [];
  readonly #view = new PacketView();
  readonly #train = new Train();
  /** Packets that have gone; the serial of the one that goes next. */
  #given = 0;

  constructor(ring: RingReader, sink: AssemblerSink, waitingBytes = WAITING_BYTES_MAX) {
    this.#ring = ring;
    this.#sink = sink;
    this.#store = new PacketStore(waitingBytes);
  }

  /** Takes in up to `count` records, and gives on what is decided. Returns how many there were. */
  read(count: number): number {
    const ring = this.#ring;
    let done = 0;
    for (; done < count; done++) {
      const at = ring.next();
      if (at < 0) break;
      this.#take(at);
      // At once, or the ring would have to hold all that comes until it is empty.
      ring.release();
    }
    this.#drain();
    return done;
  }

  /** The end: the fates that are still open stay so. */
  finish(): void {
    while (this.#fates.shiftOpen()) this.#giveOn();
    this.#tellChanges();
  }

  #take(at: number): void {
    const { view, kind } = this.#ring;
    const value = at >> 3;
    const word = at >> 2;
    const { words, doubles } = view;
    switch (kind) {
      case record.RecordKind.packet:
        this.#takePacket(at);
        break;
      case record.RecordKind.release: {
        const serial = doubles[value + record.ReleaseValue.serial]!;
        const flags = words[word + record.ReleaseWord.flags]!;
        const segments = words[word + record.ReleaseWord.segments]!;
        const deadlineAt = value + record.ReleaseValue.deadlineNs;
        for (let i = 0; i < segments; i++) {
          this.#fates.released(serial + i, flags, doubles, deadlineAt);
        }
        break;
      }
      case record.RecordKind.late: {
        const serial = doubles[value + record.LateValue.serial]!;
        const flags = words[word + record.LateWord.flags]!;
        this.#fates.late(serial, flags, words[word + record.LateWord.what]!);
        break;
      }
      case record.RecordKind.rules:
        this.#changes.push({
          beforeSerial: this.#fates.nextSerial,
          number: words[word + record.RulesWord.number]!,
          startNs: doubles[value + record.RulesValue.startNs]!,
        });
    }
  }

  #takePacket(at: number): void {
    const { words, bytes } = this.#ring.view;
    const word = at >> 2;
    this.#readFate(at);
    const length = words[word + record.PacketWord.frameBytes]!;
    if (words[word + record.PacketWord.isTrain] !== 0) {
      this.#takeTrain(at, length, words[word + record.PacketWord.segments]!);
      return;
    }
    const to = this.#place(length);
    const from = at + record.FRAME_AT - OFFLOAD_HEADER_BYTES;
    const frame = bytes.subarray(from, at + record.FRAME_AT + length);
    this.#store.bytes.set(frame, to - OFFLOAD_HEADER_BYTES);
    // One that could not be taken apart keeps its checksum as it is.
    if (words[word + record.PacketWord.segmentBytes] === 0) {
      settleChecksum(this.#store.bytes, to, length);
    }
    this.#put(words[word + record.PacketWord.interface]!, length);
  }

  #takeTrain(at: number, length: number, segments: number): void {
    const { words, bytes } = this.#ring.view;
    const word = at >> 2;
    const frameAt = at + record.FRAME_AT;
    const causesAt = frameAt + length;
    const train = this.#train;
    const fate = this.#fate;
    const store = this.#store.bytes;
    const linkType = words[word + record.PacketWord.linkType]!;
    this.#view.parse(bytes, frameAt, length, linkType);
    assert(train.read(this.#view, words[word + record.PacketWord.segmentBytes]!));
    for (let i = 0; i < segments; i++) {
      const payloadBytes = train.runPayloadBytes(i, 1);
      const payloadAt = train.payloadAt(i);
      const segmentLength = train.headerBytes + payloadBytes;
      const to = this.#place(segmentLength);
      train.writeOffload(store, to - OFFLOAD_HEADER_BYTES, i, 1);
      train.writeHeader(store, to, i, 1);
      store.set(bytes.subarray(payloadAt, payloadAt + payloadBytes), to + train.headerBytes);
      settleChecksum(store, to, segmentLength);
      fate.outcome = bytes[causesAt + i]!;
      fate.decider = bytes[causesAt + segments + i]!;
      this.#put(words[word + record.PacketWord.interface]!, segmentLength);
      fate.values[FATE_ORDINAL]!++;
    }
  }

  #readFate(at: number): void {
    const { words, doubles } = this.#ring.view;
    const fate = this.#fate;
    const { values } = fate;
    const value = at >> 3;
    const arrivalNs = doubles[value + record.PacketValue.arrivalNs]!;
    values[TIME_NS] = arrivalNs;
    values[LEFT_NS] = arrivalNs;
    values[COPY_LEFT_NS] = arrivalNs;
    values[FATE_ORDINAL] = doubles[value + record.PacketValue.ordinal]!;
    const word = at >> 2;
    fate.direction = words[word + record.PacketWord.interface]! & 1;
    fate.rule = words[word + record.PacketWord.rule]!;
    fate.flow = words[word + record.PacketWord.flow]!;
    fate.outcome = words[word + record.PacketWord.outcome]!;
    fate.effects = words[word + record.PacketWord.effects]!;
    fate.decider = words[word + record.PacketWord.decider]!;
    fate.copy = words[word + record.PacketWord.copy]!;
    fate.answered = words[word + record.PacketWord.answered]!;
  }

  /** Where the next packet may be written; for that the oldest ones may have to go. */
  #place(length: number): number {
    for (;;) {
      const to = this.#store.place(length);
      if (to >= 0) return to;
      const isDecided = this.#fates.shift();
      if (!isDecided) this.#fates.shiftOpen();
      this.#giveOn(!isDecided);
    }
  }

  #put(interfaceIndex: number, length: number): void {
    this.#store.put(interfaceIndex, length);
    this.#fates.push(this.#fate);
  }

  #drain(): void {
    while (this.#fates.shift()) this.#giveOn();
    if (this.#fates.length === 0) this.#tellChanges();
  }

  /** The packet in `fates.current`, which is the oldest in the store. */
  #giveOn(isEarly = false): void {
    this.#tellChanges();
    const store = this.#store;
    const at = store.take();
    this.#given++;
    this.#sink.packet(store.interface, this.#fates.current, store.bytes, at, store.length, isEarly);
  }

  /** Those that came before the packet that goes next. */
  #tellChanges(): void {
    for (;;) {
      const change = this.#changes[0];
      if (change === undefined || change.beforeSerial > this.#given) return;
      this.#changes.shift();
      this.#sink.rules(change.number, change.startNs);
    }
  }
}
