/**
 * One packet after the other into the engine, and out of it to the exit: at once, later, changed, twice or
 * never. What becomes of each is told in the order in which they came.
 */
import { createHash } from 'node:crypto';
import { Counter } from '../netem/counters.js';
import { type Engine, type Sink, Verdict } from '../netem/engine.js';
import { Fate, Fates } from '../netem/fates.js';
import { FRAME_BYTES_MAX } from '../netem/limits.js';
import { type PacketMemory, SlotFlag } from '../netem/packet-memory.js';
import type { CaptureInterface, CaptureReader } from '../pcap/capture-reader.js';
import { linkTypeOf, UNKNOWN_LINK } from '../pcap/link-types.js';
import { NO_OPTIONS } from '../pcap/options.js';
import type { Directions } from './directions.js';
import type { Exit } from './exit.js';
import { Keepsakes } from './keepsakes.js';
import { keptOptions } from './kept-options.js';

/** A packet as it comes, before it is judged; valid during the call. */
export interface Arrival {
  readonly reader: CaptureReader;
  readonly memory: PacketMemory;
  readonly slot: number;
  readonly nowNs: Float64Array;
}

/** Told of each packet in the order of the capture. */
export interface ReplayObserver {
  arrived(arrival: Arrival): void;
  /** As soon as nothing about the packet, or about one before it, is open. `fate` is reused. */
  decided(fate: Fate): void;
}

export interface ReplayCounts {
  packets: number;
  /** Captured bytes. */
  bytes: number;
  /**
   * Packets with a time before that of an earlier one, or out of reach: the nearest possible one is taken.
   */
  outOfOrder: number;
  /** They pass untouched: of a link type that is not understood, or longer than any IP packet. */
  otherLinks: number;
  oversized: number;
  /** What came through: passed packets, copies, answers to rejected ones. */
  left: number;
}

/** Packets between two looks at what is decided: a hash of few bytes costs as much as one of many. */
const TOLD_AT_ONCE = 64;

/** `memory.tag` is a byte. */
const TAG_MAX = 255;

export interface PassageParts {
  readonly reader: CaptureReader;
  readonly memory: PacketMemory;
  readonly engine: Engine;
  readonly exit: Exit;
  readonly directions: Directions;
  readonly observers: readonly ReplayObserver[];
}

export class Passage implements Sink {
  /** [0]: the engine's time, the driver's to set; a double in a field would be boxed. */
  readonly nowNs = new Float64Array(1);
  readonly counts: ReplayCounts = {
    packets: 0,
    bytes: 0,
    outOfOrder: 0,
    otherLinks: 0,
    oversized: 0,
    left: 0,
  };
  /** Names of all rules that were in force, as the fates' `rule` counts them. */
  readonly ruleNames: string[] = [];

  readonly #parts: PassageParts;
  readonly #arrival: Arrival;
  readonly #slot: number;
  readonly #linkTypes: number[] = [];
  readonly #fate = new Fate();
  readonly #fates = new Fates();
  readonly #hash = createHash('sha256');
  readonly #keepsakes = new Keepsakes();
  /** [0]: the engine's time of the capture's first packet. */
  readonly #zeroNs = new Float64Array(1);
  /** Rules that were in force before those that are. */
  #rulesBefore = 0;
  /** The output's byte order is that of the first section, whose options it can keep. */
  #order: boolean | null = null;
  #keepsOptions = true;

  constructor(parts: PassageParts) {
    const { memory, reader } = parts;
    this.#parts = parts;
    [this.#slot] = memory.takeStaging(1);
    this.#arrival = { reader, memory, slot: this.#slot, nowNs: this.nowNs };
  }

  set zeroNs(value: number) {
    this.#zeroNs[0] = value;
  }

  beginRules(names: readonly string[]): void {
    this.#rulesBefore = this.ruleNames.length;
    this.ruleNames.push(...names);
  }

  beginSection(littleEndian: boolean): void {
    this.#order ??= littleEndian;
    this.#keepsOptions = littleEndian === this.#order;
  }

  addInterface(captured: CaptureInterface): void {
    this.#linkTypes.push(linkTypeOf(captured.link));
    this.#parts.directions.addInterface(captured);
    this.#parts.exit.addInterface(captured);
  }

  /** A block that the replay does not understand; lost where its byte order is another than the output's. */
  keepBlock(): void {
    if (!this.#keepsOptions) return;
    const { reader, exit } = this.#parts;
    renumberStatistics(reader);
    exit.block(reader);
  }

  /** The packet that the reader has read comes now. */
  enter(): void {
    const { reader, memory, engine, exit, directions, observers } = this.#parts;
    const { packet } = reader;
    const { capturedBytes, dataAt } = packet;
    const { nowNs, counts } = this;
    const slot = this.#slot;
    const linkType = this.#linkTypes[packet.interface];
    const serial = counts.packets++;
    counts.bytes += capturedBytes;
    const isUnderstood = linkType !== UNKNOWN_LINK && capturedBytes <= FRAME_BYTES_MAX;
    // What is longer shows its beginning to observers.
    const shownBytes = isUnderstood ? capturedBytes : Math.min(capturedBytes, FRAME_BYTES_MAX);
    const at = memory.frameOffset(slot);
    memory.bytes.copyWithin(at, dataAt, dataAt + shownBytes);
    memory.length[slot] = shownBytes;
    memory.linkType[slot] = linkType;
    memory.serial[slot] = serial;
    memory.tag[slot] = Math.min(packet.interface, TAG_MAX);
    for (let i = 0; i < observers.length; i++) observers[i].arrived(this.#arrival);
    const { ruling } = engine;
    let verdict: number = Verdict.pass;
    if (isUnderstood) {
      verdict = engine.ingress(slot, directions.of(packet, memory, slot), nowNs[0]);
    } else {
      if (linkType === UNKNOWN_LINK) counts.otherLinks++;
      else counts.oversized++;
      ruling.setUnmatched(-1, false, Counter.passed);
    }
    const fate = this.#fate;
    fate.take(ruling, nowNs);
    if (ruling.rule >= 0) fate.rule += this.#rulesBefore;
    this.#fates.push(fate);
    const held =
      (fate.outcome === Counter.held ? 1 : 0) +
      (fate.copy === Counter.held ? 1 : 0) +
      (ruling.answered ? 1 : 0);
    const isPlain = packet.optionsBytes === 0 && packet.wireBytes === capturedBytes;
    if (verdict === Verdict.pass) {
      exit.timeNs[0] = nowNs[0] - this.#zeroNs[0];
      counts.left++;
      const from = isUnderstood ? at : dataAt;
      if (isPlain) {
        exit.packet(from, capturedBytes, capturedBytes, packet.interface);
      } else {
        exit.packetWith(from, capturedBytes, packet.wireBytes, packet.interface, this.#options());
      }
    }
    if (held > 0 && !(isPlain && packet.interface < TAG_MAX)) {
      this.#keepsakes.keep(serial, {
        options: this.#options().slice(),
        wireBytes: packet.wireBytes,
        interface: packet.interface,
        holders: held,
      });
    }
    this.hearLate();
    if (serial % TOLD_AT_ONCE === 0) this.tellDecided();
  }

  /** A held packet's time has come. */
  release(slot: number): void {
    this.hearLate();
    const { memory, exit } = this.#parts;
    const { deadlineNs } = memory;
    const serial = memory.serial[slot];
    const flags = memory.flags[slot];
    const at = memory.frameOffset(slot);
    const length = memory.length[slot];
    const isReply = (flags & SlotFlag.reply) !== 0;
    const keepsake = this.#keepsakes.find(serial);
    this.counts.left++;
    exit.timeNs[0] = deadlineNs[slot] - this.#zeroNs[0];
    const interfaceIndex = keepsake?.interface ?? memory.tag[slot];
    if (isReply || keepsake === undefined) exit.packet(at, length, length, interfaceIndex);
    else exit.packetWith(at, length, keepsake.wireBytes, interfaceIndex, keepsake.options);
    if (keepsake !== undefined) this.#keepsakes.letGo(serial);
    if (!isReply) this.#fates.released(serial, flags, deadlineNs, slot);
  }

  /** What befell held packets since the last call; to be called after each call of the engine. */
  hearLate(): void {
    const late = this.#parts.engine.late!;
    if (late.count === 0) return;
    for (let i = 0; i < late.count; i++) {
      this.#fates.late(late.serial[i], late.flags[i], late.what[i]);
      if (late.what[i] !== Counter.marked) this.#keepsakes.letGo(late.serial[i]);
    }
    late.clear();
  }

  /** Nothing more will come or leave. Returns the hash of all fates. */
  end(): string {
    this.tellDecided();
    while (this.#fates.length > 0) this.#tell(1);
    return this.#hash.digest('hex');
  }

  /** Tells of all packets before the first that is still open; called now and then, and before a wait. */
  tellDecided(): void {
    for (let count = this.#fates.countDecided(); count > 0; count = this.#fates.countDecided()) {
      this.#tell(count);
    }
  }

  #tell(count: number): void {
    const { observers } = this.#parts;
    const fates = this.#fates;
    this.#hash.update(fates.bytesOf(count));
    if (observers.length === 0) {
      fates.drop(count);
      return;
    }
    for (let told = 0; told < count; told++) {
      fates.shiftOpen();
      for (let i = 0; i < observers.length; i++) observers[i].decided(fates.current);
    }
  }

  /** Of the packet that the reader has read, as the output keeps them. */
  #options(): Uint8Array {
    const { reader, memory } = this.#parts;
    const { optionsAt, optionsBytes } = reader.packet;
    if (optionsBytes === 0 || !this.#keepsOptions) return NO_OPTIONS;
    const raw = memory.bytes.subarray(optionsAt, optionsAt + optionsBytes);
    return keptOptions(raw, this.#order!);
  }
}

const STATISTICS_BLOCK = 5;
/** Type, length, interface, time, length. */
const STATISTICS_BYTES_MIN = 24;

/**
 * The output is one section, and so interfaces of later sections have other numbers there. Of the blocks
 * that are kept only interface statistics name one that we know of.
 */
function renumberStatistics({ block, blockBytes, section, interfaces }: CaptureReader): void {
  if (section === null || section.index === 0 || block.bytes < STATISTICS_BYTES_MIN) return;
  const view = new DataView(blockBytes.buffer, blockBytes.byteOffset + block.at, 12);
  if (view.getUint32(0, section.littleEndian) !== STATISTICS_BLOCK) return;
  const first = interfaces.findIndex((each) => each.section === section.index);
  const before = first < 0 ? interfaces.length : first;
  view.setUint32(8, view.getUint32(8, section.littleEndian) + before, section.littleEndian);
}
